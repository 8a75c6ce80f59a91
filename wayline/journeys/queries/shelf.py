"""The library: which journeys are shown, in which order and view, with how each of them goes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from django.db.models import Count, Prefetch, Q
from django.http import HttpRequest

from wayline.accounts.models import Membership, User
from wayline.accounts.queries import people
from wayline.journeys.models import Journey, JourneyTag, Persona
from wayline.kit import lists
from wayline.statistics.estimates import Estimate

from . import standings

VIEWS = (("table", "Table", "list"), ("tree", "Tree", "git-branch"), ("cards", "Cards", "layout-dashboard"))
FILTERS = ("q", "owner", "status", "tag", "persona", "level", "archived")
SORTS = {"title": "title", "owner": "owner__name", "complete": "standing__share", "changed": "changed_at"}
PER_PAGE, TREE_PER_PAGE = 30, 10
DEEP, MOST_SHOWN = 2, 60  # levels below a root that the tree opens at once, and how many rows in all
NOBODY = "nobody"


@dataclass(frozen=True)
class Shelved:
    """A journey in the library with the numbers that say how it goes."""

    journey: Journey
    is_waiting: bool = False  # its numbers are being worked out
    children: tuple["Shelved", ...] = field(default=())

    @cached_property
    def numbers(self) -> standings.Numbers | None:
        standing = getattr(self.journey, "standing", None)
        return standings.numbers(standing) if standing else None

    @cached_property
    def together(self) -> standings.Together | None:
        standing = getattr(self.journey, "standing", None)
        return standings.together(standing) if standing else None

    @property
    def bound(self) -> int:
        standing = getattr(self.journey, "standing", None)
        return standing.bound if standing else 0

    @property
    def steps(self) -> int:
        standing = getattr(self.journey, "standing", None)
        return standing.steps if standing else 0

    @property
    def loss(self) -> standings.LostAt | None:
        return self.numbers.loss if self.numbers else None

    @property
    def conversion(self) -> Estimate | None:
        return self.numbers.conversion if self.numbers else None

    @property
    def change(self):
        return self.numbers.change if self.numbers else None

    @property
    def hidden(self) -> int:
        """How many inside it are not shown in the tree."""
        return self.journey.inside - len(self.children)


@dataclass(frozen=True)
class Shelf:
    """One page of the library in one of its views."""

    view: str
    rows: tuple[Shelved, ...]
    listing: lists.Listing
    waiting: int

    @property
    def is_filtered(self) -> bool:
        return self.listing.is_filtered


def shelf(request: HttpRequest, member: Membership, *, now: datetime) -> Shelf:
    """The page of the library that the query string asks for."""
    view = request.GET.get("view", "")
    view = view if view in [name for name, _, _ in VIEWS] else "table"
    rows = matching(member, request.GET)
    is_tree = view == "tree" and not any(request.GET.get(name, "").strip() for name in FILTERS)
    listing = lists.listing(
        request,
        rows.roots() if is_tree else rows,
        filters={name: lambda found, value: found for name in FILTERS},
        sorts=SORTS,
        default_sort="title",
        per_page=TREE_PER_PAGE if is_tree else PER_PAGE,
    )
    shown = _in_order(list(listing.page.object_list.values_list("pk", flat=True)))
    inside = _inside(member, shown) if is_tree else []
    waiting = _brought_up_to_date([*shown, *inside], member, now)
    if is_tree:
        found = _grown(shown, inside, waiting)
    else:
        found = tuple(Shelved(journey, journey.pk in waiting) for journey in shown)
    return Shelf(view, found, listing, len(waiting))


def matching(member: Membership, values) -> "Journey.objects":
    """The journeys of the workspace that pass the filters; archived ones only when asked for."""
    rows = Journey.objects.visible_to(member)
    said = {name: values.get(name, "").strip() for name in FILTERS}
    rows = rows.exclude(archived_at=None) if said["archived"] else rows.filter(archived_at=None)
    if said["q"]:
        rows = rows.filter(Q(title__icontains=said["q"]) | Q(goal__icontains=said["q"]))
    if said["owner"] == NOBODY:
        rows = rows.filter(owner=None)
    elif said["owner"].isdigit():
        rows = rows.filter(owner=int(said["owner"]))
    if said["status"] in Journey.Status.values:
        rows = rows.filter(status=said["status"])
    if said["tag"]:
        rows = rows.filter(tags__name=said["tag"])
    if said["persona"].isdigit():
        rows = rows.filter(personas=int(said["persona"]), personas__deleted_at=None)
    if said["level"].isdigit():
        rows = rows.filter(level=int(said["level"]))
    return rows


def _in_order(keys: list[int]) -> list[Journey]:
    """The rows of one page. Dressing the sorted list instead would count the children of everybody."""
    rows = dressed(Journey.objects.filter(pk__in=keys)).in_bulk()
    return [rows[key] for key in keys if key in rows]


def dressed(rows):
    """With everything a row shows: no query for each of them."""
    tags = Prefetch("tags", JourneyTag.objects.order_by("name"))
    inside = Count("children", filter=Q(children__deleted_at=None, children__archived_at=None))
    return (
        rows.select_related("owner", "standing", "parent", "workspace")
        .prefetch_related(tags)
        .annotate(inside=inside)
    )


@dataclass(frozen=True)
class Choices:
    """What the filters and the bulk actions offer."""

    owners: list[User]
    statuses: list[tuple[str, str]]
    tags: list[str]
    personas: list[Persona]
    levels: range


def choices(member: Membership) -> Choices:
    """The owners, statuses, tags, personas and levels there are in the workspace."""
    journeys = Journey.objects.visible_to(member)
    deepest = journeys.order_by("-level").values_list("level", flat=True).first() or 0
    tags = JourneyTag.objects.visible_to(member).order_by("name").values_list("name", flat=True).distinct()
    owners = people(member.workspace_id)
    personas = list(Persona.objects.visible_to(member))
    return Choices(list(owners), Journey.Status.choices, list(tags[:200]), personas, range(deepest + 1))


def _brought_up_to_date(journeys: Sequence[Journey], member: Membership, now: datetime) -> set[int]:
    waiting = standings.bring_up_to_date(journeys, workspace=member.workspace, now=now)
    fresh = {
        standing.journey_id: standing
        for standing in standings.Standing.objects.filter(journey__in=[each.pk for each in journeys])
    }
    for journey in journeys:
        if journey.pk in fresh:
            journey.standing = fresh[journey.pk]
    return waiting


def _inside(member: Membership, roots: Sequence[Journey]) -> list[Journey]:
    if not any(root.inside for root in roots):
        return []
    below = Q()
    for root in roots:
        if root.inside:
            below |= Q(lineage__startswith=root.lineage_inside, level__lte=root.level + DEEP)
    rows = Journey.objects.visible_to(member).current().filter(below).order_by("level", "title", "pk")
    return _in_order(list(rows.values_list("pk", flat=True)[:MOST_SHOWN]))


def _grown(roots: Sequence[Journey], inside: Sequence[Journey], waiting: set[int]) -> tuple[Shelved, ...]:
    by_parent: dict[int, list[Journey]] = {}
    for journey in inside:
        by_parent.setdefault(journey.parent_id, []).append(journey)

    def grown(journey: Journey) -> Shelved:
        children = tuple(grown(child) for child in by_parent.get(journey.pk, ()))
        return Shelved(journey, journey.pk in waiting, children)

    return tuple(grown(root) for root in roots)
