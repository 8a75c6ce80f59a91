"""Findings in words: what is so, and what to do about it."""

from wayline.kit.numbers import whole

from .models import Finding


def sentence(finding: Finding) -> str:
    """What was noticed, with how much."""
    return SENTENCES[finding.what](finding, finding.detail)


def advice(finding: Finding) -> str:
    """What to do about it."""
    return ADVICE[finding.what]


def _hours(detail: dict) -> str:
    return {6: "the last 6 hours", 24: "a day", 168: "a week"}[detail["hours"]]


def _volume(finding: Finding, detail: dict) -> str:
    usual = f"{whole(detail['low'])} to {whole(detail['high'])}"
    return f"{whole(detail['observed'])} in {_hours(detail)}, where {usual} are to be expected"


def _new_property(finding: Finding, detail: dict) -> str:
    return (
        f"{finding.property_name} is new: {whole(detail['having'])} of {whole(detail['of'])} signals "
        f"have it, none of the {whole(detail['none_of'])} before did"
    )


def _lost_property(finding: Finding, detail: dict) -> str:
    return (
        f"{finding.property_name} is gone: none of {whole(detail['none_of'])} signals has it, "
        f"{whole(detail['having'])} of the {whole(detail['of'])} before did"
    )


def _new_type(finding: Finding, detail: dict) -> str:
    return (
        f"{finding.property_name} was {detail['before']}; now {whole(detail['having'])} of "
        f"{whole(detail['of'])} values read as {detail['type']}"
    )


def _typo(finding: Finding, detail: dict) -> str:
    return (
        f"Looks like {detail['like']}, misspelled: {whole(detail['count'])} signals, "
        f"where {detail['like']} has {whole(detail['of'])}"
    )


SENTENCES = {
    Finding.What.SILENCE: _volume,
    Finding.What.FALL: _volume,
    Finding.What.JUMP: _volume,
    Finding.What.STREAM: _volume,
    Finding.What.NEW_PROPERTY: _new_property,
    Finding.What.LOST_PROPERTY: _lost_property,
    Finding.What.NEW_TYPE: _new_type,
    Finding.What.TYPO: _typo,
}
ADVICE = {
    Finding.What.SILENCE: "Ask its owner whether the sender changed or broke; watch its arrivals meanwhile.",
    Finding.What.FALL: "See whether one source or channel is missing on its page.",
    Finding.What.JUMP: "See whether something is sent twice, or whether customers really do it more often.",
    Finding.What.STREAM: "Check that the senders still reach this server and that their keys still work.",
    Finding.What.NEW_PROPERTY: "Say on its page that it is expected, or ask the sender why it is there.",
    Finding.What.LOST_PROPERTY: "What tests it finds nothing any more. Ask the sender why it is gone.",
    Finding.What.NEW_TYPE: "Tests that compare numbers fail for text. Ask the sender which one is meant.",
    Finding.What.TYPO: "Merge it into the true name, or approve it if it is a name of its own.",
}
