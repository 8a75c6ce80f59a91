"""What the map of maps lacks or holds twice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from django.db.models import Exists, OuterRef, QuerySet, TextField
from django.db.models.functions import Cast

from wayline.accounts.models import Membership
from wayline.journeys.models import Journey, Phase, Step
from wayline.journeys.models.seats import unlocked_for

from .likeness import likeness

MOST_LISTED = 100


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
    workspace = member.workspace
    rows = _rows(Journey.objects.filter(workspace=workspace))
    changes = {key: changed for key, *_, changed in rows}
    names, alike = likeness((workspace.pk, workspace.created_at.isoformat()), changes)
    holding = {parent for _, parent, *_ in rows}
    if not member.may("owner") and any(is_restricted for *_, is_restricted, _ in rows):
        rows = _rows(Journey.objects.visible_to(member))
    places = {key: parent for key, parent, *_ in rows}
    ownerless = [key for key, _, owner, *_ in rows if owner is None]
    unbound = [key for key in places if key not in names and key not in holding]
    alone = [key for key, parent in places.items() if parent is None and key not in holding]
    if not any(places.values()):
        alone = []  # nothing stands in anything yet
    whose = {key: perspective for key, _, _, perspective, *_ in rows}
    apart = (each for each in alike if _are_apart(*each[1], places, whose))
    pairs = list(islice(apart, MOST_LISTED))
    both = chain.from_iterable(pair for _, pair in pairs)
    shown = {*ownerless[:MOST_LISTED], *unbound[:MOST_LISTED], *alone[:MOST_LISTED], *both}
    known = Journey.objects.select_related("owner").in_bulk(shown)
    return Gaps(
        journeys=len(rows),
        ownerless=_listed(ownerless, known),
        ownerless_n=len(ownerless),
        unbound=_listed(unbound, known),
        unbound_n=len(unbound),
        unmapped=_unmapped(member),
        overlaps=tuple(
            Overlap(known[a], known[b], tuple(sorted(names[a] & names[b])), -minus)
            for minus, (a, b) in pairs
            if a in known and b in known
        ),
        alone=_listed(alone, known),
        alone_n=len(alone),
    )


def _rows(journeys: QuerySet[Journey]) -> list[tuple[int, int | None, int | None, str, bool, str]]:
    """Key, place, owner, perspective, restriction and last change of each, in the order of their titles.

    Ten thousand of them as models would cost ten times this; comparing times needs only how they are written.
    """
    found = journeys.current().order_by("title", "pk").annotate(changed=Cast("changed_at", TextField()))
    return list(found.values_list("pk", "parent", "owner", "perspective", "is_restricted", "changed"))


def _are_apart(first: int, second: int, places: Mapping[int, int | None], whose: Mapping[int, str]) -> bool:
    """Both are there, of the same people, and neither stands in the other.

    A journey and the lifecycle it details look at the same signals on purpose, and so do what a customer goes
    through and what an employee does for it.
    """
    return (
        first in places
        and second in places
        and whose[first] == whose[second]
        and second not in _around(first, places)
        and first not in _around(second, places)
    )


def _around(journey: int, places: Mapping[int, int | None]) -> set[int]:
    """The journeys it stands in, however far out."""
    found: set[int] = set()
    outer = places.get(journey)
    while outer is not None and outer not in found:
        found.add(outer)
        outer = places.get(outer)
    return found


def _listed(keys: Sequence[int], known: dict[int, Journey]) -> tuple[Journey, ...]:
    return tuple(known[key] for key in keys[:MOST_LISTED] if key in known)


def _unmapped(member: Membership) -> tuple[Phase, ...]:
    """Phases of journeys that hold others, which no journey details and no bound step measures."""
    inside = Journey.objects.current().filter(workspace=member.workspace).exclude(parent_phase=None)
    details = Journey.objects.current().filter(parent_phase=OuterRef("pk"))
    measures = Step.objects.kept().filter(phase=OuterRef("pk"), condition__isnull=False)
    phases = Phase.objects.kept().filter(
        ~Exists(details),
        ~Exists(measures),
        unlocked_for(member, "journey__"),
        journey__in=inside.order_by().values("parent").distinct(),
        journey__deleted_at=None,
        journey__archived_at=None,
    )
    return tuple(phases.select_related("journey")[:MOST_LISTED])
