"""A metric over stretches that overlap: each week together with those before it."""

from dataclasses import astuple, dataclass, replace

from wayline.statistics.estimates import Estimate
from wayline.statistics.moments import Moments

from . import aggregates, answers, cache
from .questions import Question

_rolled = cache.Kept(64)


@dataclass(frozen=True)
class Stretch:
    """The weeks up to and with the one that begins on `week`; `alone` is that week by itself."""

    week: str
    estimate: Estimate
    alone: Estimate


def rolling(question: Question, *, weeks: int = 4) -> tuple[Stretch, ...]:
    """One estimate a week, each of so many weeks; the first ones, which have fewer before them, are left out.

    A customer who answers in two of the weeks counts there as two. The metric must be finished from moments:
    no quantiles.
    """
    answers.check(question)
    question = replace(question, by=("week",))
    scope = answers.scope_of(question, cache.minute())
    if scope is None:
        return ()
    return _rolled.get(lambda: _rolling(scope, weeks), question, weeks, scope.as_of)


def _rolling(scope, weeks: int) -> tuple[Stretch, ...]:
    metric = scope.metric
    given = answers.scale_counts(scope) if metric.scales else {}
    if metric.scales and not given:
        return ()
    scale = next(iter(given), None)
    now = tuple(each for each in scope.periods if each[0] == "now")
    scope = replace(scope, by=("week",), scales=(scale,) if scale else (), periods=now)
    found = aggregates.summed(metric.rows(scope, metric), scope.keys)
    each = {key[0]: summed.moments for (_, key), summed in found.items()}
    names = [week for (week,) in sorted(answers.every_time(scope))]
    return tuple(
        Stretch(
            week=names[place],
            estimate=metric.estimate(_together(each, names[place - weeks + 1 : place + 1]), scale),
            alone=metric.estimate(each.get(names[place], aggregates.NOTHING), scale),
        )
        for place in range(weeks - 1, len(names))
    )


def _together(each: dict[str | None, Moments], weeks: list[str]) -> Moments:
    sums = [astuple(each[week]) for week in weeks if week in each]
    return Moments(*(sum(values) for values in zip(*sums, strict=True))) if sums else aggregates.NOTHING
