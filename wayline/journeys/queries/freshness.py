"""Is the map still true? Its owner, its reviews, and whether customers have left its path since."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from wayline.journeys import conditions
from wayline.journeys.models import Journey, Review
from wayline.metrics import departures
from wayline.metrics.questions import Period
from wayline.statistics import drift

from . import actual_paths, questions

BASELINE = timedelta(days=90)
WEEK = timedelta(days=7)
# As many as `_watched` answers: the chance of a false alarm is divided among them (docs/decisions/0066).
SHARES = 2
NEVER, FRESH, DUE = "never", "fresh", "due"


@dataclass(frozen=True)
class Watched:
    """One share of customers that drift is looked for in."""

    label: str
    drift: drift.Drift


@dataclass(frozen=True)
class Freshness:
    """`weeks` are the whole weeks since the review; before the first of them nothing is tested."""

    review: Review | None
    state: str
    days_left: int
    weeks: int
    baseline: Period | None
    since: Period | None
    watched: tuple[Watched, ...]

    @property
    def is_alarm(self) -> bool:
        return any(each.drift.is_alarm for each in self.watched)


def freshness(journey: Journey, *, now: datetime) -> Freshness:
    """The last review, when the next one is due, and the drift since.

    Customers of the ninety days before the review are held against those since, up to the last whole week:
    to look more often than once a week shows nothing new, and so cannot raise false alarms.
    """
    review = journey.reviews.first()
    if review is None:
        return Freshness(None, NEVER, 0, 0, None, None, ())
    left = (review.next_on - now.astimezone(UTC).date()).days
    state = DUE if left < 0 else FRESH
    reviewed = datetime.combine(review.at.astimezone(UTC).date(), time(), UTC)
    weeks = min(drift.LOOKS, (now - reviewed) // WEEK)
    if weeks < 1:
        return Freshness(review, state, left, 0, None, None, ())
    baseline = Period(reviewed - BASELINE, reviewed)
    since = Period(reviewed, reviewed + weeks * WEEK)
    return Freshness(review, state, left, weeks, baseline, since, _watched(journey, baseline, since))


def _watched(journey: Journey, baseline: Period, since: Period) -> tuple[Watched, ...]:
    numbered = [
        (number, conditions.named(condition))
        for number, step in enumerate(questions.steps_of(journey), start=1)
        if (condition := conditions.parsed(step.condition))
    ]
    if not numbered:
        return ()

    def places(name: str) -> tuple[int, ...]:
        return tuple(number for number, names in numbered if name in names)

    before, later = (
        departures.departures(
            journey.workspace_id,
            period,
            places,
            path=[(number, sorted(names)) for number, names in numbered],
            segment=actual_paths.customers_of(journey, None),
            follow=journey.follow,
        )
        for period in (baseline, since)
    )
    return tuple(
        Watched(
            label,
            drift.drift(
                (getattr(before, name), before.customers),
                (getattr(later, name), later.customers),
                shares=SHARES,
            ),
        )
        for name, label in (
            ("out_of_order", "Skip steps or go back"),
            ("beside", "Do something that is not on the map"),
        )
    )
