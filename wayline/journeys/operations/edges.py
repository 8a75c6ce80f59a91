from datetime import datetime

from django.db import transaction

from wayline.accounts.models import User
from wayline.audit import operations as audit
from wayline.journeys.models import Edge, Step

from . import edits, order
from .refusals import ChoiceUnknown, StepElsewhere


@transaction.atomic
def add_edge(
    source: Step, target: Step, *, by: User | None, now: datetime, label: str = "", kind: str = ""
) -> Edge:
    """Draw a way besides the order of the map: onward is a branch, back is a loop, unless said otherwise."""
    journey = source.phase.journey
    if target.phase.journey_id != journey.pk or target.deleted_at or source.deleted_at:
        raise StepElsewhere("Both ends of a branch must be steps of this map.")
    if source.pk == target.pk:
        raise StepElsewhere("A branch leads to another step. Mark the step as repeatable instead.")
    if kind and kind not in Edge.Kind.values:
        raise ChoiceUnknown(f"It must be one of: {', '.join(Edge.Kind.values)}.")
    order.touch(journey, by=by, now=now)
    edge = Edge.objects.create(
        journey=journey,
        source=source,
        target=target,
        kind=kind or _kind(source, target),
        label=order.limited(label, name="label", longest=120),
    )
    edits.keep(journey, f"Drew the {edge.kind} {edge}"[:240], [edits.made(edge, now=now)], by=by, now=now)
    audit.record("edge.drawn", subject=edge, by=by, at=now, kind=edge.kind)
    return edge


@transaction.atomic
def delete_edge(edge: Edge, *, by: User | None, now: datetime) -> None:
    """Take a branch or a loop off the map."""
    order.touch(edge.journey, by=by, now=now)
    change = edits.write(edge, noun="branch", deleted_at=now)
    edits.keep(edge.journey, f"Took away the {edge.kind} {edge}"[:240], [change], by=by, now=now)
    audit.record("edge.deleted", subject=edge, by=by, at=now)


def _kind(source: Step, target: Step) -> str:
    before = (target.phase.position, target.position) < (source.phase.position, source.position)
    return "loop" if before else "branch"
