from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from wayline.accounts.models import Membership, User, Workspace
from wayline.audit import operations as audit
from wayline.journeys import announcing
from wayline.journeys.models import Card, Journey, Placement, Step
from wayline.journeys.queries import lanes

from . import edits, order
from .refusals import CardElsewhere, ChoiceUnknown, LaneUnknown, LinkLeadsNowhere, OwnerNotHere, StepElsewhere

LONGEST_BODY = 5_000
GAP = 1e-6  # two positions nearer than this leave no room between them
DETAILS = (
    "kind",
    "title",
    "body",
    "channel",
    "owner",
    "picture",
    "metric",
    "linked_journey",
    "linked_step",
)


@transaction.atomic
def add_card(
    journey: Journey, *, step: Step, lane: str, by: User | None, now: datetime, title: str = "", **details
) -> Placement:
    """Write a new card and put it at the end of a lane's cell at this step."""
    laid = _lane(journey, lane)
    order.touch(journey, by=by, now=now)
    fields = _checked(journey.workspace_id, {"kind": laid.card_kind or Card.Kind.TEXT} | details)
    card = Card.objects.create(
        workspace_id=journey.workspace_id,
        title=order.worded(title, noun="card", longest=300),
        created_at=now,
        created_by=by,
        changed_at=now,
        **fields,
    )
    placement = _place(card, journey, step, lane)
    changes = [edits.made(card, now=now), edits.made(placement, now=now)]
    edits.keep(journey, edits.labeled("Added", card), changes, by=by, now=now)
    audit.record("card.added", subject=card, by=by, at=now, journey=journey.pk, step=step.title)
    return placement


@transaction.atomic
def write_card(
    workspace: Workspace, *, title: str, kind: str, by: User | None, now: datetime, **details
) -> Card:
    """Write a card into the library, on no map yet."""
    card = Card.objects.create(
        workspace=workspace,
        title=order.worded(title, noun="card", longest=300),
        created_at=now,
        created_by=by,
        changed_at=now,
        **_checked(workspace.pk, {"kind": kind} | details),
    )
    audit.record("card.added", subject=card, by=by, at=now)
    return card


@transaction.atomic
def reword_card(card: Card, *, by: User | None, now: datetime, **changes) -> None:
    """Change what a card says from outside a map; every map it stands on shows it at once."""
    if "title" in changes:
        changes["title"] = order.worded(changes["title"], noun="card", longest=300)
    changes = _checked(card.workspace_id, changes)
    edits.write(card, noun="card", **_columns(changes))
    Card.objects.filter(pk=card.pk).update(changed_at=now)
    show_anew(card, now=now)
    audit.record("card.described", subject=card, by=by, at=now, fields=sorted(changes))


def show_anew(card: Card, *, now: datetime) -> None:
    """Tell everybody who has a map with this card open that it changed."""
    journey = Journey.objects.filter(placements__card=card, placements__deleted_at=None).first()
    if journey is not None:
        announcing.changed(journey, [edits.change_of(card, before={}, after={})], now=now)


@transaction.atomic
def place_card(
    card: Card, *, journey: Journey, step: Step, lane: str, by: User | None, now: datetime
) -> Placement:
    """Put a card of the library on this map too: the same card, so that it changes everywhere at once."""
    if card.workspace_id != journey.workspace_id or card.deleted_at:
        raise CardElsewhere("That card is not in this workspace's library. Choose one of its cards.")
    _lane(journey, lane)
    order.touch(journey, by=by, now=now)
    if Placement.objects.kept().filter(card=card, step=step, lane=lane).exists():
        raise CardElsewhere(f"“{card}” already stands at this step. Choose another step or another card.")
    placement = _place(card, journey, step, lane)
    edits.keep(journey, edits.labeled("Placed", card), [edits.made(placement, now=now)], by=by, now=now)
    audit.record("card.placed", subject=card, by=by, at=now, journey=journey.pk, step=step.title)
    return placement


@transaction.atomic
def describe_card(
    card: Card, *, journey: Journey, by: User | None, now: datetime, seen: int | None = None, **changes
) -> None:
    """Change what a card says. `seen` is the version the person had before them."""
    if "title" in changes:
        changes["title"] = order.worded(changes["title"], noun="card", longest=300)
    changes = _checked(card.workspace_id, changes)
    order.touch(journey, by=by, now=now)
    change = edits.write(card, noun="card", seen=seen, **_columns(changes))
    Card.objects.filter(pk=card.pk).update(changed_at=now)
    edits.keep(journey, edits.labeled("Changed", card), [change], by=by, now=now)
    audit.record("card.described", subject=card, by=by, at=now, fields=sorted(changes))


@transaction.atomic
def move_cards(
    placements: Sequence[Placement],
    *,
    step: Step,
    by: User | None,
    now: datetime,
    lane: str = "",
    before: Placement | None = None,
    seen: int | None = None,
) -> None:
    """Move cards to a step, before another card or to the end of the cell; they keep their order."""
    if not placements:
        raise CardElsewhere("Choose at least one card to move.")
    journey = placements[0].journey
    if any(placement.journey_id != journey.pk for placement in placements):
        raise CardElsewhere("Cards of one map are moved at a time.")
    if lane:
        _lane(journey, lane)
    order.touch(journey, by=by, now=now)
    changes = []
    for index, placement in enumerate(placements):
        target = lane or placement.lane
        # Those still to be moved are no neighbors, those moved already are: so they keep their order.
        position = _position(journey, step, target, before=before, without=placements[index:])
        change = edits.write(
            placement, noun="card", seen=seen, step_id=step.pk, lane=target, position=position
        )
        changes.append(change)
    _check_step(journey, step)
    what = str(placements[0]) if len(placements) == 1 else f"{len(placements)} cards"
    edits.keep(journey, edits.labeled("Moved", what, f"to “{step}”"), changes, by=by, now=now)
    for placement in placements:
        audit.record("card.moved", subject=placement.card, by=by, at=now, journey=journey.pk, step=step.title)


@transaction.atomic
def remove_cards(placements: Sequence[Placement], *, by: User | None, now: datetime) -> None:
    """Take cards off this map. They stay in the library, and on the other maps they are on."""
    if not placements:
        raise CardElsewhere("Choose at least one card to remove.")
    journey = placements[0].journey
    order.touch(journey, by=by, now=now)
    changes = [edits.write(placement, noun="card", deleted_at=now) for placement in placements]
    what = str(placements[0]) if len(placements) == 1 else f"{len(placements)} cards"
    edits.keep(journey, edits.labeled("Removed", what), changes, by=by, now=now)
    for placement in placements:
        audit.record("card.removed", subject=placement.card, by=by, at=now, journey=journey.pk)


@transaction.atomic
def delete_card(card: Card, *, journey: Journey, by: User | None, now: datetime) -> None:
    """Delete the card from the library, and so from every map it is on."""
    order.touch(journey, by=by, now=now)
    change = edits.write(card, noun="card", deleted_at=now)
    edits.keep(journey, edits.labeled("Deleted", card), [change], by=by, now=now)
    audit.record("card.deleted", subject=card, by=by, at=now, maps=card.placements.kept().count())


def _lane(journey: Journey, key: str) -> lanes.Laid:
    found = next((laid for laid in lanes.layout(journey) if laid.key == key), None)
    if found is None or not found.takes_cards:
        raise LaneUnknown(f"This map has no lane “{key}” that takes cards. Choose one of the map's lanes.")
    return found


def _check_step(journey: Journey, step: Step) -> None:
    if step.deleted_at or step.phase.deleted_at or step.phase.journey_id != journey.pk:
        raise StepElsewhere("That step is not on this map. Choose one of the map's steps.")


def _place(card: Card, journey: Journey, step: Step, lane: str) -> Placement:
    _check_step(journey, step)
    return put_last(card, journey, step, lane)


def put_last(card: Card, journey: Journey, step: Step, lane: str) -> Placement:
    """Place the card behind all others of this lane at this step, on a step that was checked."""
    position = _position(journey, step, lane)
    return Placement.objects.create(card=card, journey=journey, step=step, lane=lane, position=position)


def _position(
    journey: Journey,
    step: Step,
    lane: str,
    *,
    before: Placement | None = None,
    without: Sequence[Placement] = (),
) -> float:
    """A number between the two that will be neighbors; the cell is numbered anew when there is no room."""
    cell = Placement.objects.filter(journey=journey, step=step, lane=lane, deleted_at=None)
    moved = {placement.pk for placement in without}
    rows = [
        row for row in cell.order_by("position", "pk").values_list("pk", "position") if row[0] not in moved
    ]
    index = next((n for n, (pk, _) in enumerate(rows) if before and pk == before.pk), None)
    if index is None:
        return rows[-1][1] + 1 if rows else 1.0
    right = rows[index][1]
    left = rows[index - 1][1] if index else right - 2
    if right - left > GAP:
        return (left + right) / 2
    for number, (pk, _) in enumerate(rows, start=1):
        Placement.objects.filter(pk=pk).update(position=float(number))
    return index + 0.5


LINKS = {"owner", "picture", "linked_journey", "linked_step"}


def _columns(changes: dict) -> dict:
    """The changes by the names of their columns, so that an edit can be kept as JSON."""
    return {
        (f"{name}_id" if name in LINKS else name): (getattr(value, "pk", None) if name in LINKS else value)
        for name, value in changes.items()
    }


def _checked(workspace_id: int, fields: dict) -> dict:
    unknown = set(fields) - set(DETAILS)
    if unknown:
        raise ChoiceUnknown(f"A card has no {', '.join(sorted(unknown))}.")
    if "kind" in fields and fields["kind"] not in Card.Kind.values:
        raise ChoiceUnknown(f"A card's kind must be one of: {', '.join(Card.Kind.values)}.")
    for name, longest in (("body", LONGEST_BODY), ("channel", 40), ("metric", 60)):
        fields |= {name: order.limited(fields[name], name=name, longest=longest)} if name in fields else {}
    owner = fields.get("owner")
    if owner and not Membership.objects.filter(workspace=workspace_id, user=owner).exists():
        raise OwnerNotHere(f"{owner} is not a member of this workspace. Choose a member as owner.")
    for name in ("linked_journey", "linked_step", "picture"):
        linked = fields.get(name)
        if linked is not None and linked.workspace_id != workspace_id:
            raise LinkLeadsNowhere("A card can only lead to something in this workspace.")
    return fields
