"""One row for each thing a metric measures, as Ibis expressions.

Every function takes the scope and the metric, and returns a table of: `which` period the row belongs to,
`customer`, `x` (the measured value; null while its window is open), `w` (its weight), and the scope's keys.
"""

from datetime import timedelta

import ibis
from ibis.expr.types import Table, Value

from .metric import Metric
from .scope import Scope


def scores(scope: Scope, metric: Metric) -> Table:
    """Every score as it was given."""
    given = scope.scored()
    return scope.rows(given, x=given.score, w=given.w)


def promoters(scope: Scope, metric: Metric) -> Table:
    """+1 for 9 and 10, 0 for 7 and 8, −1 below."""
    given = scope.scored()
    x = ibis.cases((given.score >= 9, 1.0), (given.score >= 7, 0.0), else_=-1.0)
    return scope.rows(given, x=x, w=given.w)


def top_box(scope: Scope, metric: Metric) -> Table:
    """1 for a score at or above its scale's top box."""
    given = scope.scored()
    limits = metric.limits
    x = ibis.or_(*[(given.scale == slug) & (given.score >= limits[slug]) for slug in metric.scales])
    return scope.rows(given, x=x, w=given.w)


def bad(scope: Scope, metric: Metric) -> Table:
    """1 for a score that tells of a bad experience on its scale."""
    given = scope.scored()
    limits = metric.limits
    x = ibis.or_(*[(given.scale == slug) & (given.score <= limits[slug]) for slug in metric.scales])
    return scope.rows(given, x=x, w=given.w)


def signals(scope: Scope, metric: Metric) -> Table:
    """1 for every signal of the period."""
    seen = scope.in_periods(scope.signals)
    return scope.rows(seen, x=ibis.literal(1.0))


def matching(scope: Scope, metric: Metric) -> Table:
    """Whether a signal that matches `of` also matches `then`."""
    seen = scope.in_periods(scope.signals.filter(scope.of(scope.signals)))
    return scope.rows(seen, x=scope.then(seen))


def followed(scope: Scope, metric: Metric) -> Table:
    """Whether each customer's first `of` in the period led to `then` within the window."""
    marked = _marked(scope)
    began = scope.in_periods(marked.filter(marked.is_of))
    order = ibis.window(group_by=["which", "customer", *scope.keys], order_by=["at", "seq"])
    first = began.mutate(place=ibis.row_number().over(order)).filter(ibis._.place == 0)
    return scope.rows(first, x=_within(first.next_at, first.at, scope.window, scope))


def durations(scope: Scope, metric: Metric) -> Table:
    """Seconds from the start of each stretch to the next `then`; null while it has not come."""
    return _durations(scope, _marked(scope))


def replies(scope: Scope, metric: Metric) -> Table:
    """Seconds from a contact to the next reply of the same customer on the same subject."""
    return _durations(scope, _marked(scope, "subject"))


def repeated(scope: Scope, metric: Metric) -> Table:
    """Whether a contact was followed by another of its customer within the window."""
    contacts = _again(scope)
    return scope.rows(contacts, x=_within(contacts.again_at, contacts.at, scope.window, scope))


def resolved(scope: Scope, metric: Metric) -> Table:
    """Whether a contact was followed neither by another of its customer nor by a reopening of its subject."""
    contacts = _again(scope, with_reopenings=True)
    x = ~(
        _soon(contacts.again_at, contacts.at, scope.window)
        | _soon(contacts.next_at, contacts.at, scope.window)
    )
    return scope.rows(contacts, x=_once_over(x, contacts.at, scope.window, scope))


def kept(scope: Scope, metric: Metric) -> Table:
    """Whether each customer who came in the period was active in the asked-for stretch after coming."""
    came = scope.signals.filter(scope.of(scope.signals))
    order = ibis.window(group_by="customer", order_by=["at", "seq"])
    came = came.mutate(place=ibis.row_number().over(order)).filter(ibis._.place == 0).drop("place")
    came = scope.in_periods(came)
    active = scope.signals.filter(scope.then(scope.signals)).select("customer", then_at="at")
    begin, end = scope.window * scope.question.later, scope.window * (scope.question.later + 1)
    joined = came.select("customer", "at").join(active, "customer")
    back = joined.filter(
        joined.then_at >= joined.at + _interval(begin), joined.then_at < joined.at + _interval(end)
    )
    back = back.select(kept="customer").distinct()
    found = came.left_join(back, came.customer == back.kept)
    return scope.rows(found, x=_once_over(found.kept.notnull(), found.at, end, scope))


def _marked(scope: Scope, *together: str) -> Table:
    """All `of` and `then` signals, each with the time of the next `then` of its customer."""
    of, then = scope.of(scope.signals), scope.then(scope.signals)
    marked = scope.signals.mutate(is_of=of, is_then=then).filter(ibis._.is_of | ibis._.is_then)
    groups = ["customer", *together]
    order = {"group_by": groups, "order_by": ["at", "seq"]}
    return marked.mutate(
        next_at=ibis.cases((marked.is_then, marked.at)).min().over(ibis.window(rows=(1, None), **order)),
        after_then=marked.is_then.lag().over(ibis.window(**order)).fill_null(True),
    )


def _durations(scope: Scope, marked: Table) -> Table:
    began = scope.in_periods(marked.filter(marked.is_of & marked.after_then))
    seconds = (began.next_at.epoch_seconds() - began.at.epoch_seconds()).cast("float64")
    if scope.within is not None:
        seconds = ibis.cases((_soon(began.next_at, began.at, scope.within), seconds))
    return scope.rows(began, x=seconds)


def _again(scope: Scope, *, with_reopenings: bool = False) -> Table:
    if with_reopenings:
        seen = _marked(scope, "subject")
        contacts = seen.filter(seen.is_of)
    else:
        contacts = scope.signals.filter(scope.of(scope.signals))
    groups = ["customer"]
    if scope.question.same:
        contacts = contacts.mutate(same=scope.dimension(scope.question.same, contacts))
        groups.append("same")
    order = ibis.window(group_by=groups, order_by=["at", "seq"])
    return scope.in_periods(contacts.mutate(again_at=contacts.at.lead().over(order)))


def _interval(length: timedelta):
    return ibis.interval(seconds=round(length.total_seconds()))


def _soon(later: Value, at: Value, within: timedelta) -> Value:
    return (later <= at + _interval(within)).fill_null(False)


def _within(later: Value, at: Value, within: timedelta, scope: Scope) -> Value:
    return _once_over(_soon(later, at, within), at, within, scope)


def _once_over(x: Value, at: Value, within: timedelta, scope: Scope) -> Value:
    """The outcome, null until the window is over: the quick must not be counted before the slow."""
    return ibis.cases((at + _interval(within) <= scope.stored_as_of, x.cast("float64")))
