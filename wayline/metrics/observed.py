"""What there is to bind steps to: names, fields, examples, and how many customers a segment has."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime

from wayline.metrics import cache
from wayline.metrics.questions import Period
from wayline.metrics.runs import stored
from wayline.metrics.timeline import Moment, latest
from wayline.signals import filters
from wayline.signals.conditions import CustomerCondition, SignalCondition
from wayline.warehouse import connect

SAMPLED = 2_000
SHOWN_VALUES = 8

_answers = cache.Kept(256)


@dataclass(frozen=True)
class ObservedName:
    """A kind and name of signal that exists."""

    kind: str
    name: str
    n: int
    customers: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True)
class ObservedField:
    """A property of the signals of one name, with its common values; counts are of the latest 2,000."""

    key: str
    n: int
    values: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Preview:
    """What a condition matches: how many signals of how many customers, and the latest few."""

    signals: int
    customers: int
    examples: tuple[Moment, ...]


def names(workspace: int, period: Period | None = None) -> tuple[ObservedName, ...]:
    """The names there are, the most frequent first."""
    return _answers.get(lambda: _names(workspace, period), "names", workspace, period)


def _names(workspace: int, period: Period | None) -> tuple[ObservedName, ...]:
    signals = _of(workspace, period)
    # Distinct customers by a first grouping: engines do this several times faster than a distinct count.
    each = signals.group_by("kind", "name", "customer").agg(
        times=signals.count(), first_at=signals.at.min(), last_at=signals.at.max()
    )
    found = each.group_by("kind", "name").agg(
        n=each.times.sum(), customers=each.count(), first_at=each.first_at.min(), last_at=each.last_at.max()
    )
    rows = connect.current().run(found).to_pylist()
    observed = [
        ObservedName(**row | {name: row[name].replace(tzinfo=UTC) for name in ("first_at", "last_at")})
        for row in rows
    ]
    return tuple(sorted(observed, key=lambda each: (-each.n, each.kind, each.name)))


def preview(
    workspace: int, condition: SignalCondition, period: Period | None = None, limit: int = 5
) -> Preview:
    """What the condition matches, before a step is bound to it."""
    signals = _of(workspace, period)
    found = signals.filter(filters.signal_filter(condition, signals))
    counts = connect.current().run(found.agg(signals=found.count(), customers=found.customer.nunique()))
    row = counts.to_pylist()[0]
    return Preview(row["signals"], row["customers"], latest(found, limit) if limit else ())


def fields(workspace: int, kind: str, name: str) -> tuple[ObservedField, ...]:
    """The properties that signals of this name have, the most frequent first, with their common values."""
    return _answers.get(lambda: _fields(workspace, kind, name), "fields", workspace, kind, name)


def _fields(workspace: int, kind: str, name: str) -> tuple[ObservedField, ...]:
    signals = _of(workspace, None)
    sample = signals.filter(signals.kind == kind, signals.name == name)
    values: dict[str, Counter] = {}
    for moment in latest(sample, SAMPLED):
        for key, value in moment.properties.items():
            values.setdefault(key, Counter())[value] += 1
    found = [
        ObservedField(key, sum(counts.values()), tuple(counts.most_common(SHOWN_VALUES)))
        for key, counts in values.items()
    ]
    return tuple(sorted(found, key=lambda field: (-field.n, field.key)))


def customers_in(workspace: int, segment: CustomerCondition | None, *, now: datetime | None = None) -> int:
    """How many customers are what the segment says; all of them without one."""
    now = now or cache.minute()
    customers = connect.table("customers")
    customers = customers.filter(customers.workspace == workspace)
    if segment is not None:
        customers = customers.filter(filters.customer_filter(segment, customers, _of(workspace, None), now))
    return connect.current().run(customers.count())[0][0].as_py()


def last_at(workspace: int) -> datetime | None:
    """When the latest signal happened, of any kind."""
    signals = _of(workspace, None)
    found = _answers.get(
        lambda: connect.current().run(signals.agg(at=signals.at.max()))["at"][0].as_py(), "last_at", workspace
    )
    return found and found.replace(tzinfo=UTC)


def _of(workspace: int, period: Period | None):
    signals = connect.table("signals")
    signals = signals.filter(signals.workspace == workspace)
    if period is None:
        return signals
    return signals.filter(signals.at >= stored(period.start), signals.at < stored(period.end))
