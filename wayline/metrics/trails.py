"""Everything customers did, by unit, time and arrival, in blocks of whole customers: memory is bounded."""

import operator
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from typing import Literal

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from wayline.metrics.questions import FlowQuestion, Period
from wayline.metrics.runs import of_segment, own_signals
from wayline.signals import filters
from wayline.signals.conditions import CustomerCondition, SignalCondition
from wayline.statistics import flows
from wayline.warehouse import connect, places
from wayline.warehouse.tables import stored

Follow = Literal["customer", "subject"]
AT_ONCE = 4_000_000  # rows, of about 60 bytes each
BUCKETS = 1_024


@dataclass(frozen=True)
class Trails:
    """Signals by unit, time and arrival. `name` numbers the names; `marks` hold conditions by row."""

    unit: np.ndarray
    customer: np.ndarray
    at: np.ndarray
    name: np.ndarray
    marks: list[np.ndarray]


@dataclass(frozen=True)
class Asked:
    """Which signals are wanted, the names they have and how many they are."""

    signals: ibis.Table
    names: list[str]
    n: int
    marks: tuple[SignalCondition, ...] = ()
    by_subject: bool = False

    def blocks(self) -> Iterator[Trails]:
        """All rows of some customers after all rows of some others."""
        for signals in _parts(self.signals, self.n):
            rows = connect.current().run(self._columns(signals))
            if rows["place"].null_count or not pc.all(pc.cast(rows["place"], pa.bool_())).as_py():
                rows = rows.filter(pc.greater(rows["place"], 0))  # names that came since they were counted
            yield _trails(rows)

    def _columns(self, signals: ibis.Table) -> ibis.Table:
        # A place is computed once for each distinct name of a block; names themselves would be copied.
        place = places.place(signals.name, self.names or [""])
        bits = {f"mark{n}": filters.signal_filter(each, signals) for n, each in enumerate(self.marks)}
        subject = ["subject"] if self.by_subject else []
        return signals.select("customer", "at", "seq", *subject, place=place, **bits)


def asked(
    workspace: int,
    period: Period,
    where: SignalCondition | None = None,
    segment: CustomerCondition | None = None,
    follow: Follow = "customer",
    *,
    marks: tuple[SignalCondition, ...] = (),
) -> Asked:
    """The signals of the period that hold `where` or one of the marks; none is read before its block is."""
    question = FlowQuestion(workspace, (), period, follow=follow, segment=segment)
    signals = own_signals(question)
    signals = of_segment(signals.filter(signals.at < stored(period.end)), question, period.end)
    if where is not None:
        wanted = [filters.signal_filter(each, signals) for each in (where, *marks)]
        signals = signals.filter(reduce(operator.or_, wanted))
    if follow == "subject":
        signals = signals.filter(signals.subject.notnull())
    counted = connect.current().run(signals.group_by("name").agg(n=signals.count()).order_by("name"))
    names, n = sorted(counted["name"].to_pylist()), sum(counted["n"].to_pylist())
    return Asked(signals, names, n, marks, follow == "subject")


def _parts(signals: ibis.Table, n: int) -> Iterator[ibis.Table]:
    if n <= AT_ONCE:
        yield signals
        return
    for low, high in _ranges(signals):
        yield signals.filter(signals.customer >= low, signals.customer <= high)


def _ranges(signals: ibis.Table) -> Iterator[tuple[int, int]]:
    """Customers from one to another, with about as many signals as are read at once."""
    ends = connect.current().run(signals.agg(low=signals.customer.min(), high=signals.customer.max()))
    low, high = ends["low"][0].as_py(), ends["high"][0].as_py()
    bucket = signals.customer // ((high - low) // BUCKETS + 1)
    counted = signals.group_by(bucket=bucket).agg(
        n=signals.count(), low=signals.customer.min(), high=signals.customer.max()
    )
    begin, rows = None, 0
    buckets = connect.current().run(counted.order_by("low")).to_pylist()
    for each, after in zip(buckets, [*buckets[1:], None], strict=True):
        begin, rows = each["low"] if begin is None else begin, rows + each["n"]
        if after is None or rows + after["n"] > AT_ONCE:
            yield begin, each["high"]
            begin, rows = None, 0


def _trails(rows: pa.Table) -> Trails:
    customer, at, seq = (
        rows["customer"].to_numpy(),
        rows["at"].to_numpy().view(np.int64),
        rows["seq"].to_numpy(),
    )
    unit = customer
    if "subject" in rows.column_names:
        subject = rows["subject"].combine_chunks().dictionary_encode().indices.to_numpy().astype(np.int64)
        _, whose = np.unique(customer, return_inverse=True)
        unit = whose * (int(subject.max(initial=0)) + 1) + subject
    marks = [np.asarray(rows[name]) for name in rows.column_names if name.startswith("mark")]
    columns = [customer, at, rows["place"].to_numpy() - 1, *marks]
    if not flows.is_sorted(unit, at, seq):
        order = np.lexsort((seq, at, unit))
        unit, columns = unit[order], [column[order] for column in columns]
    customer, at, name, *marks = columns
    return Trails(unit, customer, at, name, marks)
