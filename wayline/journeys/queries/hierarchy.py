"""Where a journey stands among the others, and what the map of maps lacks or holds twice."""

import json
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import combinations

from django.core.cache import cache
from django.db.models import Count, Max, QuerySet, Sum, TextField
from django.db.models.functions import Cast

from wayline.accounts.models import Membership
from wayline.journeys import conditions
from wayline.journeys.models import Journey, Phase, Step

from . import shelf, standings

MOST_LISTED = 100
TOO_COMMON = 40  # a signal bound in more journeys than this tells nothing about any two of them
ALIKE_FROM = 0.5
ALIKE_IS_KEPT = 3600


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
    children = list(shelf.dressed(rows)[:MOST_LISTED])
    waiting = standings.bring_up_to_date([*children, journey], workspace=member.workspace, now=now)
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


@dataclass(frozen=True)
class Overlap:
    """Two journeys that look at the same signals."""

    first: Journey
    second: Journey
    shared: tuple[str, ...]
    share: float  # of the names that either of them looks at

    @property
    def is_silo(self) -> bool:
        """Different people look after the same thing, and neither journey stands in the other's tree."""
        return self.first.owner_id != self.second.owner_id and self.first.lineage != self.second.lineage


@dataclass(frozen=True)
class Gaps:
    """What is missing or held twice. Lists are cut; the counts are not."""

    journeys: int
    ownerless: tuple[Journey, ...]
    ownerless_n: int
    unbound: tuple[Journey, ...]
    unbound_n: int
    unmapped: tuple[Phase, ...]
    overlaps: tuple[Overlap, ...]
    alone: tuple[Journey, ...]
    alone_n: int

    @property
    def silos(self) -> tuple[Overlap, ...]:
        return tuple(each for each in self.overlaps if each.is_silo)


def gaps(member: Membership) -> Gaps:
    """Journeys without an owner, stages nobody maps, journeys bound to the same signals, and loners."""
    rows = Journey.objects.visible_to(member).current()
    ownerless = rows.filter(owner=None)
    unbound = list(_unbound(member))
    alone = rows.filter(parent=None, children=None) if rows.exclude(parent=None).exists() else rows.none()
    return Gaps(
        journeys=rows.count(),
        ownerless=tuple(ownerless[:MOST_LISTED]),
        ownerless_n=ownerless.count(),
        unbound=tuple(rows.filter(pk__in=unbound[:MOST_LISTED])),
        unbound_n=len(unbound),
        unmapped=_unmapped(member),
        overlaps=overlaps(member),
        alone=tuple(alone[:MOST_LISTED]),
        alone_n=alone.count(),
    )


def _unbound(member: Membership) -> QuerySet:
    """The keys of journeys that hold no others and have no bound step, in the order of their titles."""
    bound = Step.objects.visible_to(member).filter(condition__isnull=False)
    rows = Journey.objects.visible_to(member).current().exclude(pk__in=bound.values("phase__journey"))
    return rows.filter(children=None).order_by("title", "pk").values_list("pk", flat=True)


def _unmapped(member: Membership) -> tuple[Phase, ...]:
    """Phases of journeys that hold others, which no journey details and no bound step measures."""
    holding = Journey.objects.visible_to(member).current()
    holding = holding.filter(children__deleted_at=None, children__parent_phase__isnull=False).distinct()
    detailed = Journey.objects.visible_to(member).current().exclude(parent_phase=None)
    measured = Step.objects.visible_to(member).filter(condition__isnull=False)
    phases = Phase.objects.visible_to(member).filter(journey__in=holding)
    phases = phases.exclude(pk__in=detailed.values("parent_phase"))
    return tuple(
        phases.exclude(pk__in=measured.values("phase")).select_related("journey", "journey__workspace")[
            :MOST_LISTED
        ]
    )


def overlaps(member: Membership) -> tuple[Overlap, ...]:
    """Pairs of journeys that share at least half of the signals either looks at, the most alike first."""
    current = Journey.objects.visible_to(member).current()
    alike = cache.get_or_set(_state_of(current), lambda: _alike(current), ALIKE_IS_KEPT)
    rows = current.select_related("owner", "workspace").in_bulk({key for pair in alike for key in pair[:2]})
    return tuple(
        Overlap(rows[a], rows[b], shared, share)
        for a, b, shared, share in alike
        if a in rows and b in rows and not _is_inside(rows[a], rows[b])
    )


def _state_of(journeys: QuerySet[Journey]) -> str:
    """Another word as soon as one changes, comes or goes: every change of a map touches its journey."""
    found = journeys.aggregate(n=Count("pk"), sum=Sum("pk"), last=Max("changed_at"))
    return f"journeys:alike:{found['n']}:{found['sum']}:{found['last'] and found['last'].timestamp()}"


def _alike(journeys: QuerySet[Journey]) -> list[tuple[int, int, tuple[str, ...], float]]:
    steps = Step.objects.kept().filter(phase__deleted_at=None, phase__journey__in=journeys.order_by())
    stored = steps.filter(condition__isnull=False).annotate(said=Cast("condition", TextField()))
    named: dict[int, set[str]] = {}
    for journey, said in stored.order_by().values_list("phase__journey", "said"):
        named.setdefault(journey, set()).update(_wanted(said))
    holders: dict[str, list[int]] = {}
    for journey, names in named.items():
        for name in names:
            holders.setdefault(name, []).append(journey)
    pairs = Counter(
        pair for keys in holders.values() if len(keys) <= TOO_COMMON for pair in combinations(sorted(keys), 2)
    )
    likeness = {
        (a, b): share
        for (a, b), shared in pairs.items()
        if (share := shared / (len(named[a]) + len(named[b]) - shared)) >= ALIKE_FROM
    }
    found = sorted(likeness, key=lambda pair: (-likeness[pair], pair))[:MOST_LISTED]
    return [(a, b, tuple(sorted(named[a] & named[b])), likeness[a, b]) for a, b in found]


def _is_inside(first: Journey, second: Journey) -> bool:
    """A journey and the lifecycle it details look at the same signals on purpose."""
    return first.pk in second.ancestors or second.pk in first.ancestors


@lru_cache(maxsize=50_000)
def _wanted(said: str) -> tuple[str, ...]:
    """The names a stored condition looks for. Reading JSON is most of the work; many steps say the same."""
    condition = json.loads(said)
    if condition["type"] == "signal":
        return tuple(condition.get("names", ()))
    parsed = conditions.parsed(condition)
    return tuple(conditions.named(parsed)) if parsed else ()
