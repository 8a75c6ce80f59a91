from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import Max, Min, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from wayline.accounts.models import Membership, User
from wayline.accounts.queries import people
from wayline.kit.charts.sparkline import sparkline
from wayline.signals.models import SignalName

from .counting import TYPES
from .expected import Expected
from .models import NameDay, PropertyDay, Term

SHOWN_DAYS = 28
TYPE_WORDS = dict(zip(TYPES, ("text", "number", "boolean", "time", "structure"), strict=True))


def vocabulary(member: Membership) -> QuerySet[Term]:
    """Every name with its volume, and when it was first and last seen, the loudest first."""
    seen = SignalName.objects.filter(
        workspace=OuterRef("workspace"), kind=OuterRef("kind"), name=OuterRef("name")
    ).order_by()

    def of(aggregate):
        return Subquery(seen.values("kind", "name").annotate(x=aggregate).values("x"))

    terms = Term.objects.visible_to(member).select_related("owner", "merged_into")
    return terms.annotate(
        volume=Coalesce(of(Sum("count")), 0),
        first_at=of(Min("first_seen_at")),
        last_at=of(Max("last_seen_at")),
    ).order_by("-volume", "kind", "name")


def owners(member: Membership) -> QuerySet[User]:
    """Who may answer for a name: the people of the workspace."""
    return people(member.workspace_id)


def true_names(term: Term) -> QuerySet[Term]:
    """The names that this one may be merged into."""
    others = Term.objects.filter(workspace=term.workspace_id, kind=term.kind, merged_into=None)
    return others.exclude(pk=term.pk).exclude(status=Term.Status.BLOCKED)


def shapes(member: Membership, terms: list[Term], *, until: date) -> dict[int, dict]:
    """The last four weeks of each of these names as a small line, by the term's number."""
    first = until - timedelta(days=SHOWN_DAYS - 1)
    days = NameDay.objects.visible_to(member).filter(
        day__gte=first, day__lte=until, name__in={term.name for term in terms}
    )
    by_day: dict[tuple, dict[date, int]] = defaultdict(dict)
    for kind, name, day, count in days.values_list("kind", "name", "day").annotate(Sum("count")).order_by():
        by_day[kind, name][day] = count
    return {
        term.pk: sparkline(
            [by_day[term.kind, term.name].get(first + timedelta(days=i), 0) for i in range(SHOWN_DAYS)], low=0
        )
        for term in terms
    }


def last_day(member: Membership) -> date | None:
    """The last day that signals of this workspace are about."""
    return NameDay.objects.visible_to(member).aggregate(day=Max("day"))["day"]


@dataclass(frozen=True)
class PropertySeen:
    """One property of a name: how common it is, what its values read as, and what was expected of it."""

    name: str
    count: int
    share: float
    types: list[tuple[str, float]]
    first_on: date | None
    last_on: date | None
    expected: Expected | None = None

    @property
    def complaint(self) -> str:
        """How it differs from what was expected, or nothing."""
        if self.expected is None:
            return ""
        if not self.count:
            return "Never seen" if self.expected.is_required else ""
        odd = 1 - dict(self.types).get(self.expected.type, 0)
        missing = 1 - self.share if self.expected.is_required else 0
        if odd > 0:
            return f"{_percent(odd)} of its values are no {self.expected.type}"
        return f"{_percent(missing)} of the signals lack it" if missing > 0 else ""


def _percent(share: float) -> str:
    return f"{share:.0%}" if share >= 0.01 else "Under 1%"


@dataclass(frozen=True)
class Share:
    name: str
    count: int
    share: float


@dataclass(frozen=True)
class NameSeen:
    """What was observed of one name in the last weeks that are kept."""

    count: int
    since: date | None
    weeks: list[tuple[date, int]] = field(default_factory=list)
    shape: dict = field(default_factory=dict)
    sources: list[Share] = field(default_factory=list)
    channels: list[Share] = field(default_factory=list)
    properties: list[PropertySeen] = field(default_factory=list)


def seen(member: Membership, term: Term) -> NameSeen:
    """How often the name came, from where, and with which properties."""
    rows = list(
        NameDay.objects.visible_to(member)
        .filter(kind=term.kind, name=term.name)
        .values_list("day", "source", "channel", "count")
    )
    count = sum(row[-1] for row in rows)
    by_day: dict[date, int] = defaultdict(int)
    for day, _, _, number in rows:
        by_day[day] += number
    days = _every_day(by_day)
    return NameSeen(
        count=count,
        since=min(by_day, default=None),
        weeks=_weeks(days),
        shape=sparkline([number for _, number in days], low=0),
        sources=_shares(rows, 1, count),
        channels=_shares(rows, 2, count),
        properties=_properties(member, term, count),
    )


def _every_day(by_day: dict[date, int]) -> list[tuple[date, int]]:
    if not by_day:
        return []
    first, last = min(by_day), max(by_day)
    days = (first + timedelta(days=i) for i in range((last - first).days + 1))
    return [(day, by_day.get(day, 0)) for day in days]


def _weeks(days: list[tuple[date, int]]) -> list[tuple[date, int]]:
    weeks: dict[date, int] = defaultdict(int)
    for day, number in days:
        weeks[day - timedelta(days=day.weekday())] += number
    return sorted(weeks.items(), reverse=True)


def _shares(rows: list[tuple], place: int, total: int) -> list[Share]:
    counts: dict[str, int] = defaultdict(int)
    for row in rows:
        counts[row[place]] += row[-1]
    return [
        Share(name, number, number / total)
        for name, number in sorted(counts.items(), key=lambda each: -each[1])
    ]


def _properties(member: Membership, term: Term, signals: int) -> list[PropertySeen]:
    days = PropertyDay.objects.visible_to(member).filter(kind=term.kind, name=term.name)
    sums = (
        days.order_by()
        .values("property")
        .annotate(first_on=Min("day"), last_on=Max("day"), **{f"n_{type_}": Sum(type_) for type_ in TYPES})
    )
    expected = {each["name"]: Expected.model_validate(each) for each in term.expected}
    found = [_property(row, signals, expected.pop(row["property"], None)) for row in sums]
    found += [PropertySeen(each.name, 0, 0.0, [], None, None, each) for each in expected.values()]
    return sorted(found, key=lambda each: (-each.count, each.name))


def _property(row: dict, signals: int, expected: Expected | None) -> PropertySeen:
    counts = {TYPE_WORDS[type_]: row[f"n_{type_}"] for type_ in TYPES}
    count = sum(counts.values())
    types = sorted(((word, n / count) for word, n in counts.items() if n), key=lambda each: -each[1])
    share = min(1.0, count / signals) if signals else 0.0
    return PropertySeen(row["property"], count, share, types, row["first_on"], row["last_on"], expected)


def observed_lines(seen_: NameSeen) -> str:
    """What was observed, as lines to begin the expectations with."""
    return "\n".join(
        Expected(name=each.name, type=each.types[0][0], is_required=each.share == 1).line
        for each in seen_.properties
        if each.count
    )
