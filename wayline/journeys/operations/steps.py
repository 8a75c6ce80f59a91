from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.text import slugify
from pydantic import ValidationError

from wayline.accounts.models import User
from wayline.audit import operations as audit
from wayline.journeys import conditions, templates_library
from wayline.journeys.models import Journey, Phase, Step
from wayline.metrics.observed import ObservedName
from wayline.signals.conditions import SignalCondition

from . import edits, order
from .refusals import AlreadyDeleted, ConditionNotUnderstood, NotDeleted, NothingFits


@transaction.atomic
def add_step(phase: Phase, *, title: str, by: User, now: datetime, key: str = "") -> Step:
    """Add a step at the end of the phase, not bound to any signal yet."""
    title = order.worded(title, noun="step", longest=200)
    order.touch(phase.journey, by=by, now=now)
    step = Step.objects.create(
        phase=phase,
        title=title,
        key=_free_key(phase, slugify(key or title) or "step"),
        position=order.next_position(phase.steps),
    )
    edits.keep(
        phase.journey, edits.labeled("Added the step", step), [edits.made(step, now=now)], by=by, now=now
    )
    audit.record("step.added", subject=step, by=by, at=now, phase=phase.name)
    return step


@transaction.atomic
def rename_step(step: Step, *, title: str, by: User, now: datetime, seen: int | None = None) -> None:
    """Give the step another title. Its key stays, so that signals still find it."""
    before, title = step.title, order.worded(title, noun="step", longest=200)
    _change(step, "Renamed the step", by, now, seen, title=title)
    audit.record("step.renamed", subject=step, by=by, at=now, before=before)


@transaction.atomic
def move_step(
    step: Step,
    *,
    by: User,
    now: datetime,
    places: int = 0,
    phase: Phase | None = None,
    position: int | None = None,
    seen: int | None = None,
) -> None:
    """Move the step by so many places along the journey, across phases, or to a place in a phase."""
    journey = step.phase.journey
    order.touch(journey, by=by, now=now)
    order.change_kept(step, noun="step")
    was = {"phase_id": step.phase_id, "position": order.index_of(step.phase.steps, step)}
    if phase is None and position is None:
        phase, position = _along(step, places)
    phase = phase or step.phase
    if phase.journey_id != step.phase.journey_id or phase.deleted_at:
        raise AlreadyDeleted("That phase is not in this journey. Choose one of the journey's phases.")
    change = edits.write(step, noun="step", seen=seen, phase_id=phase.pk)
    if position is None:
        position = phase.steps.kept().count()
    order.place(phase.steps, step, position)
    change |= {"before": was, "after": {"phase_id": phase.pk, "position": step.position}}
    edits.keep(journey, edits.labeled("Moved the step", step, f"to {phase}"), [change], by=by, now=now)
    audit.record("step.moved", subject=step, by=by, at=now, phase=phase.name, position=step.position)


@transaction.atomic
def bind_step(step: Step, *, condition: SignalCondition | dict, by: User, now: datetime) -> None:
    """Say which signals are this step."""
    try:
        condition = conditions.SIGNAL.validate_python(condition)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "condition"
        raise ConditionNotUnderstood(
            f"The condition is not understood at {place}: {first['msg']}."
        ) from error
    if not conditions.says_something(condition):
        raise ConditionNotUnderstood("Choose at least one signal, or a test that a signal must pass.")
    _change(step, "Bound the step", by, now, None, condition=condition.model_dump(mode="json"))
    audit.record("step.bound", subject=step, by=by, at=now, condition=step.condition)


@transaction.atomic
def bind_fitting(
    journey: Journey, *, observed: Sequence[ObservedName], by: User, now: datetime
) -> tuple[int, int]:
    """Bind steps of a template to signals that came after it; answers how many, and how many wait."""
    drawn = Step.objects.kept().filter(phase__journey=journey, phase__deleted_at=None)
    steps = [step for step in drawn.select_related("phase__journey") if not step.is_bound]
    known = [(step, like) for step in steps if (like := templates_library.step_like(step.key))]
    fitting = [(step, found) for step, like in known if (found := templates_library.binding(like, observed))]
    if not fitting:
        raise NothingFits(
            "None of the signals that a template expects at these steps has come in yet. Bring signals in "
            "first, or say by hand which signals each step is."
        )
    for step, condition in fitting:
        bind_step(step, condition=condition, by=by, now=now)
    return len(fitting), len(steps) - len(fitting)


@transaction.atomic
def unbind_step(step: Step, *, by: User, now: datetime) -> None:
    """Take the binding away: the step stays on the map, without numbers."""
    before = step.condition
    _change(step, "Unbound the step", by, now, None, condition=None)
    audit.record("step.unbound", subject=step, by=by, at=now, before=before)


@transaction.atomic
def mark_step(
    step: Step,
    *,
    by: User,
    now: datetime,
    is_required: bool | None = None,
    is_repeatable: bool | None = None,
    is_moment: bool | None = None,
    is_fail_point: bool | None = None,
) -> None:
    """Mark the step as required or optional, as repeatable, a moment that matters, a fail point."""
    marks = {
        "is_required": is_required,
        "is_repeatable": is_repeatable,
        "is_moment": is_moment,
        "is_fail_point": is_fail_point,
    }
    marks = {name: value for name, value in marks.items() if value is not None}
    _change(step, "Marked the step", by, now, None, **marks)
    audit.record("step.marked", subject=step, by=by, at=now, **marks)


@transaction.atomic
def delete_step(step: Step, *, by: User, now: datetime) -> None:
    """Delete the step with its touchpoints. It can be restored."""
    order.touch(step.phase.journey, by=by, now=now)
    if not Step.objects.kept().filter(pk=step.pk).update(deleted_at=now):
        raise AlreadyDeleted("This step is already deleted.")
    step.deleted_at = now
    change = edits.change_of(step, before={"deleted_at": None}, after={"deleted_at": now.isoformat()})
    edits.keep(step.phase.journey, edits.labeled("Deleted the step", step), [change], by=by, now=now)
    audit.record("step.deleted", subject=step, by=by, at=now)


@transaction.atomic
def restore_step(step: Step, *, by: User, now: datetime) -> None:
    """Undo the deletion of the step: it comes back to its place, with its binding."""
    order.touch(step.phase.journey, by=by, now=now)
    if step.phase.deleted_at:
        raise NotDeleted(f"The phase “{step.phase}” is deleted too. Restore the phase first.")
    if not Step.objects.filter(pk=step.pk).exclude(deleted_at=None).update(deleted_at=None):
        raise NotDeleted("This step is not deleted; there is nothing to undo.")
    change = edits.change_of(step, before={"deleted_at": str(step.deleted_at)}, after={"deleted_at": None})
    step.deleted_at = None
    edits.keep(step.phase.journey, edits.labeled("Restored the step", step), [change], by=by, now=now)
    audit.record("step.restored", subject=step, by=by, at=now)


def _change(step: Step, verb: str, by: User | None, now: datetime, seen: int | None, **fields) -> None:
    journey = step.phase.journey
    order.touch(journey, by=by, now=now)
    change = edits.write(step, noun="step", seen=seen, **fields)
    edits.keep(journey, edits.labeled(verb, step), [change], by=by, now=now)


def _free_key(phase: Phase, wanted: str) -> str:
    taken = set(Step.objects.filter(phase__journey=phase.journey_id).values_list("key", flat=True))
    wanted, number = wanted[:70].strip("-"), 2
    key = wanted
    while key in taken:
        key, number = f"{wanted}-{number}", number + 1
    return key


def _along(step: Step, places: int) -> tuple[Phase, int]:
    """Where the step stands after moving along the journey; leaving a phase means entering the next one."""
    phases = list(step.phase.journey.phases.kept())
    here = next(index for index, phase in enumerate(phases) if phase.pk == step.phase_id)
    position, last = order.index_of(step.phase.steps, step) + places, step.phase.steps.kept().count() - 1
    if position < 0 and here > 0:
        return phases[here - 1], phases[here - 1].steps.kept().count()
    if position > last and here < len(phases) - 1:
        return phases[here + 1], 0
    return step.phase, position
