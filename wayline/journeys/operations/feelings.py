"""What a team believes customers feel at a step: all of them, or one persona."""

from datetime import datetime

from django.db import transaction

from wayline.accounts.models import User
from wayline.audit import operations as audit
from wayline.journeys.models import Persona, PersonaFeeling, Step

from . import edits, order
from .refusals import FeelingOutOfRange, PersonaElsewhere


@transaction.atomic
def assume_feeling(
    step: Step,
    *,
    feeling: float | None,
    by: User | None,
    now: datetime,
    seen: int | None = None,
    persona: Persona | None = None,
) -> None:
    """Set what the team believes customers feel here, −2 to +2, or one persona; None takes it away."""
    if feeling is not None and not -2 <= feeling <= 2:
        raise FeelingOutOfRange("Choose a feeling from −2 (furious) to +2 (delighted).")
    journey = step.phase.journey
    order.touch(journey, by=by, now=now)
    if persona is None:
        change = edits.write(step, noun="step", seen=seen, assumed_feeling=feeling)
    else:
        change = _of_persona(step, persona, feeling, now, seen)
    whose = f"of {persona}" if persona else ""
    label = edits.labeled("Set the feeling at", step, whose)
    edits.keep(journey, label, [change] if change else [], by=by, now=now)
    said = {"feeling": feeling} | ({"persona": persona.name} if persona else {})
    audit.record("step.feeling_assumed", subject=step, by=by, at=now, **said)


def _of_persona(step: Step, persona: Persona, feeling: float | None, now: datetime, seen: int | None):
    """The change that was made; None where there was nothing to take away."""
    if persona.workspace_id != step.workspace_id or persona.deleted_at:
        raise PersonaElsewhere("That persona is not in this workspace. Choose one of its personas.")
    row = PersonaFeeling.objects.filter(step=step, persona=persona).first()
    is_there = row is not None and row.deleted_at is None
    if feeling is None:
        return edits.write(row, noun="feeling", seen=seen, deleted_at=now) if is_there else None
    if row is None:
        row = PersonaFeeling.objects.create(step=step, persona=persona, feeling=feeling)
        return edits.made(row, now=now)
    seen = seen if is_there else None  # nobody has seen one that is not there
    return edits.write(row, noun="feeling", seen=seen, feeling=feeling, deleted_at=None)
