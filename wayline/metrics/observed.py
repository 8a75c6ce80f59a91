"""What there is to bind steps to: names, fields, examples, and how many customers a segment has."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime

import ibis
import numpy as np
from ibis.expr.types import Table

from wayline.metrics import cache
from wayline.metrics.extent import first_at as first_at
from wayline.metrics.extent import last_at as last_at
from wayline.metrics.paths import distinct_customers
from wayline.metrics.questions import Period
from wayline.metrics.timeline import Moment, latest
from wayline.metrics.voices import as_key
from wayline.signals import filters
from wayline.signals.conditions import CustomerCondition, SignalCondition
from wayline.warehouse import connect
from wayline.warehouse.tables import stored

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
class Origin:
    """Where signals of a kind and name came from, and how many."""

    kind: str
    name: str
    source: str
    n: int
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


def names(workspace: int, period: Period | None = None, *, source: str = "") -> tuple[ObservedName, ...]:
    """The names there are, or that one source sent, the most frequent first."""
    return _answers.get(lambda: _names(workspace, period, source), "names", workspace, period, source)


def _names(workspace: int, period: Period | None, source: str) -> tuple[ObservedName, ...]:
    signals = _of(workspace, period)
    if source:
        signals = signals.filter(signals.source == source)
    found = signals.group_by("kind", "name").agg(
        n=signals.count(), first_at=signals.at.min(), last_at=signals.at.max()
    )
    rows = connect.current().run(found.order_by(found.n.desc(), "kind", "name")).to_pylist()
    customers = _customers_of([(row["kind"], row["name"]) for row in rows], signals)
    return tuple(
        ObservedName(
            row["kind"],
            row["name"],
            row["n"],
            int(count),
            row["first_at"].replace(tzinfo=UTC),
            row["last_at"].replace(tzinfo=UTC),
        )
        for row, count in zip(rows, customers, strict=True)
    )


def origins(workspace: int) -> tuple[Origin, ...]:
    """Which source sent which name, the latest first."""
    return _answers.get(lambda: _origins(workspace), "origins", workspace)


def _origins(workspace: int) -> tuple[Origin, ...]:
    signals = _of(workspace, None)
    found = signals.group_by("kind", "name", source=signals.source.fill_null("")).agg(
        n=signals.count(), last_at=signals.at.max()
    )
    rows = connect.current().run(found.order_by(found.last_at.desc(), "source", "kind", "name")).to_pylist()
    return tuple(Origin(**row | {"last_at": row["last_at"].replace(tzinfo=UTC)}) for row in rows)


def named_elsewhere(workspace: int, steps: frozenset[str], source: str) -> int:
    """How many scores and sentences of other sources name one of these steps."""
    return _answers.get(
        lambda: _named_elsewhere(workspace, steps, source), "named elsewhere", workspace, steps, source
    )


def _named_elsewhere(workspace: int, steps: frozenset[str], source: str) -> int:
    signals = _of(workspace, None)
    named = signals.filter(
        signals.source.fill_null("") != source,
        signals.score.notnull() | signals.text.notnull(),
        as_key(signals.step).isin(sorted(steps)),
    )
    return connect.current().run(named.agg(n=named.count()))["n"][0].as_py()


def _customers_of(names: list[tuple[str, str]], signals: Table) -> np.ndarray:
    """How many customers each kind and name has: counted in memory, where sorted rows make it quick."""
    kinds, texts = sorted({kind for kind, _ in names}), sorted({name for _, name in names})
    if not names:
        return np.zeros(0, int)
    place = ibis.array(texts).index(signals.name) * len(kinds) + ibis.array(kinds).index(signals.kind)
    rows = connect.current().run(signals.select("customer", place=place.cast("int32")))
    code = np.zeros(len(kinds) * len(texts), np.int32)
    for n, (kind, name) in enumerate(names):
        code[texts.index(name) * len(kinds) + kinds.index(kind)] = n
    return distinct_customers(rows["customer"].to_numpy(), code[rows["place"].to_numpy()], len(names))


def preview(
    workspace: int,
    condition: SignalCondition,
    period: Period | None = None,
    limit: int = 5,
    *,
    segment: CustomerCondition | None = None,
) -> Preview:
    """What the condition matches, before a step is bound to it."""
    signals = _of(workspace, period)
    if segment is not None:
        signals = signals.filter(
            signals.customer.isin(_in_segment(workspace, segment, cache.minute()).customer)
        )
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
    customers = _in_segment(workspace, segment, now or cache.minute())
    return connect.current().run(customers.count())[0][0].as_py()


def _in_segment(workspace: int, segment: CustomerCondition | None, now: datetime) -> Table:
    customers = connect.table("customers")
    customers = customers.filter(customers.workspace == workspace)
    if segment is None:
        return customers
    return customers.filter(filters.customer_filter(segment, customers, _of(workspace, None), now))


def _of(workspace: int, period: Period | None):
    signals = connect.table("signals")
    signals = signals.filter(signals.workspace == workspace)
    if period is None:
        return signals
    return signals.filter(signals.at >= stored(period.start), signals.at < stored(period.end))
