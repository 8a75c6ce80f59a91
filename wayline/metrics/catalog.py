"""Every metric there is."""

from datetime import timedelta

from wayline.signals.conditions import AnySignal, NotSignal, SignalIs, Test
from wayline.signals.vocabulary import Kind
from wayline.statistics import counts, means, nps, proportions, quantiles
from wayline.statistics.estimates import Estimate
from wayline.statistics.moments import Moments

from . import units
from .metric import Metric, Statistic

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
OWN_DOING = NotSignal(of=SignalIs(kinds=(Kind.OPERATION, Kind.DERIVED)))


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


SHARE = Statistic("Wilson score interval; Newcombe's difference", proportions.change, _share)
NPS = Statistic("Normal interval from the variance of the −1/0/+1 score; normal difference", nps.change, _nps)
MEAN = Statistic("t interval; Welch's difference", means.change, _mean)
POISSON = "Garwood's Poisson interval, widened where one customer counts many times; square-and-add"
COUNT = Statistic(POISSON, counts.change, _count)
CUSTOMERS = Statistic(POISSON, counts.change, _customers)
QUANTILE = Statistic("order statistics with a distribution-free interval; square-and-add", quantiles.change)

ALL = (
    Metric(
        slug="nps",
        name="Net Promoter Score",
        family="perception",
        unit="",
        direction="up",
        counts="answers",
        meaning="The share who would recommend us (9, 10) minus the share who would not (0 to 6), times 100.",
        rows=units.promoters,
        statistic=NPS,
        scales=("nps",),
    ),
    Metric(
        slug="csat_top_box",
        name="Satisfied customers",
        family="perception",
        unit="%",
        direction="up",
        counts="answers",
        meaning="The share of CSAT answers in the two top boxes: 4 and 5 of 5, or 6 and 7 of 7.",
        rows=units.top_box,
        statistic=SHARE,
        scales=("csat5", "csat7"),
        limits=TOP_BOX,
    ),
    Metric(
        slug="csat_mean",
        name="Customer satisfaction",
        family="perception",
        unit="",
        direction="up",
        counts="answers",
        meaning="The mean CSAT score, on the scale on which it was asked.",
        rows=units.scores,
        statistic=MEAN,
        digits=2,
        scales=("csat5", "csat7"),
    ),
    Metric(
        slug="ces_top_box",
        name="Found it easy",
        family="perception",
        unit="%",
        direction="up",
        counts="answers",
        meaning="The share who found it easy: 5 to 7 of 7, or 4 and 5 of 5, where high means easy.",
        rows=units.top_box,
        statistic=SHARE,
        scales=("ces7", "ces5"),
        limits=TOP_BOX,
    ),
    Metric(
        slug="ces_mean",
        name="Customer effort",
        family="perception",
        unit="",
        direction="up",
        counts="answers",
        meaning="The mean CES score, on the scale on which it was asked; high means easy.",
        rows=units.scores,
        statistic=MEAN,
        digits=2,
        scales=("ces7", "ces5"),
    ),
    Metric(
        slug="stars_mean",
        name="Review stars",
        family="perception",
        unit="",
        direction="up",
        counts="reviews",
        meaning="The mean of the stars that customers gave, 1 to 5.",
        rows=units.scores,
        statistic=MEAN,
        digits=2,
        scales=("stars5",),
    ),
    Metric(
        slug="bad_share",
        name="Bad experiences",
        family="perception",
        unit="%",
        direction="down",
        counts="answers",
        meaning="The share of answers that tell of a bad experience: 0 to 6 on the NPS scale, 1 and 2 on the "
        "others, thumbs down. Consistency counts for more than a high mean.",
        rows=units.bad,
        statistic=SHARE,
        scales=("nps", "csat5", "ces7", "stars5", "csat7", "ces5", "thumbs"),
        limits=BAD,
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
        statistic=QUANTILE,
        quantile=0.1,
        scales=("nps", "csat5", "ces7", "stars5", "csat7", "ces5"),
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
        statistic=COUNT,
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
        statistic=CUSTOMERS,
    ),
    Metric(
        slug="rate",
        name="Rate of going on",
        family="behavior",
        unit="%",
        direction="up",
        counts="customers",
        meaning="Of the customers who did one thing in the period, counted from their first time, the share "
        "who then did another within the window. Customers whose window is not over are not counted yet.",
        rows=units.followed,
        statistic=SHARE,
        takes=("of", "then", "within"),
        requires=("of", "then"),
        within=timedelta(days=30),
    ),
    Metric(
        slug="share",
        name="Share of signals",
        family="behavior",
        unit="%",
        direction="neither",
        counts="signals",
        meaning="Of the signals that match one condition, the share that also match another.",
        rows=units.matching,
        statistic=SHARE,
        takes=("of", "then"),
        requires=("then",),
        of=ANYTHING,
    ),
    Metric(
        slug="duration_median",
        name="Time to the next, median",
        family="behavior",
        unit="seconds",
        direction="down",
        counts="completed stretches",
        meaning="From one thing to the next other thing of the same customer: half took no longer than this. "
        "A stretch starts in the period; the same thing again before the other does not start a new one.",
        rows=units.durations,
        statistic=QUANTILE,
        quantile=0.5,
        takes=("of", "then", "within"),
        requires=("of", "then"),
    ),
    Metric(
        slug="duration_p90",
        name="Time to the next, P90",
        family="behavior",
        unit="seconds",
        direction="down",
        counts="completed stretches",
        meaning="From one thing to the next other thing of the same customer: nine of ten took no longer "
        "than this. Stretches are counted as for the median.",
        rows=units.durations,
        statistic=QUANTILE,
        quantile=0.9,
        takes=("of", "then", "within"),
        requires=("of", "then"),
    ),
    Metric(
        slug="retention",
        name="Retention",
        family="behavior",
        unit="%",
        direction="up",
        counts="customers",
        meaning="Of the customers who came in the period (their first signal ever), the share who did "
        "anything in the second 30 days after. "
        "Customers for whom that stretch is not over are not counted yet.",
        rows=units.kept,
        statistic=SHARE,
        takes=("of", "then", "within"),
        of=ANYTHING,
        then=OWN_DOING,
        within=timedelta(days=30),
    ),
    Metric(
        slug="first_contact_resolution",
        name="Solved first time",
        family="operations",
        unit="%",
        direction="up",
        counts="contacts",
        meaning="The share of contacts after which the customer did not have to ask again within 7 days, and "
        "which were not reopened. Contacts whose 7 days are not over are not counted yet.",
        rows=units.resolved,
        statistic=SHARE,
        takes=("of", "then", "within"),
        of=CONTACTS,
        then=REOPENINGS,
        within=timedelta(days=7),
    ),
    Metric(
        slug="repeat_contact",
        name="Repeat contact",
        family="operations",
        unit="%",
        direction="down",
        counts="contacts",
        meaning="The share of contacts followed by another of the same customer within 7 days, on any "
        "channel. Contacts whose 7 days are not over are not counted yet.",
        rows=units.repeated,
        statistic=SHARE,
        takes=("of", "within"),
        of=CONTACTS,
        within=timedelta(days=7),
    ),
    Metric(
        slug="response_time_median",
        name="First reply, median",
        family="operations",
        unit="seconds",
        direction="down",
        counts="answered contacts",
        meaning="From a contact to the first reply on the same subject: half waited no longer than this.",
        rows=units.replies,
        statistic=QUANTILE,
        quantile=0.5,
        takes=("of", "then", "within"),
        of=CONTACTS,
        then=REPLIES,
    ),
    Metric(
        slug="response_time_p90",
        name="First reply, P90",
        family="operations",
        unit="seconds",
        direction="down",
        counts="answered contacts",
        meaning="From a contact to the first reply on the same subject: nine of ten waited no longer.",
        rows=units.replies,
        statistic=QUANTILE,
        quantile=0.9,
        takes=("of", "then", "within"),
        of=CONTACTS,
        then=REPLIES,
    ),
)
METRICS = {metric.slug: metric for metric in ALL}
FAMILIES = {
    "perception": "What customers said",
    "behavior": "What customers did",
    "operations": "What we did",
}
