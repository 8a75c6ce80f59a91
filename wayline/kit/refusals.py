"""A rule that says no is an answer, not an error: 409 with one sentence that says what to do."""


class Refusal(Exception):
    """The rules say no. The message is shown to the person as it stands."""

    status = 409
