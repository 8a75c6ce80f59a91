"""How large an opportunity is: reach × severity × worth, each with where it comes from."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from wayline.improvements.models import Opportunity
from wayline.insights import queries as insights
from wayline.journeys import queries as journeys
from wayline.journeys.models import Journey, Placement, Step
from wayline.journeys.reading import Reading
from wayline.metrics import evidence, flows, periods
from wayline.metrics.questions import Period, StepAnswer
from wayline.statistics import counts, proportions
from wayline.statistics.estimates import Estimate
from wayline.statistics.products import product

DAYS = "90"
MONTH = timedelta(days=365.25 / 12)
ENTERED = "entered by people, as a range"

LOSES_NOBODY = (
    "Nobody can be lost at {}: the journey ends there, or it is optional. Place it at a required step "
    "before, or read its size from insights"
)


@dataclass(frozen=True)
class Size:
    """What one opportunity comes to in a month.

    `reach` is customers a month at its steps, `severity` the share of them who are lost or hurt there,
    `customers` their product; `impact` is money a month where a worth was entered. `where` says in words
    which steps and evidence it was read from. All are None where nothing is bound or measured.
    """

    reach: Estimate | None = None
    severity: Estimate | None = None
    customers: Estimate | None = None
    worth: Estimate | None = None
    impact: Estimate | None = None
    where: str = "No step of it is bound to signals yet, so nothing is counted"


@dataclass(frozen=True)
class Sized:
    """An opportunity with its size. What ranks it is a person's judgment where there is one."""

    opportunity: Opportunity
    size: Size
    placements: tuple[Placement, ...]

    @property
    def ranked_by(self) -> Estimate | None:
        """Customers a month, as computed or as somebody judged."""
        judged = self.opportunity.override
        if judged is None:
            return self.size.customers
        return Estimate(judged, judged, judged, 1, "judged by a person", is_thin=True)

    @property
    def impact(self) -> Estimate | None:
        """Money a month, of the customers that rank it."""
        if self.opportunity.override is None:
            return self.size.impact
        return product([self.ranked_by, self.size.worth]) if self.ranked_by and self.size.worth else None

    @property
    def payoff(self) -> float | None:
        """What it may bring for each week of effort, counted at the low end and by how sure we are."""
        found, effort = self.ranked_by, self.opportunity.effort_high_weeks
        if found is None or found.low is None or not effort:
            return None
        return found.low * self.opportunity.confidence / 100 / effort


def sized(opportunity: Opportunity, *, now: datetime) -> Sized:
    """The opportunity with its size over the last 90 days of signals."""
    found = Placement.objects.on_kept_maps().filter(card=opportunity.card_id)
    placements = tuple(found.select_related("step__phase__journey", "journey"))
    period = periods.extent_of(opportunity.workspace, now=now).period(DAYS)
    if opportunity.basis == Opportunity.Basis.BEHIND:
        size = _behind(opportunity, placements, period)
    else:
        size = _lost(placements, period)
    return Sized(opportunity, _worth(opportunity, size), placements)


def _lost(placements: tuple[Placement, ...], period: Period) -> Size:
    """Who is lost at its steps: of the map where most are, since maps may share their customers."""
    by_map: dict[Journey, list[Step]] = {}
    for placement in placements:
        by_map.setdefault(placement.journey, []).append(placement.step)
    sizes = [_lost_on(journey, steps, period) for journey, steps in by_map.items()]
    return max(sizes, key=_customers, default=Size())


def _customers(size: Size) -> float:
    return -1.0 if size.customers is None else size.customers.value or 0.0


def _lost_on(journey: Journey, steps: list[Step], period: Period) -> Size:
    reading = Reading(period, DAYS, journey.window, journey.start)
    answer = flows.flow(journeys.asked(journey, reading))
    keys = {step.key for step in steps}
    there = [
        each for each in answer.steps if each.key in keys and each.entered is not None and each.conversion
    ]
    if not there:
        bound = any(step.is_bound for step in steps)
        return Size(where=LOSES_NOBODY.format(_titles(steps))) if bound else Size()
    return _of_counts(
        there, period, f"Lost at {_titles(steps)} of {_named(journey)}, of those who came there"
    )


def _of_counts(there: list[StepAnswer], period: Period, where: str) -> Size:
    entered = max(each.entered or 0 for each in there)
    known = max(each.conversion.n for each in there if each.conversion)
    # Whoever was lost at two of the steps is counted at both; never more than came.
    dropped = min(sum(each.dropped or 0 for each in there), known)
    return _size(counts.rate(entered, months(period)), proportions.wilson(dropped, known), where)


def _behind(opportunity: Opportunity, placements: tuple[Placement, ...], period: Period) -> Size:
    """Who is behind the evidence of its insights, of those who were at its steps."""
    steps = [placement.step for placement in placements]
    among = insights.condition_of_steps(steps)
    pieces = [
        piece
        for insight in opportunity.insights.prefetch_related("evidence")
        for piece in insight.evidence.all()
        if piece.deleted_at is None
    ]
    condition = insights.condition_of(pieces)
    if among is None or condition is None:
        return Size(where="Link insights that have evidence, and place it on bound steps")
    found = evidence.support(opportunity.workspace_id, condition, period, among=among, words=0)
    if found.share is None:
        return Size()
    where = f"Behind its insights, of those who came to {_titles(steps)}"
    return _size(counts.rate(found.share.n, months(period)), found.share, where)


def _size(reach: Estimate, severity: Estimate, where: str) -> Size:
    return Size(reach, severity, product([reach, severity]), where=where)


def _worth(opportunity: Opportunity, size: Size) -> Size:
    low, likely, high = opportunity.value_low, opportunity.value_likely, opportunity.value_high
    if low is None or likely is None or high is None:
        return size
    worth = Estimate(likely, low, high, size.severity.n if size.severity else 1, ENTERED)
    impact = product([size.customers, worth]) if size.customers is not None else None
    return Size(size.reach, size.severity, size.customers, worth, impact, size.where)


def _titles(steps: list[Step]) -> str:
    return " and ".join("a step" if step.phase.journey.is_restricted else f"“{step.title}”" for step in steps)


def _named(journey: Journey) -> str:
    """The sentence is the same for everybody, so it names no journey that only some may see."""
    return "a restricted journey" if journey.is_restricted else f"“{journey}”"


def months(period: Period) -> float:
    """How many months of an average year the period is."""
    return (period.end - period.start) / MONTH
