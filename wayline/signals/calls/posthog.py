"""What PostHog's clients send, as Segment's calls, so that one set of rules makes signals of both."""

from typing import Any

import msgspec

from .segment import Batch, Call, Declined, NotUnderstood
from .values import id_of, word

NAMES = {
    "$autocapture": "Element Clicked",
    "$rageclick": "Rage Click",
    "$dead_click": "Dead Click",
    "$exception": "Error Seen",
    "$pageleave": "Page Left",
}
CONTEXT = {"$os": ("os", "name"), "$os_version": ("os", "version"), "$device_type": ("device", "type")}
PAGE = {"$pathname": "path", "$current_url": "url", "$referrer": "referrer", "title": "title"}


class Event(msgspec.Struct):
    """One event. What is not named here is allowed and ignored."""

    event: str | None = None
    distinct_id: str | int | float | None = None
    properties: dict[str, Any] | None = None
    timestamp: str | int | float | None = None
    uuid: str | None = None
    set: dict[str, Any] | None = msgspec.field(name="$set", default=None)
    set_once: dict[str, Any] | None = msgspec.field(name="$set_once", default=None)


class Request(msgspec.Struct):
    """Many events, or one beside its key."""

    batch: list[msgspec.Raw] | None = None
    event: str | None = None
    api_key: str | None = None
    token: str | None = None
    sent_at: str | None = None
    properties: dict[str, Any] | None = None


_decoder = msgspec.json.Decoder(Event)


def opened(request: Request, body: bytes) -> Batch:
    """The request as Segment would have sent it, its items still as they came."""
    items = request.batch if request.batch is not None else [msgspec.Raw(body)]
    key = request.api_key or request.token or word((request.properties or {}).get("token"))
    return Batch(items, sentAt=request.sent_at, writeKey=key)


def call_of(body: memoryview) -> Call:
    """One event as the Segment call that says the same."""
    event = _decoder.decode(body)
    if not event.event:
        raise NotUnderstood('An event needs "event": what happened, for example "Order Placed".')
    given = event.properties or {}
    who = id_of(event.distinct_id) or id_of(given.get("distinct_id"))
    if event.event == "$groupidentify" and (who or "").startswith("$"):
        raise Declined("It describes a group and names nobody who belongs to it.")
    call = Call(messageId=event.uuid, timestamp=event.timestamp, context=_context(given))
    if _is_anonymous(who, given):
        call.anonymousId = who
    else:
        call.userId = who
    _say(call, event, given)
    return call


def _is_anonymous(who: str | None, given: dict) -> bool:
    """Whether the id was made by the client for somebody it does not know."""
    return (
        given.get("$process_person_profile") is False
        or given.get("$is_identified") is False
        or (who is not None and given.get("$device_id") == who)
    )


def _say(call: Call, event: Event, given: dict) -> None:
    name = event.event or ""
    if name in ("$identify", "$set"):
        once, always = event.set_once or given.get("$set_once"), event.set or given.get("$set")
        call.type = "identify"
        call.traits = {**(once or {}), **(always or {})}
        call.anonymousId = call.anonymousId or given.get("$anon_distinct_id")
    elif name == "$create_alias":
        call.type, call.previousId, call.userId = "alias", call.userId or call.anonymousId, given.get("alias")
        call.anonymousId = None
    elif name == "$groupidentify":
        call.type, call.groupId = "group", given.get("$group_key")
        call.traits = given.get("$group_set")
    elif name == "$pageview":
        call.type, call.properties = "page", _own(given)
        call.name = word(given.get("title")) or word(given.get("$pathname"))
    elif name == "$screen":
        call.type, call.properties, call.name = "screen", _own(given), word(given.get("$screen_name"))
    else:
        call.type, call.properties = "track", _own(given)
        call.event = NAMES.get(name) or _readable(name)


def _readable(name: str) -> str:
    return name[1:].replace("_", " ").title() if name.startswith("$") and len(name) > 1 else name


def _own(given: dict) -> dict[str, Any]:
    """The sender's own properties, without what PostHog's libraries add about themselves."""
    own = {name: value for name, value in given.items() if not name.startswith("$") and name != "token"}
    return own | {"groups": groups} if (groups := given.get("$groups")) else own


def _context(given: dict) -> dict[str, Any]:
    context: dict[str, Any] = {}
    page = {kept: given[name] for name, kept in PAGE.items() if word(given.get(name))}
    if page and "$current_url" in given:
        context["page"] = page
    for name, (part, kept) in CONTEXT.items():
        if word(given.get(name)):
            context.setdefault(part, {})[kept] = given[name]
    return context
