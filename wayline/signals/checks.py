"""Whether a signal can be used, and the sentence that says why not."""

import math
from datetime import UTC, datetime, timedelta

from .vocabulary import KINDS, PROFILE_KINDS, SCALES, Signal

AHEAD = timedelta(days=2)  # clocks are wrong by hours and zones, never by more
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
ALL_KINDS = KINDS | PROFILE_KINDS
LONG_NAME, LONG_TEXT, MANY_PROPERTIES = 200, 50_000, 500


def refusals_of(signals: list[Signal], *, received_at: datetime) -> dict[int, str]:
    """The reasons of those that cannot be used, by their index."""
    latest = received_at + AHEAD
    # A quick look for the many that are fine; it must doubt everything that `validate` can refuse.
    doubtful = [
        i
        for i, signal in enumerate(signals)
        if signal.kind not in ALL_KINDS
        or not signal.name
        or signal.score is not None
        or signal.value is not None
        or signal.weight is not None
        or signal.text is not None
        or not signal.key
        or not EARLIEST <= signal.at <= latest
        or len(signal.properties) > MANY_PROPERTIES
        or len(signal.name) > LONG_NAME
        or signal.name.isspace()
    ]
    reasons = ((i, validate(signals[i], received_at=received_at)) for i in doubtful)
    return {i: reason for i, reason in reasons if reason}


def validate(signal: Signal, *, received_at: datetime) -> str | None:
    """Why the signal cannot be used, or None when it can."""
    if signal.kind not in ALL_KINDS:
        return f"The kind {signal.kind[:40]!r} is not known; use one of {', '.join(sorted(KINDS))}."
    if not signal.name or signal.name.isspace():
        return 'The signal has no name; say what happened, for example "Order Placed".'
    if len(signal.name) > LONG_NAME:
        return f"The name is longer than {LONG_NAME} characters; put details into properties."
    if not signal.key:
        return "The signal has no key; give every signal one that it keeps when it is sent again."
    at = signal.at if signal.at.tzinfo else signal.at.replace(tzinfo=UTC)
    if at > received_at + AHEAD:
        return f"The time {at.isoformat()} lies in the future; check the sender's clock."
    if at < EARLIEST:
        return f"The time {at.isoformat()} is before 1900; check how the time was written."
    if signal.score is not None:
        reason = _score_unusable(signal, signal.score)
        if reason:
            return reason
    if signal.value is not None and not math.isfinite(signal.value):
        return "The value is not a finite number."
    if signal.weight is not None and not (math.isfinite(signal.weight) and signal.weight >= 0):
        return "The weight must be a number of zero or more."
    if signal.text is not None and len(signal.text) > LONG_TEXT:
        return f"The text is longer than {LONG_TEXT} characters; shorten it."
    if len(signal.properties) > MANY_PROPERTIES:
        return f"The signal has more than {MANY_PROPERTIES} properties; send fewer."
    return None


def _score_unusable(signal: Signal, score: float) -> str | None:
    if signal.scale is None:
        return f"The score {score:g} has no scale; name one of {', '.join(SCALES)}."
    scale = SCALES.get(signal.scale)
    if scale is None:
        return f"The scale {signal.scale[:40]!r} is not known; use one of {', '.join(SCALES)}."
    if not scale.low <= score <= scale.high:
        return f"The score {score:g} is outside {scale.name}."
    return None
