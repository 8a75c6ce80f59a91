"""Every metric there is: what it means, what it needs of the engine, and how its number is finished."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from wayline.kit import numbers
from wayline.signals.conditions import AnySignal, NotSignal, SignalCondition, SignalIs, Test
from wayline.signals.vocabulary import SCALES, Kind
from wayline.statistics import counts, means, nps, proportions, quantiles
from wayline.statistics.estimates import Change, Estimate
from wayline.statistics.moments import Moments

from . import units

Family = Literal["perception", "behavior", "operations"]
Condition = Literal["of", "then", "within"]

# The lowest score of the top box and the highest score of a bad experience, by scale.
TOP_BOX = {"csat5": 4, "csat7": 6, "ces7": 5, "ces5": 4, "stars5": 4, "nps": 9, "thumbs": 1}
BAD = {"nps": 6, "csat5": 2, "csat7": 2, "ces7": 2, "ces5": 2, "stars5": 2, "thumbs": 0}

CONTACTS = SignalIs(kinds=(Kind.CONTACT,))
REPLIES = AnySignal(
    of=(
        SignalIs(kinds=(Kind.MESSAGE,), where=(Test(field="agent", op="exists"),)),
        SignalIs(
            kinds=(Kind.MESSAGE,),
            where=(Test(field="direction", op="in", value=["out", "outbound", "company", "agent"]),),
        ),
    )
)
REOPENINGS = AnySignal(
    of=(
        SignalIs(where=(Test(field="@name", op="contains", value="eopened"),)),
        SignalIs(where=(Test(field="@name", op="contains", value="eopen"),), kinds=(Kind.OPERATION,)),
    )
)
ANYTHING = SignalIs()
OWN_DOING = NotSignal(of=SignalIs(kinds=(Kind.OPERATION,)))

Finish = Callable[["Metric", Moments, str | None], Estimate]


@dataclass(frozen=True)
class Metric:
    """One metric. `digits` and `unit` say how it is shown; `direction` which way is better.

    `rows` builds one row for each thing measured; `finish` makes the estimate of their moments. Metrics with
    a `quantile` are finished from order statistics instead. `counts` names the things that n counts.
    """

    slug: str
    name: str
    family: Family
    unit: str
    direction: Literal["up", "down", "neither"]
    counts: str
    meaning: str
    method: str
    rows: Callable
    change: Callable[[Estimate, Estimate], Change]
    finish: Finish | None = None
    quantile: float | None = None
    digits: int = 0
    scales: tuple[str, ...] = ()
    takes: tuple[Condition, ...] = ()
    requires: tuple[Condition, ...] = ()
    of: SignalCondition | None = None
    then: SignalCondition | None = None
    within: timedelta | None = None
    floor: int = 30
    options: dict = field(default_factory=dict, hash=False)

    @property
    def summary(self) -> str:
        """The first sentence of its meaning."""
        return self.meaning.partition(". ")[0].removesuffix(".") + "."

    @property
    def change_digits(self) -> int:
        """Changes are smaller than values: shares and scores in points show one digit more."""
        return max(1, self.digits) if self.unit == "%" or self.slug == "nps" else self.digits

    def amount(self, value: float, digits: int | None = None) -> str:
        """A value of this metric in words, with its unit."""
        return numbers.amount(value, self.unit, self.digits if digits is None else digits)

    def ends(self, scale: str | None) -> tuple[float, float] | None:
        """Between which two values the metric can lie, where it cannot lie anywhere."""
        if self.unit == "%":
            return 0.0, 1.0
        if self.slug == "nps":
            return -100.0, 100.0
        known = SCALES.get(scale or (self.scales[0] if self.scales else ""))
        return (known.low, known.high) if known else None


def _share(metric: Metric, moments: Moments, scale: str | None) -> Estimate:
    return proportions.from_moments(moments, floor=metric.floor)


def _nps(metric: Metric, moments: Moments, scale: str | None) -> Estimate:
    return nps.from_moments(moments, floor=metric.floor)


def _mean(metric: Metric, moments: Moments, scale: str | None) -> Estimate:
    return means.from_moments(moments, bounds=metric.ends(scale), floor=metric.floor)


def _count(metric: Metric, moments: Moments, scale: str | None) -> Estimate:
    return counts.count(moments.n, total_of_squares=moments.cluster_weight, floor=metric.floor)


def _customers(metric: Metric, moments: Moments, scale: str | None) -> Estimate:
    return counts.count(moments.clusters, floor=metric.floor)


SHARE = {
    "unit": "%",
    "method": "Wilson score interval; Newcombe's difference",
    "finish": _share,
    "change": proportions.change,
}
MEAN = {
    "unit": "",
    "digits": 2,
    "method": "t interval; Welch's difference",
    "finish": _mean,
    "change": means.change,
}
COUNT = {
    "method": "Garwood's Poisson interval, widened where one customer counts many times; square-and-add",
    "change": counts.change,
}
QUANTILE = {
    "method": "order statistics with a distribution-free interval; square-and-add",
    "change": quantiles.change,
}
DURATION = {"unit": "seconds", "takes": ("of", "then", "within"), **QUANTILE}

ALL = (
    Metric(
        slug="nps",
        name="Net Promoter Score",
        family="perception",
        unit="",
        direction="up",
        counts="answers",
        meaning="The share who would recommend us (9, 10) minus the share who would not (0 to 6), times 100.",
        method="Normal interval from the variance of the −1/0/+1 score; normal difference",
        rows=units.promoters,
        finish=_nps,
        change=nps.change,
        scales=("nps",),
    ),
    Metric(
        slug="csat_top_box",
        name="Satisfied customers",
        family="perception",
        direction="up",
        counts="answers",
        meaning="The share of CSAT answers in the two top boxes: 4 and 5 of 5, or 6 and 7 of 7.",
        rows=units.top_box,
        scales=("csat5", "csat7"),
        options={"at_least": TOP_BOX},
        **SHARE,
    ),
    Metric(
        slug="csat_mean",
        name="Customer satisfaction",
        family="perception",
        direction="up",
        counts="answers",
        meaning="The mean CSAT score, on the scale on which it was asked.",
        rows=units.scores,
        scales=("csat5", "csat7"),
        **MEAN,
    ),
    Metric(
        slug="ces_top_box",
        name="Found it easy",
        family="perception",
        direction="up",
        counts="answers",
        meaning="The share who found it easy: 5 to 7 of 7, or 4 and 5 of 5, where high means easy.",
        rows=units.top_box,
        scales=("ces7", "ces5"),
        options={"at_least": TOP_BOX},
        **SHARE,
    ),
    Metric(
        slug="ces_mean",
        name="Customer effort",
        family="perception",
        direction="up",
        counts="answers",
        meaning="The mean CES score, on the scale on which it was asked; high means easy.",
        rows=units.scores,
        scales=("ces7", "ces5"),
        **MEAN,
    ),
    Metric(
        slug="stars_mean",
        name="Review stars",
        family="perception",
        direction="up",
        counts="reviews",
        meaning="The mean of the stars that customers gave, 1 to 5.",
        rows=units.scores,
        scales=("stars5",),
        **MEAN,
    ),
    Metric(
        slug="bad_share",
        name="Bad experiences",
        family="perception",
        direction="down",
        counts="answers",
        meaning="The share of answers that tell of a bad experience: 0 to 6 on the NPS scale, 1 and 2 on the "
        "others, thumbs down. Consistency counts for more than a high mean.",
        rows=units.bad,
        scales=("nps", "csat5", "ces7", "stars5", "csat7", "ces5", "thumbs"),
        options={"at_most": BAD},
        **SHARE,
    ),
    Metric(
        slug="score_p10",
        name="Worst tenth",
        family="perception",
        unit="",
        direction="up",
        counts="answers",
        meaning="The score that a tenth of the answers do not exceed: what our worst days feel like.",
        rows=units.scores,
        quantile=0.1,
        scales=("nps", "csat5", "ces7", "stars5", "csat7", "ces5"),
        **QUANTILE,
    ),
    Metric(
        slug="signals",
        name="Signals",
        family="behavior",
        unit="",
        direction="neither",
        counts="signals",
        meaning="How many signals were observed.",
        rows=units.signals,
        finish=_count,
        **COUNT,
    ),
    Metric(
        slug="customers",
        name="Customers",
        family="behavior",
        unit="",
        direction="neither",
        counts="customers",
        meaning="How many different customers were observed.",
        rows=units.signals,
        finish=_customers,
        **COUNT,
    ),
    Metric(
        slug="rate",
        name="Rate of going on",
        family="behavior",
        direction="up",
        counts="customers",
        meaning="Of the customers who did one thing in the period, counted from their first time, the share "
        "who then did another within the window. Customers whose window is not over are not counted yet.",
        rows=units.followed,
        takes=("of", "then", "within"),
        requires=("of", "then"),
        within=timedelta(days=30),
        **SHARE,
    ),
    Metric(
        slug="share",
        name="Share of signals",
        family="behavior",
        direction="neither",
        counts="signals",
        meaning="Of the signals that match one condition, the share that also match another.",
        rows=units.matching,
        takes=("of", "then"),
        requires=("then",),
        of=ANYTHING,
        **SHARE,
    ),
    Metric(
        slug="duration_median",
        name="Time to the next, median",
        family="behavior",
        direction="down",
        counts="completed stretches",
        meaning="From one thing to the next other thing of the same customer: half took no longer than this. "
        "A stretch starts in the period; the same thing again before the other does not start a new one.",
        rows=units.durations,
        quantile=0.5,
        requires=("of", "then"),
        **DURATION,
    ),
    Metric(
        slug="duration_p90",
        name="Time to the next, P90",
        family="behavior",
        direction="down",
        counts="completed stretches",
        meaning="From one thing to the next other thing of the same customer: nine of ten took no longer "
        "than this. Stretches are counted as for the median.",
        rows=units.durations,
        quantile=0.9,
        requires=("of", "then"),
        **DURATION,
    ),
    Metric(
        slug="retention",
        name="Retention",
        family="behavior",
        direction="up",
        counts="customers",
        meaning="Of the customers who came in the period (their first signal ever), the share who did "
        "anything in the second 30 days after. "
        "Customers for whom that stretch is not over are not counted yet.",
        rows=units.kept,
        takes=("of", "then", "within"),
        of=ANYTHING,
        then=OWN_DOING,
        within=timedelta(days=30),
        **SHARE,
    ),
    Metric(
        slug="first_contact_resolution",
        name="Solved first time",
        family="operations",
        direction="up",
        counts="contacts",
        meaning="The share of contacts after which the customer did not have to ask again within 7 days, and "
        "which were not reopened. Contacts whose 7 days are not over are not counted yet.",
        rows=units.resolved,
        takes=("of", "then", "within"),
        of=CONTACTS,
        then=REOPENINGS,
        within=timedelta(days=7),
        **SHARE,
    ),
    Metric(
        slug="repeat_contact",
        name="Repeat contact",
        family="operations",
        direction="down",
        counts="contacts",
        meaning="The share of contacts followed by another of the same customer within 7 days, on any "
        "channel. Contacts whose 7 days are not over are not counted yet.",
        rows=units.repeated,
        takes=("of", "within"),
        of=CONTACTS,
        within=timedelta(days=7),
        **SHARE,
    ),
    Metric(
        slug="response_time_median",
        name="First reply, median",
        family="operations",
        direction="down",
        counts="answered contacts",
        meaning="From a contact to the first reply on the same subject: half waited no longer than this.",
        rows=units.replies,
        quantile=0.5,
        of=CONTACTS,
        then=REPLIES,
        **DURATION,
    ),
    Metric(
        slug="response_time_p90",
        name="First reply, P90",
        family="operations",
        direction="down",
        counts="answered contacts",
        meaning="From a contact to the first reply on the same subject: nine of ten waited no longer.",
        rows=units.replies,
        quantile=0.9,
        of=CONTACTS,
        then=REPLIES,
        **DURATION,
    ),
)
METRICS = {metric.slug: metric for metric in ALL}
FAMILIES = {
    "perception": "What customers said",
    "behavior": "What customers did",
    "operations": "What we did",
}
