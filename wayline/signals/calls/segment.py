"""What Segment's calls say, as signals. The rules are written for people in docs/guide/signals.md."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec

from wayline.customers.consent import is_denied, traits_of
from wayline.signals.checks import refusals_of
from wayline.signals.journal import Refused
from wayline.signals.vocabulary import ALIAS, IDENTIFY, KINDS, SCALES, Kind, Signal

from .meanings import SUBJECTS, TEXTS, Meaning, meaning_of
from .values import flat, id_of, moment, number, traits, word

EXCERPT = 32_000  # a whole call, so that it can be replayed
STARS = "stars5"
# Segment's `channel` says where the call was made; a server is no place where a customer is met.
CHANNELS = {"browser": "web", "mobile": "app", "server": None}
CONTEXTS = {"app": ("name", "version"), "device": ("type", "model"), "os": ("name", "version")}
KEPT_OF_CONTEXT = frozenset({*CONTEXTS, "page", "campaign", "locale", "groupId"})
AHEAD = timedelta(days=1)  # further ahead no clock is believed
NO_SKEW = timedelta()


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
    integrations: dict[str, Any] | None = None


class Call(msgspec.Struct, gc=False):
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
    integrations: dict[str, Any] | None = None


class NotUnderstood(Exception):
    """Why a call cannot become a signal, in a sentence."""


class Declined(Exception):
    """The customer or the sender said no; nothing of the call is kept but the reason."""


@dataclass
class Read:
    """The calls of a request that were understood, each with its place, and those that were not."""

    signals: list[Signal] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)  # with those of which only a part was ignored

    @property
    def has_gaps(self) -> bool:
        """Whether a signal's place in the request differs from its place among the signals."""
        return any(not each.was_kept for each in self.refused)


@dataclass(frozen=True, slots=True)
class Request:
    """What all calls of one request share."""

    kind: str | None
    context: dict[str, Any] | None
    integrations: dict[str, Any] | None
    skew: timedelta
    received_at: datetime
    digest: str


decode: Callable[[memoryview], Call] = msgspec.json.Decoder(Call).decode


def request(batch: Batch | Envelope, *, kind: str | None, received_at: datetime, digest: str) -> Request:
    """The request's own facts; a single call carries everything itself."""
    return Request(
        kind,
        getattr(batch, "context", None),
        getattr(batch, "integrations", None),
        skew_of(batch.sentAt, received_at),
        received_at,
        digest,
    )


def read(
    items: Sequence[msgspec.Raw],
    about: Request,
    *,
    longest: int,
    decode: Callable[[memoryview], Call] = decode,
) -> Read:
    """Understand each call by itself: one that cannot be does not harm the others."""
    found = Read()
    for place, raw in enumerate(items):
        body = memoryview(raw)
        try:
            if len(body) > longest:
                raise NotUnderstood(f"The call has {len(body):,} bytes; a call may have {longest:,}.")
            signal = signal_of(decode(body), about, place, found.refused)
        except NotUnderstood as error:
            found.refused.append(Refused(place, str(error), _excerpt(body)))
        except Declined as error:
            found.refused.append(Refused(place, str(error)))
        except (msgspec.DecodeError, ValueError, OverflowError, RecursionError) as error:
            found.refused.append(
                Refused(place, f"The call is not what was expected: {error}.", _excerpt(body))
            )
        else:
            found.signals.append(signal)
            found.places.append(place)
    unusable = refusals_of(found.signals, received_at=about.received_at)
    return _without(found, unusable, items) if unusable else found


def _without(found: Read, unusable: dict[int, str], items: Sequence[msgspec.Raw]) -> Read:
    refused = [
        Refused(found.places[i], reason, _excerpt(memoryview(items[found.places[i]])))
        for i, reason in unusable.items()
    ]
    usable = [i for i in range(len(found.signals)) if i not in unusable]
    return Read(
        [found.signals[i] for i in usable],
        [found.places[i] for i in usable],
        sorted([*found.refused, *refused], key=lambda each: each.index),
    )


def _excerpt(body: memoryview) -> str:
    return bytes(body[:EXCERPT]).decode("utf-8", "replace").replace("\0", "�")


def signal_of(call: Call, about: Request, place: int, notes: list[Refused]) -> Signal:
    """The call as a signal; what of it had to be ignored goes to the notes."""
    kind = about.kind or call.type or ""
    make = MAKERS.get(kind)
    if make is None:
        raise NotUnderstood(f"The type {kind[:40]!r} is not known; use one of {', '.join(MAKERS)}.")
    context = call.context or {}
    if about.context:
        context = about.context | context
    if "consent" in context and is_denied(context["consent"]):
        raise Declined("The customer has not consented to analytics (context.consent).")
    integrations = call.integrations or about.integrations
    if integrations and not _is_for_us(integrations):
        raise Declined("The sender excludes this server (integrations).")
    signal = make(call, context)
    if "consent" in context:
        signal.traits |= traits_of(context["consent"])
    message_id = call.messageId
    signal.key = str(message_id) if message_id not in (None, "") else f"{about.digest}-{place}"
    signal.at = _at(call, about, place, notes)
    signal.external_id = id_of(call.userId)
    signal.anonymous_id = id_of(call.anonymousId)
    if call.traits or "traits" in context:
        _keep_contacts(signal, call, context)
    if not (signal.external_id or signal.anonymous_id or signal.email or signal.phone):
        raise NotUnderstood("The call names nobody; send userId or anonymousId.")
    return signal


def _is_for_us(integrations: dict[str, Any]) -> bool:
    """Whether the sender's list of destinations lets the call come here."""
    own = next((value for name, value in integrations.items() if name.casefold() == "wayline"), None)
    return own is not False and not (integrations.get("All") is False and not own)


def _keep_contacts(signal: Signal, call: Call, context: dict) -> None:
    told = context.get("traits")
    known = (told if isinstance(told, dict) else {}) | (call.traits or {})
    signal.email = word(known.get("email"))
    signal.phone = word(known.get("phone"))


def _blank(kind: str, name: str, **fields) -> Signal:
    return Signal(kind=kind, name=name, at=datetime.min, key="", **fields)


def _track(call: Call, context: dict) -> Signal:
    if not call.event:
        raise NotUnderstood('A track call needs "event": what happened, for example "Order Placed".')
    properties = call.properties or {}
    meaning = meaning_of(call.event)
    if meaning.words.isdisjoint(properties) and "kind" not in context:  # most calls say nothing special
        signal = Signal(kind=meaning.kind, name=call.event, at=datetime.min, key="")
        return _with_properties(signal, call, properties, context, meaning)
    score, scale = _score(properties, meaning)
    kind = word(properties.pop("kind", None)) or word(context.get("kind"))
    if kind is None:
        kind = Kind.ANSWER.value if score is not None and not meaning.stars else meaning.kind
    elif kind not in KINDS:
        raise NotUnderstood(f"The kind {kind[:40]!r} is not known; use one of {', '.join(sorted(KINDS))}.")
    signal = Signal(kind=kind, name=call.event, at=datetime.min, key="", score=score, scale=scale)
    return _with_properties(signal, call, properties, context, meaning)


def _visit(kind: Kind, meaning: Meaning) -> Callable[[Call, dict], Signal]:
    def make(call: Call, context: dict) -> Signal:
        properties = call.properties or {}
        name = call.name or call.event or word(properties.get("path")) or kind.value.capitalize()
        if call.category:
            properties.setdefault("category", call.category)
        return _with_properties(_blank(kind.value, name), call, properties, context, meaning)

    return make


def _identify(call: Call, context: dict) -> Signal:
    return _blank(IDENTIFY, "Identify", traits=traits(call.traits or {}))


def _group(call: Call, context: dict) -> Signal:
    group = id_of(call.groupId)
    if not group:
        raise NotUnderstood('A group call needs "groupId".')
    return _blank(IDENTIFY, "Group", traits={"group.id": group} | traits(call.traits or {}, "group."))


def _alias(call: Call, context: dict) -> Signal:
    previous = id_of(call.previousId)
    if not previous or not id_of(call.userId):
        raise NotUnderstood('An alias call needs "previousId" and "userId".')
    return _blank(ALIAS, "Alias", properties={"previous_id": previous})


MAKERS: dict[str, Callable[[Call, dict], Signal]] = {
    "track": _track,
    "page": _visit(Kind.PAGE, Meaning(channel="web")),
    "screen": _visit(Kind.SCREEN, Meaning(channel="app")),
    "identify": _identify,
    "group": _group,
    "alias": _alias,
}


def _score(properties: dict, meaning: Meaning) -> tuple[float | None, str | None]:
    """A score counts only with its scale; one without stays an ordinary property."""
    if "scale" in properties and "score" in properties:
        scale = properties["scale"]
        if not isinstance(scale, str) or scale not in SCALES:
            raise NotUnderstood(
                f"The scale {str(scale)[:40]!r} is not known; use one of {', '.join(SCALES)}."
            )
        score = number(properties["score"])
        if score is None:
            raise NotUnderstood(f"The score {str(properties['score'])[:40]!r} is not a number.")
        del properties["scale"], properties["score"]
        return score, scale
    if meaning.stars and (stars := number(properties.get(meaning.stars))) is not None and 1 <= stars <= 5:
        return stars, STARS
    return None, None


def _with_properties(signal: Signal, call: Call, properties: dict, context: dict, meaning: Meaning) -> Signal:
    """Take out of the properties what has a place of its own; the rest stays, flat."""
    if not meaning.words.isdisjoint(properties):
        signal.step = _taken(properties, "step")
        signal.channel = _taken(properties, "channel")
        signal.subject = _first(properties, SUBJECTS) or _first(properties, meaning.subjects)
        properties.pop("subject", None)
        for name in TEXTS + meaning.texts:
            if type(properties.get(name)) is str and properties[name].strip():
                signal.text = properties.pop(name)
                break
        signal.value = _value(properties, meaning)
        if signal.score is not None:
            signal.weight = number(properties.get("weight"))
    if properties:
        signal.properties = flat(properties)
    if signal.channel is None:
        said = _channel(call, context) if call.channel or "channel" in context else None
        signal.channel = said or meaning.channel
    if context and not KEPT_OF_CONTEXT.isdisjoint(context):
        _keep_context(signal.properties, context)
    return signal


def _first(properties: dict, names: tuple[str, ...]) -> str | None:
    for name in names:
        if name in properties and properties[name]:
            return str(properties[name])
    return None


def _value(properties: dict, meaning: Meaning) -> float | None:
    for name in meaning.values:
        if name in properties and (value := number(properties[name])) is not None:
            return value
    if not meaning.is_priced or (price := number(properties.get("price"))) is None:
        return None
    quantity = number(properties.get("quantity"))
    return price if quantity is None else price * quantity


def _taken(properties: dict, name: str) -> str | None:
    return word(properties.pop(name)) if type(properties.get(name)) is str else None


def _channel(call: Call, context: dict) -> str | None:
    said = word(call.channel) or word(context.get("channel"))
    return CHANNELS.get(said, said) if said else None


def _keep_context(properties: dict[str, str], context: dict) -> None:
    """Keep of the context what explains an experience, and nothing that only tells who somebody is."""
    page = context.get("page")
    if isinstance(page, dict):
        for name in ("path", "url", "title", "referrer"):
            if isinstance(page.get(name), str) and page[name]:
                properties.setdefault(f"page.{name}", page[name])
    campaign = context.get("campaign")
    if isinstance(campaign, dict):
        properties |= flat(campaign, "campaign.")
    for part, names in CONTEXTS.items():
        about = context.get(part)
        if isinstance(about, dict):
            for name in names:
                if value := word(about.get(name)):
                    properties.setdefault(f"{part}.{name}", value)
    for name, kept in (("locale", "locale"), ("groupId", "group.id")):
        if value := word(context.get(name)):
            properties.setdefault(kept, value)


def _at(call: Call, about: Request, place: int, notes: list[Refused]) -> datetime:
    written = call.timestamp if call.timestamp not in (None, "") else call.originalTimestamp
    if written is None:
        return about.received_at
    at = moment(written)
    if at is None:
        raise NotUnderstood(
            f"The timestamp {str(written)[:40]!r} is not ISO 8601, like 2026-11-21T09:30:00Z."
        )
    skew = about.skew
    if call.sentAt and not skew:
        skew = skew_of(call.sentAt, about.received_at)
    if skew:
        at += skew
    if at - about.received_at > AHEAD:
        notes.append(
            Refused(
                place,
                f"The time {at.isoformat()} lies in the future; the time of arrival was taken. "
                "Check the sender's clock, or let it send sentAt.",
                was_kept=True,
            )
        )
        return about.received_at
    return at


def skew_of(sent_at: str | None, received_at: datetime) -> timedelta:
    """How far the sender's clock is behind ours, taking the way here as no time."""
    sent = moment(sent_at) if sent_at else None
    return received_at - sent if sent else NO_SKEW
