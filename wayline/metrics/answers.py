"""From a question to an answer: the engine sums up, statistics finish, and doubt is said in words."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import ibis

from wayline.kit.refusals import Refusal
from wayline.signals.conditions import AllSignals, NotSignal, SignalCondition, SignalIs, Test
from wayline.signals.filters import signal_filter
from wayline.signals.vocabulary import SCALES, Kind
from wayline.statistics import quantiles
from wayline.statistics.estimates import Estimate
from wayline.warehouse import connect
from wayline.warehouse.tables import stored

from . import aggregates, cache, extent
from .catalog import METRICS
from .metric import Metric
from .questions import Answer, Period, Question, Row
from .scope import TIMES, DimensionUnknown, Scope, is_known, offsets, signals_of

MOST_ROWS = 500
A_DAY, A_WEEK = timedelta(days=1), timedelta(days=7)
EFFORT = ("ces_mean", "ces_top_box")
CONTACTS = SignalIs(kinds=(Kind.CONTACT,))
# What a customer can find easy or hard: anything that happened, but our asking and their answering.
HAPPENED = AllSignals(
    of=(
        NotSignal(of=SignalIs(kinds=(Kind.ANSWER, Kind.REVIEW))),
        NotSignal(of=SignalIs(where=(Test(field="@name", op="contains", value="urvey"),))),
    )
)
MISUSED_FROM = 0.2

_answers = cache.Kept(2048)
_last = cache.Kept(64)
_scales = cache.Kept(256)


class MetricUnknown(Refusal):
    """The question asks for a metric that the catalog does not have."""


class QuestionIncomplete(Refusal):
    """The metric needs a condition that the question does not give."""


class PeriodsUnclear(Refusal):
    """The periods are empty, or share time with each other."""


def answer(question: Question, *, now: datetime | None = None) -> Answer:
    """The metric's value in the period, its change, its rows, and what must be said about them.

    Nothing after `now` is looked at.
    """
    check(question)
    as_of = _full_hour(last_at(question.workspace, now or cache.minute()))
    return _answers.get(lambda: _answer(question, as_of), question, as_of)


def _full_hour(at: datetime | None) -> datetime | None:
    """Answers keep, and queries stay compiled, while only minutes pass."""
    return at and at.replace(minute=0, second=0, microsecond=0)


def check(question: Question) -> Metric:
    """The metric the question asks for; a Refusal when the question cannot be answered as it stands."""
    metric = METRICS.get(question.metric)
    if metric is None:
        raise MetricUnknown(
            f"There is no metric {question.metric!r}. The metrics are: {', '.join(sorted(METRICS))}."
        )
    for name in (*question.by, *([question.same] if question.same else [])):
        if not is_known(name):
            raise DimensionUnknown(
                f"There is no dimension {name!r}. Use day, week, month, channel, kind, name, source, scale, "
                "step, property:<name> or trait:<name>."
            )
    for name in metric.requires:
        if getattr(question, name) is None:
            raise QuestionIncomplete(
                f"{metric.name} needs a condition for {name!r}: which signals it "
                f"{'starts from' if name == 'of' else 'looks for'}."
            )
    before = question.compare_to or question.period.previous
    if question.period.end <= question.period.start or before.end <= before.start:
        raise PeriodsUnclear("The period must end after it starts.")
    if before.start < question.period.end and question.period.start < before.end:
        raise PeriodsUnclear("The period and the one it is compared with must not share any time.")
    if question.later < 1 or (question.within is not None and question.within <= timedelta()):
        raise PeriodsUnclear("The window must be longer than nothing.")
    return metric


def last_at(workspace: int, now: datetime) -> datetime | None:
    """The last moment up to now that the workspace's signals speak of."""
    last = extent.last_at(workspace)
    if last is None or last <= now:
        return last
    now = now.replace(second=0, microsecond=0)  # asked once a minute, not once a page

    def ask() -> datetime | None:
        seen = signals_of(workspace)
        # Grouped, so that an empty workspace gives no row instead of a null that at cannot hold.
        known = seen.filter(seen.at <= stored(now)).group_by("workspace").agg(last=ibis._.at.max())
        rows = connect.current().run(known).to_pylist()
        return rows[0]["last"].replace(tzinfo=UTC) if rows else None

    return _last.get(ask, workspace, now)


def scope_of(question: Question, now: datetime) -> Scope | None:
    """The question ready for building expressions; None when the workspace has no signals at all."""
    return _scope(question, _full_hour(last_at(question.workspace, now)))


def _scope(question: Question, as_of: datetime | None) -> Scope | None:
    if as_of is None:
        return None
    before = question.compare_to or question.period.previous
    periods = (("now", question.period), ("before", before))
    return Scope(question, METRICS[question.metric], as_of, periods)


def _answer(question: Question, as_of: datetime | None) -> Answer:
    metric = METRICS[question.metric]
    before = question.compare_to or question.period.previous
    scope = _scope(question, as_of)
    given = scale_counts(scope) if scope and metric.scales else {}
    scale = _main_scale(metric, given)
    total, opened = Row((), finish(metric, None, scale)), 0
    rows: tuple[Row, ...] = ()
    notes: list[str] = []
    if scope is not None and (given or not metric.scales):
        total, opened = total_of(replace(scope, scales=(scale,) if scale else ()))
        if question.by:
            scales = tuple(given) if "scale" in question.by else (scale,) if scale else ()
            rows, more = _rows(replace(scope, by=question.by, scales=scales), scale)
            notes += [f"{more} smaller rows are left out."] if more else []
        notes = [*_scale_notes(metric, given, scale), *_use_notes(scope, metric, total.estimate), *notes]
        notes += [_open_note(metric, opened, scope)] if opened else []
    return Answer(
        metric=metric.slug,
        unit=metric.unit,
        meaning=metric.meaning,
        period=question.period,
        compared_to=before,
        total=total,
        rows=rows,
        notes=tuple(notes),
        scale=scale,
        open=opened,
    )


def finish(metric: Metric, group, scale: str | None) -> Estimate:
    """The estimate of one group's sums or order statistics; with nothing to say when there is no group."""
    if metric.quantile is not None:
        if group is None:
            return quantiles.quantile([], metric.quantile)
        return quantiles.from_ranks(group.values.__getitem__, group.n, metric.quantile, floor=metric.floor)
    return metric.estimate(group.moments if group else aggregates.NOTHING, scale)


def _measured(scope: Scope) -> dict:
    rows = scope.metric.rows(scope, scope.metric)
    if scope.metric.quantile is not None:
        return aggregates.ranked(rows, scope.keys, scope.metric.quantile)
    return aggregates.summed(rows, scope.keys)


def total_of(scope: Scope) -> tuple[Row, int]:
    """The whole period beside the one before, and how many are left out because their window is open."""
    metric, scale = scope.metric, scope.scales[0] if scope.scales else None
    found = _measured(scope)
    now = finish(metric, found.get(("now", ())), scale)
    before = finish(metric, found.get(("before", ())), scale)
    if metric.quantile is None:
        opened = found[("now", ())].open if ("now", ()) in found else 0
    elif metric.takes:
        sums = aggregates.summed(metric.rows(scope, metric), ())
        opened = sums[("now", ())].open if ("now", ()) in sums else 0
    else:
        opened = 0
    return Row((), now, metric.change(now, before)), opened


def _rows(scope: Scope, scale: str | None) -> tuple[tuple[Row, ...], int]:
    """One row a key: in time's order with the change from the stretch before, else largest first."""
    metric, by = scope.metric, scope.question.by
    found = _measured(scope)
    read = [by.index("scale")] if "scale" in by else []

    def made(which: str, key: tuple) -> Estimate:
        return finish(metric, found.get((which, key)), key[read[0]] if read else scale)

    keys = {key for which, key in found if which == "now"}
    if by[0] in TIMES:
        keys |= every_time(scope) if len(by) == 1 else set()
        rows: list[Row] = []
        last: dict[tuple, Estimate] = {}
        for key in sorted(keys, key=lambda key: _as_order(key)):
            estimate = made("now", key)
            change = metric.change(estimate, last[key[1:]]) if key[1:] in last else None
            rows.append(Row(key, estimate, change))
            last[key[1:]] = estimate
        return tuple(rows), 0
    rows = []
    for key in keys:
        estimate = made("now", key)
        rows.append(Row(key, estimate, metric.change(estimate, made("before", key))))
    rows.sort(key=lambda row: (-row.estimate.n, _as_order(row.key)))
    return tuple(rows[:MOST_ROWS]), max(0, len(rows) - MOST_ROWS)


def _as_order(key: tuple[str | None, ...]) -> tuple:
    """What is missing comes before what is empty, so that rows stand the same each time."""
    return tuple((part is not None, part or "") for part in key)


def every_time(scope: Scope) -> set[tuple[str]]:
    """All days, weeks or months of the period, so that an empty one shows as empty and not as nothing."""
    question, size = scope.question, scope.question.by[0]
    period = Period(question.period.start, min(question.period.end, scope.as_of + timedelta(seconds=1)))
    if period.end <= period.start:
        return set()
    pieces = offsets(question.timezone, period.start, period.end)
    day, last = _wall(period.start, pieces), _wall(period.end - timedelta(seconds=1), pieces)
    found = set()
    while day <= last:
        found.add((_begin(day, size).isoformat(),))
        day += timedelta(days=1)
    return found


def _wall(at: datetime, pieces):
    ahead = next((offset for until, offset in pieces if at < until), pieces[-1][1])
    return (at.astimezone(UTC) + timedelta(seconds=ahead)).date()


def _begin(day, size: str):
    if size == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if size == "month" else day


def scale_counts(scope: Scope) -> dict[str, int]:
    """How many scores of the period were given on each of the metric's scales, most first."""
    order = scope.metric.scales
    found = {slug: n for slug, n in _all_scales(scope).items() if slug in order}
    return dict(sorted(found.items(), key=lambda item: (-item[1], order.index(item[0]))))


def _all_scales(scope: Scope) -> dict[str, int]:
    """The same for every scale there is: asked once for all metrics of a page."""
    now = tuple(each for each in scope.periods if each[0] == "now")
    alone = replace(scope, periods=now, by=(), scales=tuple(SCALES))

    def ask() -> dict[str, int]:
        counted = alone.scored().group_by("scale").agg(n=ibis._.count())
        return {row["scale"]: row["n"] for row in connect.current().run(counted).to_pylist()}

    anybody = replace(scope.question, metric="", by=(), of=None, then=None, within=None, compare_to=None)
    return _scales.get(ask, anybody, scope.as_of)


def _main_scale(metric: Metric, given: dict[str, int]) -> str | None:
    return next(iter(given), metric.scales[0] if metric.scales else None)


def _scale_notes(metric: Metric, given: dict[str, int], scale: str | None) -> list[str]:
    others = [f"{SCALES[slug].name} (n {n})" for slug, n in given.items() if slug != scale]
    if not others or scale is None:
        return []
    return [
        f"This is {SCALES[scale].name} (n {given[scale]}). Scales are never mixed: "
        f"{' and '.join(others)} {'is' if len(others) == 1 else 'are'} not in it; split by scale to see each."
    ]


def _use_notes(scope: Scope, metric: Metric, total: Estimate) -> list[str]:
    """Warnings when the question was asked where it does not belong."""
    if not total.n:
        return []
    scope = replace(scope, scales=metric.scales)
    if metric.slug == "nps" and (after := _share_soon_after(scope, CONTACTS, A_DAY)) >= MISUSED_FROM:
        return [
            f"{after:.0%} of these answers came within a day after a contact. NPS asks about the whole "
            "relationship; after a contact, ask CSAT or CES."
        ]
    if metric.slug in EFFORT:
        about = _share_soon_after(scope, HAPPENED, A_WEEK)
        # Where nothing but answers was ever sent in, nobody can say what they were about.
        if 0 < about <= 1 - MISUSED_FROM:
            return [
                f"{1 - about:.0%} of these answers came when nothing had happened in the week before. CES "
                "asks how easy one thing was; about the brand or the whole relationship, ask NPS."
            ]
    return []


def _share_soon_after(scope: Scope, what: SignalCondition, reach: timedelta) -> float:
    """The share of the period's answers whose customer had such a signal shortly before."""
    now = tuple(each for each in scope.periods if each[0] == "now")
    alone = replace(scope, periods=now, by=())
    period = now[0][1]
    given = alone.scored().select("customer", "at", "seq")
    before = signals_of(scope.question.workspace)
    before = before.filter(
        signal_filter(what, before),
        before.at >= stored(period.start - reach),
        before.at < stored(period.end),
    ).select("customer", before_at="at")
    both = given.join(before, "customer")
    soon = both.filter(
        both.before_at <= both.at,
        both.before_at >= both.at - ibis.interval(seconds=int(reach.total_seconds())),
    )
    soon = soon.select("seq").distinct()
    asked = given.agg(n=given.count()).cross_join(soon.agg(soon=soon.count()))
    row = connect.current().run(asked).to_pylist()[0]
    return row["soon"] / row["n"] if row["n"] else 0.0


def _open_note(metric: Metric, opened: int, scope: Scope) -> str:
    if metric.quantile is not None:
        return f"{opened} that started in the period are left out: the other has not come{_window(scope)}."
    return f"{opened} {metric.counts} of the period are left out: their window is not over."


def _window(scope: Scope) -> str:
    if scope.within is None:
        return " yet"
    days = scope.within / timedelta(days=1)
    return f" within {days:g} day{'' if days == 1 else 's'}"
