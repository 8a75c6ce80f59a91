"""Who is behind a finding: how many customers, how lately, and whether they are like the others."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from ibis.expr.types import Table

from wayline.metrics import cache
from wayline.metrics.people import People
from wayline.metrics.questions import Period
from wayline.metrics.scope import customers_in, signals_of
from wayline.metrics.timeline import Moment, latest
from wayline.signals import filters
from wayline.signals.conditions import CustomerCondition, SignalCondition
from wayline.statistics import proportions
from wayline.statistics.estimates import Change, Estimate
from wayline.warehouse import connect
from wayline.warehouse.tables import stored

_answers = cache.Kept(256)


@dataclass(frozen=True)
class Support:
    """What stands behind a finding in a period. Counts are of the whole period.

    `share` is the part of the customers who were there at all that is behind it, None when nothing says who
    was there. `words` are the latest signals that have a sentence.
    """

    customers: int
    signals: int
    first_at: datetime | None
    last_at: datetime | None
    share: Estimate | None
    words: tuple[Moment, ...] = ()


@dataclass(frozen=True)
class Likeness:
    """A segment's share among the customers behind a finding, and among the others who were there."""

    segment: str
    behind: Estimate
    others: Estimate
    difference: Change


def support(
    workspace: int,
    condition: SignalCondition,
    period: Period,
    *,
    among: SignalCondition | None = None,
    words: int = 3,
) -> Support:
    """Who and what is behind the condition; `among` says which signals show that a customer was there."""
    return _answers.get(
        lambda: _support(workspace, condition, period, among, words),
        "support", workspace, condition, period, among, words,
    )  # fmt: skip


def _support(
    workspace: int, condition: SignalCondition, period: Period, among: SignalCondition | None, words: int
) -> Support:
    found = _matching(workspace, condition, period)
    row = (
        connect.current()
        .run(
            found.agg(
                customers=found.customer.nunique(),
                signals=found.count(),
                first=found.at.min(),
                last=found.at.max(),
            )
        )
        .to_pylist()[0]
    )
    is_any = row["signals"] > 0
    said = found.filter(found.text.notnull() & (found.text != ""))
    share = None
    if among is not None:
        there = _customers(workspace, among, period)
        behind = np.intersect1d(_customers(workspace, condition, period), there, assume_unique=True)
        share = proportions.wilson(len(behind), len(there))
    return Support(
        row["customers"],
        row["signals"],
        row["first"].replace(tzinfo=UTC) if is_any else None,
        row["last"].replace(tzinfo=UTC) if is_any else None,
        share,
        latest(said, words) if is_any and words else (),
    )


def behind(
    workspace: int, condition: SignalCondition, period: Period, *, limit: int = 50, offset: int = 0
) -> People:
    """The customers behind the condition, those seen last first."""
    found = _matching(workspace, condition, period)
    each = found.group_by("customer").agg(at=found.at.max(), signals=found.count())
    total = connect.current().run(each.agg(n=each.count(), counted=each.signals.sum())).to_pylist()[0]
    here = each.order_by(each.at.desc(), "customer").limit(limit, offset=offset)
    rows = connect.current().run(here).to_pylist()
    return People(
        total["n"],
        tuple(row["customer"] for row in rows),
        tuple(row["at"].replace(tzinfo=UTC) for row in rows),
        counted=int(total["counted"] or 0),
    )


def likeness(
    workspace: int,
    condition: SignalCondition,
    among: SignalCondition,
    segments: Mapping[str, CustomerCondition],
    period: Period,
    *,
    now: datetime,
) -> tuple[Likeness, ...]:
    """For each segment, its share among those behind the finding beside its share among the others there.

    The two groups share nobody, so that Newcombe's difference of two independent shares holds.
    """
    there = _customers(workspace, among, period)
    behind = np.intersect1d(_customers(workspace, condition, period), there, assume_unique=True)
    others = np.setdiff1d(there, behind, assume_unique=True)
    found = []
    for name, segment in segments.items():
        members = connect.current().run(customers_in(workspace, segment, now).as_table())
        inside = members["customer"].to_numpy()
        one, other = (
            proportions.wilson(int(np.isin(group, inside).sum()), len(group)) for group in (behind, others)
        )
        found.append(Likeness(name, one, other, proportions.change(one, other)))
    return tuple(found)


def _matching(workspace: int, condition: SignalCondition, period: Period) -> Table:
    signals = signals_of(workspace)
    signals = signals.filter(signals.at >= stored(period.start), signals.at < stored(period.end))
    return signals.filter(filters.signal_filter(condition, signals))


def _customers(workspace: int, condition: SignalCondition, period: Period) -> np.ndarray:
    found = _matching(workspace, condition, period)
    return connect.current().run(found.select("customer").distinct())["customer"].to_numpy()
