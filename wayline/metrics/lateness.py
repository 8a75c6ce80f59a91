"""How many of an answer's signals came late, and what the number would be without those after its period."""

from dataclasses import replace
from datetime import UTC, datetime

import ibis
from ibis.expr.types import Table

from wayline.statistics.estimates import Estimate
from wayline.warehouse import connect
from wayline.warehouse.tables import stored

from . import answers, cache
from .answers import A_DAY
from .questions import Answer, Late, Question
from .scope import Scope

_found = cache.Kept(512)


def told(question: Question, answer: Answer, *, now: datetime | None = None) -> Answer:
    """The answer, and how much of it came late."""
    return replace(answer, late=late(question, scale=answer.scale, now=now))


def late(question: Question, *, scale: str | None = None, now: datetime | None = None) -> Late | None:
    """Of the signals that the number starts from, those that arrived more than a day after they happened.

    None where the period holds no such signals.
    """
    scope = answers.scope_of(replace(question, by=()), now or cache.minute())
    if scope is None:
        return None
    scope = replace(scope, scales=(scale,) if scale else ())
    return _found.get(lambda: _late(scope), scope.question, scale, scope.as_of)


def _late(scope: Scope) -> Late | None:
    seen, over = _started_from(scope), scope.question.period.end + A_DAY
    each = seen.select(
        "workspace",
        "received_at",
        is_late=seen.received_at > seen.at + ibis.interval(days=1),
        is_after=seen.received_at > stored(over),
    )
    # Grouped, so that no signals give no row instead of nulls.
    counted = each.group_by("workspace", "is_late").agg(
        n=each.count(),
        after=each.is_after.cast("int64").sum(),
        first=each.received_at.min(),
        last=each.received_at.max(),
    )
    rows = connect.current().run(counted).to_pylist()
    n = sum(row["n"] for row in rows)
    came = next((row for row in rows if row["is_late"]), None)
    if came is None:
        return Late(n, 0) if n else None
    return Late(
        n,
        came["n"],
        came["first"].replace(tzinfo=UTC),
        came["last"].replace(tzinfo=UTC),
        came["after"],
        _without(scope, over) if 0 < came["after"] < n else None,
    )


def _without(scope: Scope, over: datetime) -> Estimate:
    """The number from what had arrived when the period was over for a day."""
    total, _ = answers.total_of(replace(scope, arrived_by=over))
    return total.estimate


def _started_from(scope: Scope) -> Table:
    now = replace(scope, periods=tuple(each for each in scope.periods if each[0] == "now"))
    if scope.metric.scales:
        return now.scored()
    return now.in_periods(now.signals.filter(now.of(now.signals)))
