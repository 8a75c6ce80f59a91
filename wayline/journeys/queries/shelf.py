"""The library: which journeys are shown, in which order and view, with how each of them goes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from django.db.models import Count, Prefetch, Q, QuerySet
from django.http import HttpRequest

from wayline.accounts.models import Membership, User
from wayline.accounts.queries import people
from wayline.journeys.models import Journey, JourneyTag, Persona
from wayline.journeys.models.seats import unlocked_for
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
    page = list(listing.page.object_list.values_list("pk", flat=True))
    found = _dressed(member, [*page, *(_inside(member, page) if is_tree else ())])
    shown, inside = found[: len(page)], found[len(page) :]
    if not is_tree:
        _name_places(shown)
    waiting = _brought_up_to_date([*shown, *inside], member, now)
    return Shelf(view, _grown(shown, inside, waiting), listing, len(waiting))


def matching(member: Membership, values) -> "Journey.objects":
    """The journeys of the workspace that pass the filters; archived ones only when asked for."""
    rows = Journey.objects.visible_to(member)
    said = {name: values.get(name, "").strip() for name in FILTERS}
    rows = rows.exclude(archived_at=None) if said["archived"] else rows.filter(archived_at=None)
    if said["q"]:
        rows = rows.filter(Q(title__icontains=said["q"]) | Q(goal__icontains=said["q"]))
    if said["owner"] == NOBODY:
        rows = rows.filter(owner=None)
    elif said["owner"].isdecimal():
        rows = rows.filter(owner=int(said["owner"]))
    if said["status"] in Journey.Status.values:
        rows = rows.filter(status=said["status"])
    if said["tag"]:
        rows = rows.filter(tags__name=said["tag"])
    if said["persona"].isdecimal():
        rows = rows.filter(personas=int(said["persona"]), personas__deleted_at=None)
    if said["level"].isdecimal():
        rows = rows.filter(level=int(said["level"]))
    return rows


def dressed(rows: QuerySet[Journey], member: Membership) -> list[Journey]:
    """With everything a row shows: a few queries however many there are.

    How many stand inside is asked apart: counting it with the rows would group all of their columns.
    """
    tags = Prefetch("tags", JourneyTag.objects.order_by("name"))
    found = list(rows.select_related("owner", "standing").prefetch_related(tags))
    inside = dict(
        _children(member, [each.pk for each in found])
        .order_by()
        .values_list("parent")
        .annotate(n=Count("pk"))
    )
    for journey in found:
        journey.inside = inside.get(journey.pk, 0)
        journey.workspace = member.workspace
    return found


def _name_places(journeys: Sequence[Journey]) -> None:
    """The journeys they stand in, one query for all."""
    places = Journey.objects.in_bulk({each.parent_id for each in journeys if each.parent_id})
    for journey in journeys:
        journey.parent = places.get(journey.parent_id)


def _dressed(member: Membership, keys: list[int]) -> list[Journey]:
    """The rows of these keys, in their order."""
    rows = {each.pk: each for each in dressed(Journey.objects.filter(pk__in=keys).order_by(), member)}
    return [rows[key] for key in keys if key in rows]


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
    """Which of them wait for their numbers. Standings are read again only where one was worked out."""
    worked_out, waiting = standings.bring_up_to_date(journeys, workspace=member.workspace, now=now)
    fresh = standings.Standing.objects.in_bulk(worked_out, field_name="journey_id") if worked_out else {}
    for journey in journeys:
        if journey.pk in fresh:
            journey.standing = fresh[journey.pk]
    return waiting


def _inside(member: Membership, roots: Sequence[int]) -> list[int]:
    """What stands in these, level by level: by the index on their places, not by their lineage."""
    found: list[int] = []
    above = list(roots)
    for _ in range(DEEP):
        rows = _children(member, above).order_by("title", "pk").values_list("pk", flat=True)
        above = list(rows[: MOST_SHOWN - len(found)])
        found += above
    return found


def _children(member: Membership, parents: Sequence[int]) -> QuerySet[Journey]:
    """What stands directly in these journeys of the member's workspace. Naming the workspace again would
    make the database read all of it instead of the few that the places name."""
    return Journey.objects.current().filter(unlocked_for(member), parent__in=parents)


def _grown(roots: Sequence[Journey], inside: Sequence[Journey], waiting: set[int]) -> tuple[Shelved, ...]:
    """Each with those that stand in it and are shown with it."""
    by_parent: dict[int, list[Journey]] = {}
    for journey in inside:
        by_parent.setdefault(journey.parent_id, []).append(journey)

    def grown(journey: Journey) -> Shelved:
        children = tuple(grown(child) for child in by_parent.get(journey.pk, ()))
        return Shelved(journey, journey.pk in waiting, children)

    return tuple(grown(root) for root in roots)
