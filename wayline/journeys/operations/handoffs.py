"""Work that goes from one card of the blueprint to another."""

from datetime import datetime

from django.db import transaction

from wayline.accounts.models import User
from wayline.audit import operations as audit
from wayline.journeys.models import Handoff, Journey, Placement
from wayline.journeys.queries import lanes

from . import edits, order
from .refusals import CardElsewhere, ChoiceUnknown, TooMany, WaitOutOfRange

MOST_HANDOFFS = 40
MOST_MINUTES = 366 * 24 * 60
FIELDS = ("label", "expected_minutes", "begins_with", "ends_with")


@transaction.atomic
def add_handoff(source: Placement, target: Placement, *, by: User | None, now: datetime, **said) -> Handoff:
    """Draw that work goes from one card of the blueprint to another, with the wait that is expected."""
    journey = source.journey
    _check(journey, source, target)
    fields = _checked(said)
    order.touch(journey, by=by, now=now)
    if Handoff.objects.drawn().filter(journey=journey).count() >= MOST_HANDOFFS:
        raise TooMany(f"A map shows at most {MOST_HANDOFFS} handoffs. Take one away first.")
    if Handoff.objects.kept().filter(source=source, target=target).exists():
        raise CardElsewhere("This handoff is drawn already. Change its wait instead.")
    handoff = Handoff.objects.create(journey=journey, source=source, target=target, **fields)
    edits.keep(journey, _label("Drew", handoff), [edits.made(handoff, now=now)], by=by, now=now)
    audit.record("handoff.drawn", subject=handoff, by=by, at=now, journey=journey.pk)
    return handoff


@transaction.atomic
def describe_handoff(
    handoff: Handoff, *, by: User | None, now: datetime, seen: int | None = None, **said
) -> None:
    """Change the wait that is expected, the words, or the signals by which it is measured."""
    fields = _checked(said)
    order.touch(handoff.journey, by=by, now=now)
    change = edits.write(handoff, noun="handoff", seen=seen, **fields)
    edits.keep(handoff.journey, _label("Changed", handoff), [change], by=by, now=now)
    audit.record("handoff.described", subject=handoff, by=by, at=now, fields=sorted(fields))


@transaction.atomic
def delete_handoff(handoff: Handoff, *, by: User | None, now: datetime) -> None:
    """Take a handoff off the blueprint. Undo brings it back."""
    order.touch(handoff.journey, by=by, now=now)
    change = edits.write(handoff, noun="handoff", deleted_at=now)
    edits.keep(handoff.journey, _label("Took away", handoff), [change], by=by, now=now)
    audit.record("handoff.deleted", subject=handoff, by=by, at=now)


def _label(verb: str, handoff: Handoff) -> str:
    return edits.labeled(f"{verb} the handoff", handoff)


def _check(journey: Journey, source: Placement, target: Placement) -> None:
    regions = {lane.key: lane.region for lane in lanes.layout(journey)}
    for placement in (source, target):
        if placement.journey_id != journey.pk or placement.deleted_at:
            raise CardElsewhere("Both ends of a handoff must be cards of this map.")
        if regions.get(placement.lane, "") not in lanes.LINES:
            raise CardElsewhere("A handoff leads from card to card below the line of interaction.")
    if source.pk == target.pk:
        raise CardElsewhere("A handoff leads to another card.")


def _checked(said: dict) -> dict:
    unknown = set(said) - set(FIELDS)
    if unknown:
        raise ChoiceUnknown(f"A handoff has no {', '.join(sorted(unknown))}.")
    fields = dict(said)
    for name, longest in (("label", 120), ("begins_with", 200), ("ends_with", 200)):
        if name in fields:
            fields[name] = order.limited(fields[name], name=name.replace("_", " "), longest=longest)
    minutes = fields.get("expected_minutes")
    if minutes is not None and not 0 < minutes <= MOST_MINUTES:
        raise WaitOutOfRange("Write the expected wait as 1 minute to 366 days, or leave it empty.")
    return fields
