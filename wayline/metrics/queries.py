from dataclasses import dataclass, replace
from datetime import datetime
from math import sqrt

import ibis
from ibis.expr.types import Table

from wayline.accounts.models import Membership
from wayline.signals import segment_lines
from wayline.signals.conditions import CustomerCondition, Test, TraitIs
from wayline.signals.filters import signal_filter
from wayline.signals.models import Segment
from wayline.signals.segments import condition_of
from wayline.signals.vocabulary import SCALES
from wayline.statistics import power, proportions, quantiles
from wayline.statistics.comparison import whole, z_of
from wayline.statistics.estimates import Change, Estimate
from wayline.warehouse import connect

from . import answers, cache, readable
from .catalog import ALL, BAD, FAMILIES, METRICS
from .metric import Metric
from .models import Baseline, Target
from .questions import Answer, Question
from .reading import Reading
from .scope import signals_of

MOST_VALUES, MOST_NAMES, MOST_OUTCOMES, LOOKED_AT = 12, 200, 24, 20_000
YES_OR_NO = ({"yes", "no"}, {"true", "false"})

_offered = cache.Kept(256)


@dataclass(frozen=True)
class Line:
    """One metric on the catalog page."""

    metric: Metric
    answer: Answer | None  # None where the metric first needs to know what to measure
    target: Target | None
    low: float = 0.0
    high: float = 1.0

    @property
    def estimate(self) -> Estimate | None:
        return self.answer.total.estimate if self.answer else None

    @property
    def change(self) -> Change | None:
        return self.answer.total.change if self.answer else None

    @property
    def goal(self) -> float | None:
        return self.target.value if self.target else None

    @property
    def target_words(self) -> str:
        return self.metric.amount(self.target.value) if self.target else ""


@dataclass(frozen=True)
class Distribution:
    """How the scores of one scale spread, and the share of bad experiences among them."""

    scale: str
    scores: tuple[tuple[float, int, Estimate], ...]
    p10: Estimate
    median: Estimate
    p90: Estimate
    bad: Estimate
    bad_at_most: float

    @property
    def scale_name(self) -> str:
        return SCALES[self.scale].name

    @property
    def bars(self) -> list[tuple[float, int, Estimate, float]]:
        """Each score with how long its bar is, in percent of the longest."""
        most = max(count for _, count, _ in self.scores)
        return [(score, count, share, round(100 * count / most, 2)) for score, count, share in self.scores]


@dataclass(frozen=True)
class Choice:
    """Customers that a page can be narrowed to, by the line that says who they are."""

    words: str
    condition: CustomerCondition | None


@dataclass(frozen=True)
class Since:
    """A baseline with what has changed since it was frozen."""

    baseline: Baseline
    frozen: Estimate
    change: Change | None  # None where the periods share days

    @property
    def period(self) -> Reading:
        """The days the baseline speaks of."""
        question = self.baseline.asked
        return Reading(question.period, question.timezone)


def lines(member: Membership, reading: Reading) -> list[tuple[str, list[Line]]]:
    """Every metric of the catalog with its answer, under the heading of its family."""
    targets = {target.metric: target for target in Target.objects.visible_to(member)}
    grouped: dict[str, list[Line]] = {family: [] for family in FAMILIES}
    for metric in ALL:
        target = targets.get(metric.slug)
        if metric.requires:
            grouped[metric.family].append(Line(metric, None, target))
            continue
        given = answers.answer(reading.question(member.workspace_id, metric.slug))
        given = readable.alone(given) if reading.is_all else given
        low, high = reach(metric, given.total, given.scale, target)
        grouped[metric.family].append(Line(metric, given, target, low, high))
    return [(FAMILIES[family], found) for family, found in grouped.items()]


def reach(metric: Metric, row, scale: str | None, target: Target | None = None) -> tuple[float, float]:
    """The two ends of a drawing of this row, in the unit shown."""
    ends = metric.ends(scale)
    if ends is not None:
        factor = 100 if metric.unit == "%" else 1
        return ends[0] * factor, ends[1] * factor
    bounds = [target.value] if target else []
    for side in (row.estimate, row.change.before if row.change else None):
        bounds += [bound for bound in (side.high, side.value) if bound is not None] if side else []
    return 0.0, max(bounds, default=1.0) * 1.05 or 1.0


def distribution(question: Question, *, now: datetime | None = None) -> Distribution | None:
    """The spread of the scores that the metric reads, or None where it reads no scores."""
    metric = METRICS[question.metric]
    now = now or cache.minute()
    if not metric.scales:
        return None
    return _offered.get(lambda: _distribution(question, metric, now), "distribution", question, now)


def _distribution(question: Question, metric: Metric, now: datetime) -> Distribution | None:
    scope = answers.scope_of(replace(question, by=()), now)
    given = answers.scale_counts(scope) if scope else {}
    if scope is None or not given:
        return None
    scale = next(iter(given))
    alone = replace(scope, scales=(scale,), periods=tuple(each for each in scope.periods if each[0] == "now"))
    counted = alone.scored().group_by("score").agg(n=ibis._.count())
    counts = {row["score"]: row["n"] for row in connect.current().run(counted).to_pylist()}
    n = sum(counts.values())
    return Distribution(
        scale=scale,
        scores=tuple((score, k, proportions.wilson(k, n)) for score, k in sorted(counts.items())),
        p10=quantiles.of_counts(counts, 0.1),
        median=quantiles.of_counts(counts, 0.5),
        p90=quantiles.of_counts(counts, 0.9),
        bad=proportions.wilson(sum(k for score, k in counts.items() if score <= BAD[scale]), n),
        bad_at_most=BAD[scale],
    )


def detectable(metric: Metric, estimate: Estimate) -> float | None:
    """The smallest change that as many answers again would show four times in five, in the metric's unit."""
    n = estimate.effective_n or estimate.n
    known = whole(estimate)
    if known is None or n <= 1:
        return None
    low, value, high = known
    if metric.unit == "%":
        return power.detectable_proportion(min(1.0, max(0.0, value)), n)
    if metric.statistic.finish is None or not metric.scales:
        return None
    half = max(value - low, high - value)
    return power.detectable_mean(n, half / z_of() * sqrt(n))


def since(member: Membership, metric: Metric, now: Answer) -> list[Since]:
    """The metric's baselines, newest first, each compared with the answer now."""
    found = []
    kept = Baseline.objects.visible_to(member).filter(metric=metric.slug).select_related("frozen_by")
    for baseline in kept:
        frozen = baseline.answered.total.estimate
        before = baseline.asked.period
        is_apart = before.end <= now.period.start or now.period.end <= before.start
        found.append(Since(baseline, frozen, metric.change(now.total.estimate, frozen) if is_apart else None))
    return found


def target_of(member: Membership, metric: Metric) -> Target | None:
    return Target.objects.visible_to(member).filter(metric=metric.slug).first()


def segments(member: Membership) -> list[Choice]:
    """The saved segments, then every value of the traits that have few, and what signals say yes or no to."""
    saved = [Choice(each.name, condition_of(each)) for each in Segment.objects.visible_to(member)]
    valued = [
        Choice(f"{trait} is {value}", _trait_is(trait, value))
        for trait, value, _ in trait_values(member.workspace_id)
    ]
    lines = [segment_lines.done(*each) for each in outcomes(member.workspace_id)]
    return [*saved, *valued, *(Choice(line, segment_lines.parse(line)) for line in lines)]


def _trait_is(trait: str, value: str) -> TraitIs:
    return TraitIs(test=Test(field=trait, op="is", value=value))


def trait_values(workspace: int) -> tuple[tuple[str, str, int], ...]:
    """Traits with few enough values to choose from: (trait, value, customers), in order."""
    return _offered.get(lambda: _trait_values(workspace), "traits", workspace)


def _trait_values(workspace: int) -> tuple[tuple[str, str, int], ...]:
    customers = connect.table("customers").filter(ibis._.workspace == workspace)
    named = customers.select(customers.traits, trait=customers.traits.keys().unnest())
    counted = named.select("trait", value=named.traits.get(named.trait))
    counted = counted.group_by(["trait", "value"]).agg(n=ibis._.count())
    several = counted.group_by("trait").agg(values=ibis._.count())
    few = several.filter(several["values"] <= MOST_VALUES, several["values"] > 1).select("trait")
    rows = connect.current().run(counted.filter(counted.trait.isin(few.trait))).to_pylist()
    return tuple(sorted((row["trait"], row["value"], row["n"]) for row in rows if row["value"] is not None))


def outcomes(workspace: int) -> tuple[tuple[str, str, str], ...]:
    """Properties that say yes or no of a signal: (name of the signal, property, value), as "late is yes"."""
    return _offered.get(lambda: _outcomes(workspace), "outcomes", workspace)


def _outcomes(workspace: int) -> tuple[tuple[str, str, str], ...]:
    everything = signals_of(workspace)
    found: dict[tuple[str, str], set[str]] = {}
    for seen in (everything.order_by(ibis.desc("at")).limit(LOOKED_AT), _spread(everything)):
        each = seen.select("name", seen.properties, property=seen.properties.keys().unnest())
        valued = each.group_by("name", "property", value=each.properties.get(each.property))
        for row in connect.current().run(valued.agg(n=ibis._.count())).to_pylist():
            # Both answers must occur, or there is nothing to choose between.
            found.setdefault((row["name"], row["property"]), set()).add(row["value"])
    told = sorted((*key, value) for key, values in found.items() if values in YES_OR_NO for value in values)
    return tuple((name, which, value) for name, which, value in told[:MOST_OUTCOMES])


def _spread(signals: Table) -> Table:
    """Some of the signals from all over: a file of old orders lies below a year of new ones."""
    counted = connect.current().run(signals.group_by("workspace").agg(n=signals.count())).to_pylist()
    step = max(1, sum(row["n"] for row in counted) // LOOKED_AT)
    # Arrivals are numbered by batch and place: no common divisor, or one place of each batch would be taken.
    while step % 2 == 0 or step % 5 == 0:
        step += 1
    return signals.filter(signals.seq % step == 0).limit(2 * LOOKED_AT)


def names(workspace: int) -> tuple[str, ...]:
    """The names of signals, the most frequent first."""
    seen = signals_of(workspace)
    counted = seen.group_by("name").agg(n=ibis._.count()).order_by(ibis.desc("n"), "name").limit(MOST_NAMES)
    return _offered.get(
        lambda: tuple(row["name"] for row in connect.current().run(counted).to_pylist()), "names", workspace
    )


def properties(question: Question) -> tuple[str, ...]:
    """Properties with few enough values to split by, among the signals that the metric measures."""
    return _offered.get(lambda: _properties(question), "properties", question.workspace, question.metric)


def _properties(question: Question) -> tuple[str, ...]:
    metric = METRICS[question.metric]
    seen = signals_of(question.workspace)
    if metric.scales:
        seen = seen.filter(seen.scale.isin(metric.scales))
    elif metric.of is not None:
        seen = seen.filter(signal_filter(question.of or metric.of, seen))
    seen = seen.order_by(ibis.desc("at")).limit(LOOKED_AT)
    named = seen.select(seen.properties, name=seen.properties.keys().unnest())
    valued = named.select("name", value=named.properties.get(named["name"]))
    counted = valued.group_by("name").agg(values=ibis._.value.nunique(), n=ibis._.count())
    few = counted.filter(counted["values"] <= 50, counted["values"] > 1).order_by(ibis.desc("n"), "name")
    return tuple(row["name"] for row in connect.current().run(few.limit(MOST_VALUES)).to_pylist())
