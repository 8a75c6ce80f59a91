"""The words of the stream: what a signal is, which kinds there are, and the scales scores are given on."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import msgspec


class Kind(StrEnum):
    """What sort of observation a signal is."""

    BEHAVIOR = "behavior"  # clicks, feature use, orders: what the customer did
    PAGE = "page"
    SCREEN = "screen"
    OPERATION = "operation"  # deliveries, ticket states, invoices: what happened to the customer
    CONTACT = "contact"  # the customer asked for help: one per request, on a channel
    MESSAGE = "message"  # one message of a conversation, either way
    ANSWER = "answer"  # an answer to a question we asked
    REVIEW = "review"  # an opinion nobody asked for
    DERIVED = "derived"  # concluded from other signals by a rule of the workspace


# Two more travel in the journal like signals, change the profile, and leave no row in the stream.
IDENTIFY = "identify"  # facts about a customer
ALIAS = "alias"  # two values name one customer; the earlier one stands in properties["previous_id"]
KINDS = frozenset(Kind) - {Kind.DERIVED}  # those that may be sent
PROFILE_KINDS = frozenset({IDENTIFY, ALIAS})


@dataclass(frozen=True)
class Scale:
    """How a score was asked. Scores of different scales are never averaged together."""

    slug: str
    name: str
    low: float
    high: float
    is_easy_high: bool = True

    def feeling(self, score: float) -> float:
        """The score on the one scale of feelings, from −2 to +2."""
        share = (score - self.low) / (self.high - self.low)
        return -2 + 4 * (share if self.is_easy_high else 1 - share)


SCALES = {
    scale.slug: scale
    for scale in (
        Scale("nps", "NPS, 0 to 10", 0, 10),
        Scale("csat5", "CSAT, 1 to 5", 1, 5),
        Scale("csat7", "CSAT, 1 to 7", 1, 7),
        Scale("ces7", "CES, 1 to 7", 1, 7),
        Scale("ces5", "CES, 1 to 5", 1, 5),
        Scale("stars5", "Stars, 1 to 5", 1, 5),
        Scale("thumbs", "Thumbs, 0 or 1", 0, 1),
    )
}


class Signal(msgspec.Struct, omit_defaults=True, kw_only=True, gc=False):
    """One thing observed. `at` is when it happened, in UTC; `key` makes it unique within its workspace.

    At least one of external_id, email, phone and anonymous_id says whose it is. `traits` are facts about the
    customer known from now on. `subject` names what it was about (an order, a ticket), `step` the journey
    step it names. `properties` is flat: nested keys are joined by dots, lists kept as JSON text.
    """

    kind: str
    name: str
    at: datetime
    key: str
    external_id: str | None = None
    email: str | None = None
    phone: str | None = None
    anonymous_id: str | None = None
    channel: str | None = None
    source: str | None = None
    subject: str | None = None
    step: str | None = None
    score: float | None = None
    scale: str | None = None
    weight: float | None = None
    text: str | None = None
    value: float | None = None
    properties: dict[str, str] = {}
    traits: dict[str, str | float | bool | None] = {}
