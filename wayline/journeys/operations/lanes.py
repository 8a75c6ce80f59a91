from datetime import datetime

from django.db import transaction

from wayline.accounts.models import User
from wayline.audit import operations as audit
from wayline.journeys.models import Card, Journey, Lane, Persona
from wayline.journeys.queries import lanes

from . import edits, order
from .refusals import ChoiceUnknown, LaneUnknown, PersonaElsewhere

OWN_KINDS = ("basic", "building", "summary")


@transaction.atomic
def add_lane(
    journey: Journey,
    *,
    title: str,
    by: User | None,
    now: datetime,
    kind: str = "basic",
    card_kind: str = "",
) -> Lane:
    """Add a lane of this map's own: notes, cards of one kind, or how many there are of one kind."""
    if kind not in OWN_KINDS:
        raise ChoiceUnknown(f"A lane's kind must be one of: {', '.join(OWN_KINDS)}.")
    if kind != Lane.Kind.BASIC and card_kind not in Card.Kind.values:
        raise ChoiceUnknown(f"Choose the kind of its cards: {', '.join(Card.Kind.values)}.")
    order.touch(journey, by=by, now=now)
    lane = Lane.objects.create(
        journey=journey,
        key=_free_key(journey),
        kind=kind,
        card_kind="" if kind == Lane.Kind.BASIC else card_kind,
        title=order.worded(title, noun="lane", longest=80),
        position=max((laid.position for laid in lanes.layout(journey)), default=0) + 1,
    )
    edits.keep(journey, edits.labeled("Added the lane", lane), [edits.made(lane, now=now)], by=by, now=now)
    audit.record("lane.added", subject=lane, by=by, at=now)
    return lane


@transaction.atomic
def rename_lane(journey: Journey, key: str, *, title: str, by: User | None, now: datetime) -> None:
    """Give a lane another title on this map."""
    _change(journey, key, "Renamed", by, now, title=order.worded(title, noun="lane", longest=80))


@transaction.atomic
def dedicate_lane(
    journey: Journey, key: str, *, persona: Persona | None, by: User | None, now: datetime
) -> None:
    """Say which persona a lane is about; None: everybody. A map read for another one leaves it out."""
    if key == "step":
        raise LaneUnknown("Everybody takes the steps. Say of another lane whom it is about.")
    if persona is not None and (persona.workspace_id != journey.workspace_id or persona.deleted_at):
        raise PersonaElsewhere("That persona is not in this workspace. Choose one of its personas.")
    _change(journey, key, "Changed", by, now, persona_id=persona.pk if persona else None)


@transaction.atomic
def hide_lane(journey: Journey, key: str, *, by: User | None, now: datetime) -> None:
    """Take a lane out of sight. What it holds stays."""
    if key == "step":
        raise LaneUnknown("A map is told in steps: this lane stays. Hide others instead.")
    _change(journey, key, "Hid", by, now, is_hidden=True)


@transaction.atomic
def show_lane(journey: Journey, key: str, *, by: User | None, now: datetime) -> None:
    """Bring a hidden lane back."""
    _change(journey, key, "Showed", by, now, is_hidden=False)


@transaction.atomic
def move_lane(
    journey: Journey, key: str, *, by: User | None, now: datetime, places: int = 0, before: str | None = None
) -> None:
    """Move a lane up (negative) or down among those that are shown, or before another one."""
    visible = [laid for laid in lanes.layout(journey) if not laid.is_hidden or laid.key == key]
    here = next((index for index, laid in enumerate(visible) if laid.key == key), None)
    if here is None:
        raise LaneUnknown(f"This map has no lane “{key}”.")
    others = [laid for laid in visible if laid.key != key]
    target = max(0, min(here + places, len(others)))
    if before is not None:
        target = next((index for index, laid in enumerate(others) if laid.key == before), len(others))
    low = others[target - 1].position if target else others[0].position - 2
    high = others[target].position if target < len(others) else low + 2
    _change(journey, key, "Moved", by, now, position=(low + high) / 2)


@transaction.atomic
def delete_lane(journey: Journey, key: str, *, by: User | None, now: datetime) -> None:
    """Delete a lane of this map's own, with the cards in it. Undone, they come back."""
    lane = Lane.objects.kept().filter(journey=journey, key=key).first()
    if lane is None or key in {laid.key for laid in lanes.LANES}:
        raise LaneUnknown("Only lanes that were added on this map can be deleted. Hide this one instead.")
    order.touch(journey, by=by, now=now)
    change = edits.write(lane, noun="lane", deleted_at=now)
    edits.keep(journey, edits.labeled("Deleted the lane", lane), [change], by=by, now=now)
    audit.record("lane.deleted", subject=lane, by=by, at=now)


def _change(journey: Journey, key: str, verb: str, by: User | None, now: datetime, **fields) -> None:
    laid = next((each for each in lanes.layout(journey) if each.key == key), None)
    if laid is None:
        raise LaneUnknown(f"This map has no lane “{key}”.")
    order.touch(journey, by=by, now=now)
    lane, _ = Lane.objects.get_or_create(
        journey=journey,
        key=key,
        defaults={"kind": Lane.Kind.SUPPLIED, "is_hidden": laid.is_hidden},
    )
    change = edits.write(lane, noun="lane", **fields)
    edits.keep(journey, edits.labeled(f"{verb} the lane", laid.title), [change], by=by, now=now)
    audit.record("lane.changed", subject=lane, by=by, at=now, lane=laid.title, **fields)


def _free_key(journey: Journey) -> str:
    return f"own-{Lane.objects.filter(journey=journey).count() + 1}"
