"""What a question lets us look at: the signals, the periods, the keys to group by."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import ibis
from ibis.expr.types import BooleanValue, Table, Value

from wayline.kit.refusals import Refusal
from wayline.signals import filters
from wayline.signals.conditions import SignalIs
from wayline.warehouse import connect
from wayline.warehouse.tables import stored

from .metric import Metric
from .questions import Period, Question

TIMES = {"day": "D", "week": "W", "month": "M"}
ANYTHING = SignalIs()
COLUMNS = ("channel", "kind", "name", "source", "scale", "step")


class WindowMissing(Refusal):
    """The metric waits for something, and nothing says for how long."""


class DimensionUnknown(Refusal):
    """The question asks to be split by something there is not."""


def is_known(dimension: str) -> bool:
    """Whether a question may be split by this."""
    prefix, _, name = dimension.partition(":")
    return dimension in TIMES or dimension in COLUMNS or (prefix in ("property", "trait") and bool(name))


@dataclass(frozen=True)
class Scope:
    """One question, made ready for building expressions.

    `as_of` is the last full hour that the data speaks of: windows that end later are open. Hours, so that
    compiled queries last longer than a signal. `scales` are those whose scores are read. What arrived after
    `arrived_by` is left out.
    """

    question: Question
    metric: Metric
    as_of: datetime
    periods: tuple[tuple[str, Period], ...]
    by: tuple[str, ...] = ()
    scales: tuple[str, ...] = ()
    arrived_by: datetime | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """The names of the key columns."""
        return tuple(f"k{place}" for place, _ in enumerate(self.by))

    @property
    def within(self) -> timedelta | None:
        return self.question.within or self.metric.within

    @property
    def window(self) -> timedelta:
        """The same, for what cannot be measured without."""
        if self.within is None:
            raise WindowMissing(f"{self.metric.name} needs a window: say within how long to look.")
        return self.within

    @property
    def last_asked(self) -> datetime:
        """The end of all windows, or of what is known."""
        known = self.as_of + timedelta(hours=1)
        if self.within is None and "within" in self.metric.takes:
            return known
        end = max(period.end for _, period in self.periods)
        return min(known, end + (self.within or timedelta()) * (self.question.later + 1))

    @cached_property
    def stored_as_of(self) -> Value:
        return stored(self.as_of)

    @cached_property
    def signals(self) -> Table:
        """The signals of the segment's customers, up to the last moment known, with their keys."""
        question = self.question
        everything = signals_of(question.workspace)
        seen = everything.filter(everything.at <= stored(self.last_asked))
        if self.arrived_by is not None:
            seen = seen.filter(seen.received_at <= stored(self.arrived_by))
        if question.segment is not None:
            seen = seen.filter(
                seen.customer.isin(customers_in(question.workspace, question.segment, self.as_of))
            )
        if any(name.startswith("trait:") for name in (*self.by, question.same or "")):
            traits = connect.table("customers").filter(ibis._.workspace == question.workspace)
            traits = traits.select(trait_customer="customer", traits="traits")
            seen = seen.left_join(traits, seen.customer == traits.trait_customer)
        return seen.mutate(
            **{key: self.dimension(name, seen) for key, name in zip(self.keys, self.by, strict=True)}
        )

    def of(self, signals: Table) -> BooleanValue:
        """What the metric starts from: the question's own `of`, or else the metric's."""
        return filters.signal_filter(self.question.of or self.metric.of or ANYTHING, signals)

    def then(self, signals: Table) -> BooleanValue:
        """What the metric looks for: the question's own `then`, or else the metric's."""
        return filters.signal_filter(self.question.then or self.metric.then or ANYTHING, signals)

    def in_periods(self, signals: Table) -> Table:
        """Those that pass the question's `where` in one of the periods, marked with which."""
        if self.question.where is not None:
            signals = signals.filter(filters.signal_filter(self.question.where, signals))
        start = min(period.start for _, period in self.periods)
        end = max(period.end for _, period in self.periods)
        signals = signals.filter(signals.at >= stored(start), signals.at < stored(end))
        which = ibis.cases(
            *[
                ((signals.at >= stored(period.start)) & (signals.at < stored(period.end)), name)
                for name, period in self.periods
            ]
        )
        return signals.mutate(which=which).filter(ibis._.which.notnull())

    def scored(self) -> Table:
        """The period's scores on the scales that are read, with their weights."""
        seen = self.signals.filter(self.signals.score.notnull(), self.signals.scale.isin(self.scales))
        seen = self.in_periods(seen.mutate(w=seen.weight.fill_null(1.0)))
        return seen.filter(seen.w > 0)

    def rows(self, table: Table, *, x: Value, w: Value | None = None) -> Table:
        """The unit rows of this table."""
        return table.select(
            "which",
            "customer",
            *self.keys,
            x=x.cast("float64"),
            w=ibis.literal(1.0) if w is None else w,
        )

    def dimension(self, name: str, signals: Table) -> Value:
        """The text a signal is grouped under."""
        prefix, _, rest = name.partition(":")
        if name in TIMES:
            return (
                _local(signals.at, self.question.timezone, self.periods)
                .truncate(TIMES[name])
                .strftime("%Y-%m-%d")
            )
        if name in COLUMNS:
            return signals[name]
        if prefix == "property" and rest:
            return signals.properties.get(rest)
        if prefix == "trait" and rest:
            return signals.traits.get(rest)
        raise DimensionUnknown(
            f"There is no dimension {name!r}. Use day, week, month, {', '.join(COLUMNS)}, "
            "property:<name> or trait:<name>."
        )


def signals_of(workspace: int) -> Table:
    """All signals of one workspace."""
    signals = connect.table("signals")
    return signals.filter(signals.workspace == workspace)


def customers_in(workspace: int, segment, now: datetime) -> Value:
    """The customers of one workspace that are in the segment."""
    customers = connect.table("customers").filter(ibis._.workspace == workspace)
    found = filters.customer_filter(segment, customers, signals_of(workspace), now)
    return customers.filter(found).customer


def _local(at: Value, timezone: str, periods) -> Value:
    """The wall clock of a time zone, piece by piece between its clock changes: every engine can do it."""
    pieces = offsets(timezone, min(each.start for _, each in periods), max(each.end for _, each in periods))
    last = pieces[-1][1]
    shifted = [(at < stored(until), at + ibis.interval(seconds=offset)) for until, offset in pieces[:-1]]
    beyond = at + ibis.interval(seconds=last) if last else at
    return ibis.cases(*shifted, else_=beyond) if shifted else beyond


def offsets(timezone: str, start: datetime, end: datetime) -> list[tuple[datetime, int]]:
    """(until, seconds ahead of UTC) for each stretch between clock changes; the last reaches the end."""
    zone = ZoneInfo(timezone)

    def ahead(at: datetime) -> int:
        return int((zone.utcoffset(at.astimezone(zone)) or timedelta()).total_seconds())

    pieces, at = [], start.astimezone(UTC)
    while at < end:
        following = min(at + timedelta(days=7), end.astimezone(UTC))
        if ahead(at) != ahead(following):
            low, high = at, following
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) / 2
                low, high = (middle, high) if ahead(middle) == ahead(at) else (low, middle)
            pieces.append((high.replace(microsecond=0), ahead(at)))
        at = following
    return [*pieces, (end, ahead(end - timedelta(seconds=1)))]
