from datetime import datetime
from typing import Any

from django.db import transaction

from wayline.accounts.models import User
from wayline.audit import operations as audit
from wayline.journeys.models import Journey, Phase

from . import edits, order
from .refusals import AlreadyDeleted, LastPhase, NotDeleted, PhaseHasSteps


@transaction.atomic
def add_phase(
    journey: Journey,
    *,
    name: str,
    question: str = "",
    position: int | None = None,
    by: User,
    now: datetime,
) -> Phase:
    """Add a phase at a position, or at the end of the journey."""
    order.touch(journey, by=by, now=now)
    phase = Phase.objects.create(
        journey=journey,
        name=order.worded(name, noun="phase", longest=120),
        question=question.strip()[:200],
        position=order.next_position(journey.phases),
    )
    if position is not None:
        order.place(journey.phases, phase, position)
    edits.keep(journey, edits.labeled("Added the phase", phase), [edits.made(phase, now=now)], by=by, now=now)
    audit.record("phase.added", subject=phase, by=by, at=now, journey=journey.pk)
    return phase


@transaction.atomic
def rename_phase(phase: Phase, *, name: str, question: str | None = None, by: User, now: datetime) -> None:
    """Give the phase another name, or the customer another question."""
    before = phase.name
    fields: dict[str, Any] = {"name": order.worded(name, noun="phase", longest=120)}
    if question is not None:
        fields["question"] = question.strip()[:200]
    order.touch(phase.journey, by=by, now=now)
    change = edits.write(phase, noun="phase", **fields)
    edits.keep(phase.journey, edits.labeled("Renamed the phase", phase), [change], by=by, now=now)
    audit.record("phase.renamed", subject=phase, by=by, at=now, before=before)


@transaction.atomic
def move_phase(
    phase: Phase, *, by: User, now: datetime, places: int = 0, position: int | None = None
) -> None:
    """Move the phase by so many places (negative: earlier), or to a position."""
    order.touch(phase.journey, by=by, now=now)
    order.change_kept(phase, noun="phase")
    was = order.index_of(phase.journey.phases, phase)
    position = order.place(phase.journey.phases, phase, was + places if position is None else position)
    change = edits.change_of(phase, before={"position": was}, after={"position": position})
    edits.keep(phase.journey, edits.labeled("Moved the phase", phase), [change], by=by, now=now)
    audit.record("phase.moved", subject=phase, by=by, at=now, position=position)


@transaction.atomic
def delete_phase(phase: Phase, *, by: User, now: datetime, confirmed: bool = False) -> None:
    """Delete the phase with its steps. With steps in it, only when confirmed; it can be restored."""
    steps = phase.steps.kept().count()
    if steps and not confirmed:
        held, them = ("1 step", "it") if steps == 1 else (f"{steps} steps", "them")
        raise PhaseHasSteps(
            f"“{phase}” holds {held}. Confirm to delete the phase together with {them}, "
            f"or move {them} to another phase first."
        )
    if not phase.journey.phases.kept().exclude(pk=phase.pk).exists():
        raise LastPhase("A journey keeps at least one phase. Rename this one, or delete the journey.")
    order.touch(phase.journey, by=by, now=now)
    if not Phase.objects.kept().filter(pk=phase.pk).update(deleted_at=now):
        raise AlreadyDeleted("This phase is already deleted.")
    phase.deleted_at = now
    change = edits.change_of(phase, before={"deleted_at": None}, after={"deleted_at": now.isoformat()})
    edits.keep(phase.journey, edits.labeled("Deleted the phase", phase), [change], by=by, now=now)
    audit.record("phase.deleted", subject=phase, by=by, at=now, steps=steps)


@transaction.atomic
def restore_phase(phase: Phase, *, by: User, now: datetime) -> None:
    """Undo the deletion of the phase: it comes back to its place with its steps."""
    order.touch(phase.journey, by=by, now=now)
    if not Phase.objects.filter(pk=phase.pk).exclude(deleted_at=None).update(deleted_at=None):
        raise NotDeleted("This phase is not deleted; there is nothing to undo.")
    change = edits.change_of(phase, before={"deleted_at": str(phase.deleted_at)}, after={"deleted_at": None})
    phase.deleted_at = None
    edits.keep(phase.journey, edits.labeled("Restored the phase", phase), [change], by=by, now=now)
    audit.record("phase.restored", subject=phase, by=by, at=now)
