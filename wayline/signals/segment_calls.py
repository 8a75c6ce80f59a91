"""What Segment's calls say, as signals. The rules are written for people in docs/guide/signals.md."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from wayline.customers.consent import is_denied, traits_of

from .intake import validate
from .journal import Refused
from .vocabulary import ALIAS, IDENTIFY, KINDS, SCALES, Kind, Signal

Scalar = str | int | float | bool | None
EXCERPT = 2_000
DEEP = 8
SCORED = frozenset({Kind.ANSWER.value, Kind.REVIEW.value})
TEXTS = ("text", "comment")
VALUES = ("value", "revenue", "total")
SUBJECTS = ("subject", "order_id", "orderId", "ticket_id", "ticketId")


class Envelope(msgspec.Struct):
    """What every call has around it."""

    sentAt: str | None = None  # noqa: N815 - Segment's own spelling
    writeKey: str | None = None  # noqa: N815


class Batch(msgspec.Struct):
    """Many calls in one request."""

    batch: list[msgspec.Raw]
    sentAt: str | None = None  # noqa: N815
    writeKey: str | None = None  # noqa: N815
    context: dict[str, Any] | None = None


class Call(msgspec.Struct):
    """One call. What is not named here is allowed and ignored."""

    type: str | None = None
    messageId: str | int | None = None  # noqa: N815
    timestamp: str | int | float | None = None
    originalTimestamp: str | None = None  # noqa: N815
    sentAt: str | None = None  # noqa: N815
    userId: str | int | float | None = None  # noqa: N815
    anonymousId: str | int | float | None = None  # noqa: N815
    previousId: str | int | float | None = None  # noqa: N815
    groupId: str | int | float | None = None  # noqa: N815
    event: str | None = None
    name: str | None = None
    category: str | None = None
    channel: str | None = None
    properties: dict[str, Any] | None = None
    traits: dict[str, Any] | None = None
    context: dict[str, Any] | None = None


class NotUnderstood(Exception):
    """Why a call cannot become a signal, in a sentence."""


@dataclass
class Read:
    """The calls of a request that were understood, each with its place, and those that were not."""

    signals: list[Signal] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


_decoder = msgspec.json.Decoder(Call)


def read(
    items: Sequence[msgspec.Raw],
    *,
    kind: str | None,
    shared_context: dict | None,
    sent_at: str | None,
    received_at: datetime,
    digest: str,
    longest: int,
) -> Read:
    """Understand each call by itself: one that cannot be does not harm the others."""
    found = Read()
    skew = _skew(sent_at, received_at)
    for place, raw in enumerate(items):
        body = bytes(raw)
        try:
            if len(body) > longest:
                raise NotUnderstood(f"The call has {len(body):,} bytes; a call may have {longest:,}.")
            call = _decoder.decode(body)
            signal = _signal(call, kind, shared_context, skew, received_at, f"{digest}-{place}")
            reason = validate(signal, received_at=received_at)
            if reason:
                raise NotUnderstood(reason)
        except NotUnderstood as error:
            found.refused.append(Refused(place, str(error), _excerpt(body)))
        except _Declined as error:
            found.refused.append(Refused(place, str(error)))
        except (msgspec.DecodeError, ValueError, OverflowError, RecursionError) as error:
            found.refused.append(
                Refused(place, f"The call is not what was expected: {error}.", _excerpt(body))
            )
        else:
            found.signals.append(signal)
            found.places.append(place)
    return found


class _Declined(Exception):
    """The customer said no; nothing of the call is kept."""


def _excerpt(body: bytes) -> str:
    return body[:EXCERPT].decode("utf-8", "replace").replace("\0", "�")


def _signal(
    call: Call, kind: str | None, shared: dict | None, skew: timedelta, received_at: datetime, key: str
) -> Signal:
    kind = kind or call.type
    make = MAKERS.get(kind or "")
    if make is None:
        raise NotUnderstood(f"The type {str(kind)[:40]!r} is not known; use one of {', '.join(MAKERS)}.")
    context = call.context or {}
    if shared:
        context = shared | context
    if is_denied(context.get("consent")):
        raise _Declined("The customer has not consented to analytics (context.consent).")
    if call.sentAt and not skew:
        skew = _skew(call.sentAt, received_at)
    signal = make(call, context)
    signal.key = str(call.messageId) if call.messageId not in (None, "") else key
    signal.at = _at(call, skew, received_at)
    signal.external_id = _id(call.userId) or signal.external_id
    signal.anonymous_id = _id(call.anonymousId) or signal.anonymous_id
    if "consent" in context:
        signal.traits |= traits_of(context["consent"])
    traits = context.get("traits")
    known = (traits if isinstance(traits, dict) else {}) | (call.traits or {})
    signal.email = signal.email or _word(known.get("email"))
    signal.phone = signal.phone or _word(known.get("phone"))
    if not (signal.external_id or signal.anonymous_id or signal.email or signal.phone):
        raise NotUnderstood("The call names nobody; send userId or anonymousId.")
    return signal


def _blank(kind: str, name: str, **fields) -> Signal:
    return Signal(kind=kind, name=name, at=datetime.min, key="", **fields)


def _track(call: Call, context: dict) -> Signal:
    if not call.event:
        raise NotUnderstood('A track call needs "event": what happened, for example "Order Placed".')
    properties = dict(call.properties or {})
    score, scale = _score(properties)
    kind = _word(properties.pop("kind", None)) or _word(context.get("kind"))
    if kind is None:
        kind = Kind.ANSWER.value if score is not None else Kind.BEHAVIOR.value
    elif kind not in KINDS:
        raise NotUnderstood(f"The kind {kind[:40]!r} is not known; use one of {', '.join(sorted(KINDS))}.")
    return _with_properties(_blank(kind, call.event, score=score, scale=scale), call, properties, context)


def _visit(kind: Kind) -> Any:
    def make(call: Call, context: dict) -> Signal:
        name = (
            call.name or call.event or _word((call.properties or {}).get("path")) or kind.value.capitalize()
        )
        properties = dict(call.properties or {})
        if call.category:
            properties.setdefault("category", call.category)
        return _with_properties(_blank(kind.value, name), call, properties, context)

    return make


def _identify(call: Call, context: dict) -> Signal:
    return _blank(IDENTIFY, "Identify", traits=_traits(call.traits or {}))


def _group(call: Call, context: dict) -> Signal:
    group = _id(call.groupId)
    if not group:
        raise NotUnderstood('A group call needs "groupId".')
    return _blank(IDENTIFY, "Group", traits={"group.id": group} | _traits(call.traits or {}, "group."))


def _alias(call: Call, context: dict) -> Signal:
    previous = _id(call.previousId)
    if not previous or not _id(call.userId):
        raise NotUnderstood('An alias call needs "previousId" and "userId".')
    return _blank(ALIAS, "Alias", properties={"previous_id": previous})


MAKERS = {
    "track": _track,
    "page": _visit(Kind.PAGE),
    "screen": _visit(Kind.SCREEN),
    "identify": _identify,
    "group": _group,
    "alias": _alias,
}


def _score(properties: dict) -> tuple[float | None, str | None]:
    """A score counts only with its scale; one without stays an ordinary property."""
    if "scale" not in properties or "score" not in properties:
        return None, None
    scale = properties["scale"]
    if not isinstance(scale, str) or scale not in SCALES:
        raise NotUnderstood(f"The scale {str(scale)[:40]!r} is not known; use one of {', '.join(SCALES)}.")
    score = _number(properties["score"])
    if score is None:
        raise NotUnderstood(f"The score {str(properties['score'])[:40]!r} is not a number.")
    del properties["scale"], properties["score"]
    return score, scale


def _with_properties(signal: Signal, call: Call, properties: dict, context: dict) -> Signal:
    signal.step = _taken(properties, "step")
    signal.subject = next((str(properties[name]) for name in SUBJECTS if properties.get(name)), None)
    properties.pop("subject", None)
    signal.channel = _taken(properties, "channel") or _word(call.channel) or _word(context.get("channel"))
    for name in TEXTS:
        if isinstance(properties.get(name), str) and properties[name].strip():
            signal.text = properties.pop(name)
            break
    for name in VALUES:
        value = _number(properties.get(name))
        if value is not None:
            signal.value = value
            break
    signal.properties = _flat(properties)
    page = context.get("page")
    if isinstance(page, dict):
        for name in ("path", "url", "title", "referrer"):
            if isinstance(page.get(name), str) and page[name]:
                signal.properties.setdefault(f"page.{name}", page[name])
    campaign = context.get("campaign")
    if isinstance(campaign, dict):
        signal.properties |= _flat(campaign, "campaign.")
    signal.weight = _number(properties.get("weight")) if signal.score is not None else None
    return signal


def _taken(properties: dict, name: str) -> str | None:
    return _word(properties.pop(name)) if isinstance(properties.get(name), str) else None


def _word(value) -> str | None:
    if isinstance(value, bool) or value is None:
        return None
    text = str(value).strip() if isinstance(value, str | int | float) else ""
    return text or None


def _id(value) -> str | None:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return _word(value)


def _number(value) -> float | None:
    if isinstance(value, bool) or value is None:
        return None
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _flat(values: dict, prefix: str = "", depth: int = 0) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in values.items():
        if value is None:
            continue
        if isinstance(value, str):
            found[prefix + name] = value
        elif isinstance(value, bool):
            found[prefix + name] = "true" if value else "false"
        elif isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
            found[prefix + name] = str(int(value))
        elif isinstance(value, int | float):
            found[prefix + name] = str(value)
        elif isinstance(value, dict) and depth < DEEP:
            found |= _flat(value, f"{prefix}{name}.", depth + 1)
        else:
            found[prefix + name] = msgspec.json.encode(value).decode()
    return found


def _traits(values: dict, prefix: str = "", depth: int = 0) -> dict[str, Scalar]:
    found: dict[str, Scalar] = {}
    for name, value in values.items():
        if value is None or isinstance(value, str | bool):
            found[prefix + name] = value
        elif isinstance(value, int | float):
            found[prefix + name] = float(value)
        elif isinstance(value, dict) and depth < DEEP and name != "consent":
            found |= _traits(value, f"{prefix}{name}.", depth + 1)
        elif name == "consent":
            found |= traits_of(value)
        else:
            found[prefix + name] = msgspec.json.encode(value).decode()
    return found


def _at(call: Call, skew: timedelta, received_at: datetime) -> datetime:
    written = call.timestamp if call.timestamp not in (None, "") else call.originalTimestamp
    if written is None:
        return received_at
    at = _moment(written)
    if at is None:
        raise NotUnderstood(
            f"The timestamp {str(written)[:40]!r} is not ISO 8601, like 2026-11-21T09:30:00Z."
        )
    return at + skew


def _moment(written: str | int | float) -> datetime | None:
    try:
        if isinstance(written, str):
            moment = msgspec.convert(written.strip(), datetime)
        else:
            # Programs send seconds or milliseconds; no date of interest is both.
            moment = datetime.fromtimestamp(written / 1000 if written > 1e11 else written, UTC)
    except (msgspec.ValidationError, ValueError, OverflowError, OSError):
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _skew(sent_at: str | None, received_at: datetime) -> timedelta:
    """How far the sender's clock is behind ours, taking the way here as no time."""
    sent = _moment(sent_at) if sent_at else None
    return received_at - sent if sent else timedelta()
