"""Where a journey stands among the others."""

from dataclasses import dataclass
from datetime import datetime

from wayline.accounts.models import Membership
from wayline.journeys.models import Journey, Phase

from . import shelf, standings

MOST_LISTED = 100


@dataclass(frozen=True)
class Stage:
    """A phase with the journeys that detail it."""

    phase: Phase | None
    journeys: tuple[shelf.Shelved, ...]
    bound: int


@dataclass(frozen=True)
class Place:
    """A journey among the others: what it stands in, what stands in it, and how that goes together."""

    journey: Journey
    ancestors: tuple[Journey, ...]
    stages: tuple[Stage, ...]
    together: standings.Together | None

    @property
    def unmapped(self) -> tuple[Phase, ...]:
        """Phases of a journey that holds others, which neither a journey nor a bound step covers."""
        if not any(stage.journeys for stage in self.stages):
            return ()
        return tuple(
            stage.phase for stage in self.stages if stage.phase and not stage.journeys and not stage.bound
        )


def place(journey: Journey, member: Membership, *, now: datetime) -> Place:
    """The journey's place. It comes `with_steps`."""
    known = Journey.objects.visible_to(member).in_bulk(journey.ancestors)
    rows = Journey.objects.visible_to(member).current().filter(parent=journey).order_by("title", "pk")
    children = shelf.dressed(rows[:MOST_LISTED], member)
    _, waiting = standings.bring_up_to_date([*children, journey], workspace=member.workspace, now=now)
    fresh = standings.Standing.objects.in_bulk(
        [child.pk for child in [*children, journey]], field_name="journey_id"
    )
    for child in children:
        if child.pk in fresh:
            child.standing = fresh[child.pk]
    phases = list(journey.phases.all())
    stages = [
        Stage(
            phase,
            tuple(
                shelf.Shelved(child, child.pk in waiting)
                for child in children
                if child.parent_phase_id == phase.pk
            ),
            sum(step.is_bound for step in phase.steps.all()),
        )
        for phase in phases
    ]
    placed = {phase.pk for phase in phases}
    others = tuple(
        shelf.Shelved(child, child.pk in waiting) for child in children if child.parent_phase_id not in placed
    )
    if others:
        stages.append(Stage(None, others, 0))
    own = fresh.get(journey.pk)
    return Place(
        journey,
        tuple(known[key] for key in journey.ancestors if key in known),
        tuple(stages),
        standings.together(own) if own else None,
    )


def may_hold(journey: Journey, member: Membership, search: str, *, limit: int = 20) -> list[Journey]:
    """Journeys that this one can be put into: not itself, and nothing inside it."""
    rows = Journey.objects.visible_to(member).current().exclude(pk=journey.pk)
    rows = rows.exclude(lineage__startswith=journey.lineage_inside).exclude(pk=journey.parent_id)
    if search:
        rows = rows.filter(title__icontains=search)
    return list(rows.with_steps().order_by("level", "title")[:limit])
