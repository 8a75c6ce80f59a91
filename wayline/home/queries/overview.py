"""How it feels to be our customer, on one page: scores, their trend, journeys, and what was said."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.db.models import Exists, OuterRef

from wayline.accounts.models import Membership, Workspace
from wayline.customers.models import Customer
from wayline.journeys import queries as journeys
from wayline.journeys.models import Journey
from wayline.journeys.queries.living_map import Loss, living_map
from wayline.journeys.reading import Reading as JourneyReading
from wayline.kit import charts
from wayline.metrics import answers, cache, flows, observed, readable, rolling
from wayline.metrics import queries as metric_queries
from wayline.metrics.catalog import BAD, METRICS, TOP_BOX
from wayline.metrics.metric import Metric
from wayline.metrics.models import Target
from wayline.metrics.periods import between
from wayline.metrics.queries import Distribution
from wayline.metrics.questions import Answer, FlowAnswer, Period, Row
from wayline.metrics.reading import Reading
from wayline.signals.conditions import AnySignal, CustomerCondition, SignalCondition, SignalIs, Test
from wayline.signals.vocabulary import SCALES, Kind
from wayline.statistics.estimates import Change, Estimate

TREND_WEEKS, ROLLED_WEEKS = 26, 4
SPREAD_OF = ("nps", "csat_mean", "ces_mean", "stars_mean")
COURSE_OF = ("nps", "csat_mean", "stars_mean", "ces_mean")
WORDS_SHOWN = 3
STALE_AFTER = timedelta(days=2)
LOSSES_SHOWN = 4

_spoken = cache.Kept(64)


@dataclass(frozen=True)
class Headline:
    """One headline score with what it should reach. `least_span` keeps the axis from magnifying noise."""

    slug: str
    label: str
    note: str
    least_span: float
    answer: Answer | None = None
    target: float | None = None

    @property
    def metric(self) -> Metric:
        return METRICS[self.slug]

    @property
    def unit(self) -> str:
        return self.metric.unit

    @property
    def digits(self) -> int:
        """Means are shown with one digit here; the metric's own page shows more."""
        return min(self.metric.digits, 1)

    @property
    def axis(self) -> tuple[float, float]:
        """Round ends around everything that is drawn, never beyond what the metric can be."""
        factor = 100 if self.unit == "%" else 1
        if self.answer is None:
            return 0.0, 1.0
        total = self.answer.total
        before = total.change.before if total.change else total.estimate
        drawn = [
            value * factor
            for estimate in (total.estimate, before)
            for value in (estimate.low, estimate.value, estimate.high)
            if value is not None
        ]
        drawn += [self.target * factor] if self.target is not None else []
        if not drawn:
            return 0.0, 1.0
        middle, half = (
            (min(drawn) + max(drawn)) / 2,
            max((max(drawn) - min(drawn)) * 0.7, self.least_span / 2),
        )
        least, most = self.metric.ends(self.answer.scale) or (middle - half, middle + half)
        return max(middle - half, least * factor), min(middle + half, most * factor)


HEADLINES = (
    Headline("nps", "NPS", "Would they recommend us?", 40),
    Headline("csat_top_box", "CSAT", "Satisfied after a contact", 30),
    Headline("ces_mean", "CES", "“It was easy”, 1 to 7", 2),
    Headline("first_contact_resolution", "Solved first time", "No repeat contact in 7 days", 30),
)
# Where a company does not ask one of these, what it does measure stands in its place.
INSTEAD = (
    Headline("stars_mean", "Review stars", "What customers gave, 1 to 5", 2),
    Headline("bad_share", "Bad experiences", "Of all scores given", 30),
    Headline("retention", "Retention", "Came back in the second 30 days", 30),
    Headline("customers", "Customers", "Seen in the period", 100),
)


@dataclass(frozen=True)
class Line:
    """One journey in the table: how many finish it, what changed, and where most are lost."""

    journey: Journey
    answer: FlowAnswer | None
    losses: tuple[Loss, ...]

    @property
    def loss(self) -> Loss | None:
        return next(iter(self.losses), None)

    @property
    def conversion(self) -> Estimate | None:
        return self.answer.conversion if self.answer and self.answer.entered else None

    @property
    def change(self) -> Change | None:
        return self.answer.conversion_change if self.answer and self.answer.entered else None

    @property
    def badness(self) -> tuple[int, float]:
        """Real losses first, the deepest before the others; journeys that say nothing stand last."""
        if self.conversion is None:
            return (4, 0.0)
        if self.change is None or self.change.difference is None:
            return (3, self.conversion.value or 0.0)
        order = {"down": 0, "within noise": 1, "too few to say": 2, "up": 1}[self.change.verdict]
        return (order, self.change.difference)


@dataclass(frozen=True)
class Said:
    """A customer's own sentence with the person behind it."""

    text: str
    at: datetime
    channel: str | None
    score: float | None
    scale: str | None
    customer: Customer

    @property
    def scale_name(self) -> str:
        return SCALES[self.scale].name if self.scale in SCALES else ""


@dataclass(frozen=True)
class Course:
    """How a score went over the weeks, and the smallest change between two stretches that would show."""

    metric: Metric
    label: str
    chart: dict
    detectable: str


@dataclass(frozen=True)
class Spread:
    """How the scores of one scale spread, and how many of them tell of a bad experience.

    `worst` is the channel with the largest share of bad experiences, where several have enough answers.
    """

    slug: str
    scores: Distribution
    bad: Row
    worst: Row | None


@dataclass(frozen=True)
class Overview:
    reading: Reading
    headlines: tuple[Headline, ...]
    course: Course
    spreads: tuple[Spread, ...]
    lines: tuple[Line, ...]
    low: tuple[Said, ...]
    high: tuple[Said, ...]
    freshness: "Freshness"

    @property
    def losses(self) -> list[tuple[Journey, Loss]]:
        """The steps at which most customers were lost, over all journeys."""
        found = [(line.journey, loss) for line in self.lines for loss in line.losses]
        return sorted(found, key=lambda each: -each[1].dropped)[:LOSSES_SHOWN]


@dataclass(frozen=True)
class Freshness:
    """How far the data speaks, as the reader must know before trusting a number."""

    last_at: datetime | None
    is_stale: bool
    signals: int
    names: int


def freshness(workspace: Workspace, *, now: datetime) -> Freshness:
    """The last moment the signals speak of, and how many there are."""
    names = observed.names(workspace.pk)
    last_at = max((name.last_at for name in names), default=None)
    return Freshness(
        last_at=last_at,
        is_stale=last_at is not None and now - last_at > STALE_AFTER,
        signals=sum(name.n for name in names),
        names=len(names),
    )


def overview(member: Membership, reading: Reading, *, period_choice: str, now: datetime) -> Overview:
    """Everything the overview shows, for one period and one segment."""
    targets = dict(Target.objects.visible_to(member).values_list("metric", "value"))
    return Overview(
        reading=reading,
        headlines=headlines(member.workspace, reading, targets),
        course=course(member.workspace, reading, targets),
        spreads=spreads(member.workspace, reading),
        lines=lines(member, reading, period_choice),
        low=said(member.workspace, reading.period, reading.segment, below=True),
        high=said(member.workspace, reading.period, reading.segment, below=False),
        freshness=freshness(member.workspace, now=now),
    )


def headlines(workspace: Workspace, reading: Reading, targets: dict[str, float]) -> tuple[Headline, ...]:
    """The usual scores; where some measure nothing, as many others that do stand in their place."""

    def answered(each: Headline) -> Headline:
        return replace(each, answer=_answer(workspace, reading, each.slug), target=targets.get(each.slug))

    usual = [answered(each) for each in HEADLINES]
    heard = [each for each in usual if _measures(each)]
    silent = [each for each in usual if not _measures(each)]
    instead = [each for each in map(answered, INSTEAD) if _measures(each)] if silent else []
    return (*heard, *instead, *silent)[: len(HEADLINES)]


def _measures(headline: Headline) -> bool:
    return headline.answer is not None and headline.answer.total.estimate.n > 0


def _answer(workspace: Workspace, reading: Reading, slug: str, *, by: tuple[str, ...] = ()) -> Answer:
    answer = answers.answer(reading.question(workspace.pk, slug, by=by))
    return readable.alone(answer) if reading.is_all else answer


def course(workspace: Workspace, reading: Reading, targets: dict[str, float]) -> Course:
    """A score of the last weeks, each together with the three before it: NPS, or what is asked instead."""
    measured = (slug for slug in COURSE_OF if _answer(workspace, reading, slug).total.estimate.n)
    metric = METRICS[next(measured, COURSE_OF[0])]
    monday = reading.last_day - timedelta(days=reading.last_day.weekday())
    weeks = between(
        monday - timedelta(weeks=TREND_WEEKS + ROLLED_WEEKS - 2), reading.last_day, timezone=reading.timezone
    )
    question = replace(reading.question(workspace.pk, metric.slug), period=weeks)
    stretches = rolling.rolling(question, weeks=ROLLED_WEEKS)[-TREND_WEEKS:]
    points = [_point(each, reading.last_day) for each in stretches]
    last = stretches[-1].estimate if stretches else None
    label = next((each.label for each in HEADLINES if each.slug == metric.slug), metric.name)
    return Course(
        metric,
        label,
        charts.trend(points, label=label, target=targets.get(metric.slug), digits=min(metric.digits, 1)),
        metric.difference(metric_queries.detectable(metric, last)) if last else "",
    )


def _point(stretch: rolling.Stretch, last_day: date) -> charts.TrendPoint:
    monday = date.fromisoformat(stretch.week[:10])
    first = monday - timedelta(weeks=ROLLED_WEEKS - 1)
    last = min(monday + timedelta(days=6), last_day)
    return charts.TrendPoint(
        label=f"{monday.day} {monday:%b}",
        title=f"{first.day} {first:%b} to {last.day} {last:%b %Y}",
        estimate=stretch.estimate,
        own_n=stretch.alone.n,
    )


def spreads(workspace: Workspace, reading: Reading) -> tuple[Spread, ...]:
    """How unequal experiences are: the bad ones among them, and the channel that has most of them."""
    found = []
    shares = {row.key[0]: row for row in _answer(workspace, reading, "bad_share", by=("scale",)).rows}
    by_channel = _answer(workspace, reading, "bad_share", by=("scale", "channel")).rows
    for slug in SPREAD_OF:
        spread = metric_queries.distribution(reading.question(workspace.pk, slug))
        if spread is None or spread.scale not in shares:
            continue
        channels = [row for row in by_channel if row.key[0] == spread.scale and row.key[1]]
        clear = [row for row in channels if not row.estimate.is_thin]
        worst = max(clear, key=lambda row: row.estimate.value or 0) if len(clear) > 1 else None
        found.append(Spread(slug, spread, shares[spread.scale], worst))
    return tuple(found)


def lines(member: Membership, reading: Reading, period_choice: str) -> tuple[Line, ...]:
    """Every journey, the worst change first."""
    inside = Journey.objects.filter(parent=OuterRef("pk"))
    kept = Journey.objects.visible_to(member).with_steps().select_related("owner", "workspace")
    found = [line(journey, reading, period_choice) for journey in kept.annotate(holds_others=Exists(inside))]
    return tuple(sorted(found, key=lambda each: each.badness))


def line(journey: Journey, reading: Reading, period_choice: str) -> Line:
    if not any(step.is_bound for step in journeys.steps_of(journey)):
        return Line(journey, None, ())
    read = JourneyReading(
        reading.period,
        period_choice,
        journey.window,
        journey.start,
        segment=reading.segment,
        segment_line=reading.segment_words,
    )
    # Asked until the next full hour, the answer is the same question for an hour and can be kept.
    hour = cache.minute().replace(minute=0) + timedelta(hours=1)
    answer = flows.flow(journeys.asked(journey, read), compare=not reading.is_all, now=hour)
    picture = living_map(journey, read, answer, address=lambda *_: "")
    return Line(journey, answer, picture.losses)


def said(
    workspace: Workspace, period: Period, segment: CustomerCondition | None = None, *, below: bool
) -> tuple[Said, ...]:
    """The latest sentences beside a bad score, or beside a good one."""
    preview = _spoken.get(
        lambda: observed.preview(
            workspace.pk, spoken(below=below), period, limit=WORDS_SHOWN, segment=segment
        ),
        workspace.pk,
        segment,
        below,
        period,
    )
    people = Customer.objects.filter(workspace=workspace).in_bulk(
        [each.customer for each in preview.examples]
    )
    return tuple(
        Said(each.text or "", each.at, each.channel, each.score, each.scale, people[each.customer])
        for each in preview.examples
        if each.customer in people
    )


def spoken(*, below: bool) -> SignalCondition:
    """Answers and reviews with words, whose score is bad (or good) on the scale on which it was asked."""
    ends: Sequence[tuple[str, float]] = tuple((BAD if below else TOP_BOX).items())
    return AnySignal(
        of=tuple(
            SignalIs(
                kinds=(Kind.ANSWER, Kind.REVIEW),
                where=(
                    Test(field="@scale", op="is", value=scale),
                    Test(field="@score", op="at_most" if below else "at_least", value=end),
                    Test(field="@text", op="exists"),
                ),
            )
            for scale, end in ends
        )
    )
