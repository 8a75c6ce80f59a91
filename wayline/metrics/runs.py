"""A flow question carried out: the journey's own signals read once, and every customer's deciding attempt."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from wayline.kit.refusals import Refusal
from wayline.metrics import cache, extent
from wayline.metrics.questions import FlowQuestion
from wayline.signals import filters
from wayline.signals.conditions import AnySignal, SignalCondition, SignalIs
from wayline.signals.masks import Masks
from wayline.statistics import flows
from wayline.warehouse import connect
from wayline.warehouse.compiled import Latest
from wayline.warehouse.tables import stored

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
MOST_STEPS = 62

_runs = cache.Kept(8)
# Kept, as putting a question takes as long as following a hundred thousand signals does.
_asked: Latest[ibis.Table] = Latest(64)
_told_by_arrival: set[int] = set()  # workspaces where it paid to read the order of arrival at once


class NothingBound(Refusal):
    """No step says which signals are it."""


class TooManySteps(Refusal):
    """A flow reads its steps as bits of one number."""


@dataclass(frozen=True)
class Run:
    """What the attempts were. `bound` are the bound steps, by their place in the question.

    `owner` is the customer of each unit; units are customers, or subjects of customers.
    """

    question: FlowQuestion
    bound: tuple[int, ...]
    units: "Units"
    attempts: flows.Attempts
    as_of: datetime | None

    @cached_property
    def trace(self) -> flows.Trace:
        return flows.trace(self.attempts)

    @cached_property
    def owner(self) -> np.ndarray:
        return self.units.owner_of(self.attempts.unit)

    @cached_property
    def is_over(self) -> np.ndarray:
        return self.attempts.is_over(micros(self.as_of)) if self.as_of else np.zeros(0, bool)

    @cached_property
    def required(self) -> list[int]:
        """The required steps, by their place among the bound ones."""
        return self.attempts.course.required


@dataclass(frozen=True)
class Units:
    """Whose a row is, as one number: the customer, or the place of customer and subject in a table."""

    customers: np.ndarray | None = None
    subjects: pa.Array | None = None

    def owner_of(self, unit: np.ndarray) -> np.ndarray:
        if self.customers is None or self.subjects is None:
            return unit
        return self.customers[unit // len(self.subjects)]

    def of(self, customer: np.ndarray, subject: pa.ChunkedArray | None) -> np.ndarray:
        """The unit of each row, −1 where there is none."""
        if self.customers is None or self.subjects is None:
            return customer
        if not len(self.customers):
            return np.full(len(customer), -1)
        place = np.searchsorted(self.customers, customer).clip(max=len(self.customers) - 1)
        topic = np.asarray(pc.fill_null(pc.index_in(subject, self.subjects), -1)).astype(np.int64)
        is_known = (self.customers[place] == customer) & (topic >= 0)
        return np.where(is_known, place * len(self.subjects) + topic, -1)


def micros(at: datetime) -> int:
    return (at - EPOCH) // MICROSECOND


def moment(micros: int) -> datetime:
    return EPOCH + int(micros) * MICROSECOND


def run(question: FlowQuestion, *, now: datetime | None = None) -> Run:
    """Carry the question out, or take what was found last time if nothing was written since."""
    now = now or cache.minute()
    if question.customer is not None:
        return _run(question, now)  # too small to be worth a place that a whole journey's run could take
    return _runs.get(lambda: _run(question, now), question, now)


def asked_at(question: FlowQuestion) -> datetime:
    """Now, or the last signal where nothing depends on how long ago that was: then answers keep."""
    now, last = cache.minute(), extent.last_at(question.workspace)
    segment = question.segment.model_dump_json(exclude_none=True) if question.segment else ""
    looks_back = "within_days" in segment or "before_days" in segment
    return now if last is None or last > now or looks_back else last


def last_moment(question: FlowQuestion, now: datetime) -> datetime:
    """No attempt of the period can go on after this."""
    return now if question.window is None else min(now, question.period.end + question.window)


def own_signals(
    question: FlowQuestion,
    *,
    after: datetime | None = None,
    until: datetime | None = None,
    of: tuple[SignalCondition, ...] = (),
) -> ibis.Table:
    """The workspace's signals from the period's start on or after a moment, until one, of some conditions."""
    signals = connect.table("signals")
    since = signals.at >= stored(question.period.start) if after is None else signals.at > stored(after)
    wanted = [signals.workspace == question.workspace, since]
    if until is not None:
        wanted.append(signals.at <= stored(until))
    if question.customer is not None:
        wanted.append(signals.customer == question.customer)
    if of:
        wanted.append(_of_any_step(of, signals))
    return signals.filter(*wanted)  # at once: each filter more takes half a millisecond to say and to read


def of_segment(signals: ibis.Table, question: FlowQuestion, now: datetime) -> ibis.Table:
    """Only the segment's signals, when there is one."""
    if question.segment is None:
        return signals
    customers = connect.table("customers")
    customers = customers.filter(customers.workspace == question.workspace)
    everything = connect.table("signals")
    everything = everything.filter(everything.workspace == question.workspace)
    wanted = customers.filter(filters.customer_filter(question.segment, customers, everything, now))
    return signals.filter(signals.customer.isin(wanted.customer))


def _run(question: FlowQuestion, now: datetime) -> Run:
    bound = _bound(question)
    until = last_moment(question, now)
    course = flows.Course(
        is_required=_is_required(question, bound),
        window=None if question.window is None else question.window // MICROSECOND,
        starts_from=micros(question.period.start),
        starts_until=micros(question.period.end),
        is_any_start=question.start == "any",
    )
    units, log, goes_on = _log(question, bound, until, now)
    attempts = flows.follow(log, course)
    return Run(question, bound, units, attempts, _as_of(question, bound, log, goes_on, until, now))


def _bound(question: FlowQuestion) -> tuple[int, ...]:
    bound = tuple(n for n, step in enumerate(question.steps) if step.condition is not None)
    if not bound:
        raise NothingBound("Bind at least one step to signals; then there is something to follow.")
    if len(bound) > MOST_STEPS:
        raise TooManySteps(f"A flow follows at most {MOST_STEPS} bound steps, not {len(bound)}. Unbind some.")
    return bound


def _is_required(question: FlowQuestion, bound: tuple[int, ...]) -> tuple[bool, ...]:
    required = tuple(question.steps[n].is_required for n in bound)
    # Something must begin an attempt: where every bound step is optional, the first one does.
    return required if any(required) else (True, *required[1:])


def _log(question: FlowQuestion, bound: tuple[int, ...], until: datetime, now: datetime):
    conditions = _conditions(question, bound)
    # The order of arrival is a column like another to read, and hardly ever decides anything.
    if question.workspace not in _told_by_arrival:
        units, log, goes_on = _read_log(question, conditions, until, now, arrival=False)
        if not log.is_told_by_arrival:
            return units, log, goes_on
        _told_by_arrival.add(question.workspace)
    return _read_log(question, conditions, until, now, arrival=True)


def _read_log(question: FlowQuestion, conditions, until: datetime, now: datetime, *, arrival: bool):
    masks = Masks(conditions)
    asked = _asked.get(
        ("rows", repr(question), until, now if question.segment else None, arrival),
        lambda: _rows_asked(question, masks, conditions, until, now, arrival),
    )
    rows = connect.current().run(asked)
    # Each of these is a look at every row, and they do not need one another.
    looks = (
        lambda: _goes_on(question, conditions, until, now),
        lambda: _units(question, rows),
        lambda: rows["at"].to_numpy(),
        lambda: masks.bits(rows),
    )
    goes_on, (units, unit), at, steps = flows.side_by_side(lambda look: look(), looks)
    log = [unit, at.view(np.int64), steps]
    if arrival:
        log.append(rows["seq"].to_numpy())
    if not steps.all():
        log = [column[steps != 0] for column in log]
    return units, flows.sorted_log(*log), goes_on


def _rows_asked(question: FlowQuestion, masks: Masks, conditions, until, now, arrival: bool) -> ibis.Table:
    matching = of_segment(own_signals(question, until=until, of=conditions), question, now)
    columns = ["customer", "at"] + ["seq"] * arrival
    if question.follow == "subject":
        matching = matching.filter(matching.subject.notnull())
        columns.append("subject")
    return matching.select(*columns, **masks.columns(matching))


def _conditions(question: FlowQuestion, bound: tuple[int, ...]) -> tuple[SignalCondition, ...]:
    return tuple(condition for n in bound if (condition := question.steps[n].condition) is not None)


def _of_any_step(conditions: tuple[SignalCondition, ...], signals: ibis.Table) -> ibis.Value:
    named = [each for each in conditions if isinstance(each, SignalIs) and each.names and not each.where]
    if len(named) == len(conditions):
        # One list of names is decided once for each distinct name; what else they ask, the masks tell.
        return filters.signal_filter(SignalIs(names=sum((each.names for each in named), ())), signals)
    return filters.signal_filter(AnySignal(of=conditions), signals)


def _units(question: FlowQuestion, rows: pa.Table) -> tuple[Units, np.ndarray]:
    customer = rows["customer"].to_numpy()
    if question.follow == "customer":
        return Units(), customer
    units = Units(np.unique(customer), pc.unique(rows["subject"]))
    return units, units.of(customer, rows["subject"])


def _goes_on(question: FlowQuestion, conditions, until: datetime, now: datetime) -> bool:
    """Whether the journey's own steps are seen after the last moment of any attempt."""
    if until == now:
        return False
    asked = _asked.get(
        ("later", repr(question), until, now),
        lambda: own_signals(question, after=until, until=now, of=conditions).select("customer").limit(1),
    )
    return bool(connect.current().run(asked).num_rows)


def _as_of(question, bound, log: flows.Log, goes_on: bool, until: datetime, now: datetime) -> datetime | None:
    """The last moment the data speaks of: of the journey's own steps, whoever's they are."""
    if not len(log.at):
        return None
    if goes_on:
        return until
    seen = moment(log.at.max())
    if question.segment is None and question.follow == "customer":
        return seen  # the log holds all until then
    later = own_signals(question, after=seen, until=now, of=_conditions(question, bound))
    last = connect.current().run(later.agg(last=later.at.max()))["last"][0].as_py()
    # Of no rows, one engine finds nothing and another the year 1970.
    return max(seen, last.replace(tzinfo=UTC)) if last else seen
