from datetime import date, datetime, timedelta
from typing import Annotated, Literal
from zoneinfo import available_timezones

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Field, Router, Schema
from pydantic import AwareDatetime, field_validator

from wayline.accounts.api_auth import needs
from wayline.signals.conditions import CustomerCondition, SignalCondition

from . import answers, lateness, operations, periods, written
from .catalog import ALL
from .metric import Metric
from .models import Baseline, Target
from .periods import Day, Extent
from .questions import Period, Question

router = Router(tags=["metrics"])


class MetricOut(Schema):
    slug: str
    name: str
    family: Literal["perception", "behavior", "operations"]
    unit: Literal["", "%", "seconds"] = Field(description="% means shares from 0 to 1.")
    direction: Literal["up", "down", "neither"] = Field(description="Which way is better.")
    counts: str = Field(description="What n counts.")
    meaning: str
    method: str
    scales: list[str]
    takes: list[Literal["of", "then", "within"]]
    requires: list[Literal["of", "then", "within"]]
    floor: int = Field(description="Below this n nothing is called.")


class PeriodIn(Schema):
    """From start up to but not including end."""

    start: AwareDatetime
    end: AwareDatetime

    @field_validator("start", "end")
    @classmethod
    def is_a_day_with_signals(cls, value: datetime) -> datetime:
        if not periods.EARLIEST <= value.date() <= periods.LATEST:
            raise ValueError("Ask for a time after 1900 and before 2200.")
        return value

    def period(self, extent: Extent) -> Period:
        return Period(self.start, self.end)


class LastDaysIn(Schema):
    """The last whole days up to the last one with signals, as pages count them."""

    days: int = Field(ge=1, le=3650)

    def period(self, extent: Extent) -> Period:
        return extent.last(self.days)


class DaysIn(Schema):
    """Whole days on the clock of the workspace, from the first up to and including the last."""

    since: Day
    until: Day

    def period(self, extent: Extent) -> Period:
        return extent.between(self.since, self.until)


class QuestionIn(Schema):
    """Ask a metric. `where`, `of` and `then` are conditions on signals, `segment` one on customers."""

    metric: str = Field(max_length=60)
    period: PeriodIn | LastDaysIn | DaysIn | Literal["all"]
    compare_to: PeriodIn | None = Field(None, description="The same length before, when left out.")
    by: Annotated[list[str], Field(max_length=3)] = Field(
        [],
        description=(
            "Dimensions: day, week, month, channel, name, step, property:<name>, trait:<name> and more."
        ),
    )
    where: SignalCondition | None = None
    segment: CustomerCondition | None = None
    of: SignalCondition | None = None
    then: SignalCondition | None = None
    within_seconds: int | None = Field(None, gt=0, le=10 * 366 * 86_400)
    same: str | None = Field(None, max_length=200)
    later: int = Field(1, ge=1, le=1000)
    timezone: str | None = Field(None, description="The workspace's own, when left out.")

    @field_validator("timezone")
    @classmethod
    def is_a_timezone(cls, value: str | None) -> str | None:
        if value is not None and value not in available_timezones():
            raise ValueError("This is no time zone. Write it like Europe/Berlin.")
        return value

    def question(self, workspace) -> Question:
        """The question in the workspace of the key."""
        before = self.compare_to
        extent = periods.extent_of(workspace, now=timezone.now())
        return Question(
            workspace=workspace.pk,
            metric=self.metric,
            period=extent.period(periods.ALL) if self.period == "all" else self.period.period(extent),
            compare_to=Period(before.start, before.end) if before else None,
            by=tuple(self.by),
            where=self.where,
            segment=self.segment,
            of=self.of,
            then=self.then,
            within=timedelta(seconds=self.within_seconds) if self.within_seconds else None,
            same=self.same,
            later=self.later,
            timezone=self.timezone or workspace.timezone,
        )


class PeriodOut(Schema):
    start: datetime
    end: datetime


class EstimateOut(Schema):
    """A value with its 95 % interval; the value is null when there is nothing to say."""

    value: float | None
    low: float | None
    high: float | None
    n: int
    method: str
    effective_n: float | None
    is_thin: bool


class ChangeOut(Schema):
    """Now minus before. The verdict is up or down only beyond noise."""

    difference: float | None
    low: float | None
    high: float | None
    verdict: Literal["up", "down", "within noise", "too few to say"]
    before: EstimateOut
    method: str
    p_value: float | None


class RowOut(Schema):
    key: list[str | None]
    estimate: EstimateOut
    change: ChangeOut | None


class LateOut(Schema):
    """How many of the signals that the number starts from arrived more than a day after they happened."""

    n: int = Field(description="The signals of the period that the number starts from.")
    late: int
    first_at: datetime | None = Field(description="When the first of the late ones arrived.")
    last_at: datetime | None
    after_period: int = Field(description="Late ones that arrived when the period had been over for a day.")
    without: EstimateOut | None = Field(
        description="The number without those; null when there are none, or nothing else."
    )


class AnswerOut(Schema):
    metric: str
    unit: str
    meaning: str
    period: PeriodOut
    compared_to: PeriodOut | None
    total: RowOut
    rows: list[RowOut]
    notes: list[str]
    scale: str | None
    open: int = Field(description="How many were left out because their window is not over.")
    late: LateOut | None = Field(None, description="Null for frozen answers and where nothing was read.")


class TargetIn(Schema):
    """What the metric should reach, in its own unit: shares 0 to 1, durations in seconds."""

    value: float = Field(allow_inf_nan=False)
    direction: Literal["at_least", "at_most"] | None = None
    due_on: date | None = None


class TargetOut(Schema):
    metric: str
    direction: Literal["at_least", "at_most"]
    value: float
    due_on: date | None
    set_at: datetime


class BaselineIn(Schema):
    name: str = Field("", max_length=120)
    question: QuestionIn


class BaselineOut(Schema):
    id: int
    name: str
    metric: str
    frozen_at: datetime
    digest: str
    is_intact: bool
    answer: AnswerOut


@router.get("/", response=list[MetricOut], operation_id="metrics_list")
def list_metrics(request):
    """Every metric of the catalog with its meaning and method."""
    return [metric_out(metric) for metric in ALL]


@router.post("/answer", response=AnswerOut, operation_id="metrics_answer")
def answer(request, body: QuestionIn):
    """Answer a question. 409 when the metric, a dimension or a needed condition is missing."""
    question = body.question(request.workspace)
    return written.answer(lateness.told(question, answers.answer(question)))


@router.get("/targets", response=list[TargetOut], operation_id="metrics_targets")
def list_targets(request):
    """The targets of the workspace."""
    return Target.objects.visible_to(request.member)


@router.post("/{slug}/target", response=TargetOut, operation_id="metrics_set_target")
@needs("manager")
def set_target(request, slug: str, body: TargetIn):
    """Set what the metric should reach, in place of the target it had."""
    return operations.set_target(
        request.workspace, metric=slug, **body.dict(), by=request.member.user, now=timezone.now()
    )


@router.post("/{slug}/target/remove", response={204: None}, operation_id="metrics_remove_target")
@needs("manager")
def remove_target(request, slug: str):
    """Take the metric's target away."""
    operations.remove_target(request.workspace, metric=slug, by=request.member.user, now=timezone.now())
    return 204, None


@router.get("/baselines", response=list[BaselineOut], operation_id="metrics_baselines")
def list_baselines(request):
    """The frozen answers, newest first."""
    return Baseline.objects.visible_to(request.member)


@router.get("/baselines/{baseline_id}", response=BaselineOut, operation_id="metrics_baseline")
def baseline(request, baseline_id: int):
    """One frozen answer."""
    return get_object_or_404(Baseline.objects.visible_to(request.member), pk=baseline_id)


@router.post("/baselines/{baseline_id}/remove", response={204: None}, operation_id="metrics_remove_baseline")
@needs("manager")
def remove_baseline(request, baseline_id: int):
    """Take a baseline away that should not have been frozen."""
    baseline = get_object_or_404(Baseline.objects.visible_to(request.member), pk=baseline_id)
    operations.remove_baseline(baseline, by=request.member.user, now=timezone.now())
    return 204, None


@router.post("/baselines", response=BaselineOut, operation_id="metrics_freeze_baseline")
@needs("contributor")
def freeze_baseline(request, body: BaselineIn):
    """Freeze an answer with its question. 409 when there is nothing to freeze yet."""
    return operations.freeze_baseline(
        request.workspace,
        question=body.question.question(request.workspace),
        name=body.name,
        by=request.member.user,
        now=timezone.now(),
    )


def metric_out(metric: Metric) -> dict:
    return {name: getattr(metric, name) for name in MetricOut.model_fields}
