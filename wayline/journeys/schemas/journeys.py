"""What the API says about journeys, and what it takes."""

from datetime import datetime
from typing import Literal

from ninja import Field, Schema

from wayline.journeys.models import Journey
from wayline.metrics.people import State
from wayline.metrics.periods import Day
from wayline.signals.conditions import CustomerCondition, SignalCondition


class FlowEstimateOut(Schema):
    """A value with its 95 % interval; null when there is nothing to say."""

    value: float | None
    low: float | None
    high: float | None
    n: int
    method: str
    is_thin: bool


class FlowChangeOut(Schema):
    """Now minus before, with the 95 % interval of the difference."""

    difference: float | None
    low: float | None
    high: float | None
    verdict: str
    method: str


class WordsOut(Schema):
    text: str
    at: datetime
    customer: int
    channel: str | None
    score: float | None
    scale: str | None


class FlowStepOut(Schema):
    """One step. entered = completed + in_progress + dropped; null for a step that is not bound."""

    key: str
    entered: int | None
    completed: int | None
    in_progress: int | None
    dropped: int | None
    conversion: FlowEstimateOut | None
    conversion_change: FlowChangeOut | None
    loss_share: FlowEstimateOut | None
    median_time_seconds: FlowEstimateOut | None = Field(alias="median_time")
    p90_time_seconds: FlowEstimateOut | None = Field(alias="p90_time")
    loops: FlowEstimateOut | None
    scores: dict[str, FlowEstimateOut]
    score_changes: dict[str, FlowChangeOut]
    feeling: FlowEstimateOut | None
    words: list[WordsOut]
    words_n: int


class FlowOut(Schema):
    """How far customers go."""

    definition: str
    as_of: datetime | None
    entered: int
    completed: int
    in_progress: int
    dropped: int
    conversion: FlowEstimateOut
    conversion_change: FlowChangeOut | None
    median_time_seconds: FlowEstimateOut | None = Field(alias="median_time")
    steps: list[FlowStepOut]


class ReadingIn(Schema):
    """How to read a journey; what is left out is read as its page does.

    The period holds the starts: from `since` up to and including `until`, else the last `days` with signals,
    or all signals; days begin and end on the clock of the workspace.
    """

    period: Literal["all"] | None = Field(None, description="All signals, whatever days are said.")
    days: int = Field(90, ge=1, le=3650)
    since: Day | None = None
    until: Day | None = None
    window_days: int | None = Field(None, ge=1, le=3650)
    no_window: bool = False
    start: Literal["any", "first"] | None = None
    segment: CustomerCondition | None = None
    compare: bool = True


class PeopleIn(ReadingIn):
    step: str = ""
    state: State
    scale: str = ""
    page: int = Field(1, ge=1)


class PersonOut(Schema):
    customer: int = Field(alias="customer.pk")
    name: str = Field(alias="customer.name")
    step: str
    at: datetime | None


class PeopleOut(Schema):
    n: int
    page: int
    pages: int
    items: list[PersonOut] = Field(alias="found")


class PathsIn(ReadingIn):
    top: int = Field(20, ge=1, le=500)
    from_step: str = ""
    to_step: str = ""


class PathNodeOut(Schema):
    name: str
    count: int
    steps: list[int]
    is_on_the_map: bool


class PathEdgeOut(Schema):
    source: str = Field(alias="source.name")
    target: str = Field(alias="target.name")
    count: int
    customers: int
    mean_seconds: float | None
    fit: str


class FrequentPathOut(Schema):
    names: list[str]
    count: int
    customers: int
    share: FlowEstimateOut
    median_seconds: float
    leaves_the_map: bool

    @staticmethod
    def resolve_names(path) -> list[str]:
        return [node.name for node in path.nodes]


class PathsOut(Schema):
    edges: list[PathEdgeOut]
    hidden: int
    not_on_the_map: list[PathNodeOut] = Field(alias="unmapped")
    paths: list[FrequentPathOut] = Field(alias="frequent")
    passages: int = Field(alias="n")
    variants: int


class TouchpointOut(Schema):
    id: int
    name: str
    channel: str


class PersonaFeelingOut(Schema):
    """What the team believes one persona feels."""

    persona: int = Field(alias="persona_id")
    name: str = Field(alias="persona.name")
    feeling: float


class StepOut(Schema):
    id: int
    key: str
    title: str
    condition: dict | None
    is_required: bool
    is_repeatable: bool
    is_moment: bool
    assumed_feeling: float | None
    persona_feelings: list[PersonaFeelingOut]
    touchpoints: list[TouchpointOut]

    @staticmethod
    def resolve_touchpoints(step) -> list:
        return [touchpoint for touchpoint in step.touchpoints.all() if touchpoint.deleted_at is None]


class PhaseOut(Schema):
    id: int
    name: str
    question: str
    steps: list[StepOut]

    @staticmethod
    def resolve_steps(phase) -> list:
        return [step for step in phase.steps.all() if step.deleted_at is None]


class JourneyOut(Schema):
    id: int
    title: str
    goal: str
    perspective: str
    persona: str
    owner: str | None
    window_days: int | None
    start: str
    follow: str
    changed_at: datetime

    @staticmethod
    def resolve_owner(journey: Journey) -> str | None:
        return journey.owner.email if journey.owner else None


class JourneyDetailOut(JourneyOut):
    phases: list[PhaseOut]

    @staticmethod
    def resolve_phases(journey: Journey) -> list:
        return [phase for phase in journey.phases.all() if phase.deleted_at is None]


class CandidateOut(Schema):
    """A kind and name of signal that could be a step; `sources` are those that sent it."""

    kind: str = Field(alias="observed.kind")
    name: str = Field(alias="observed.name")
    signals: int = Field(alias="observed.n")
    customers: int = Field(alias="observed.customers")
    is_expected: bool
    is_chosen: bool
    sources: list[str]

    @staticmethod
    def resolve_sources(candidate) -> list[str]:
        return [source.value for source in candidate.sources]


class PlannedOut(Schema):
    """A step of a template with the signals that could be it; `disagree` when sources differ."""

    key: str = Field(alias="step.key")
    title: str = Field(alias="step.title")
    disagree: bool
    candidates: list[CandidateOut]


class JourneyIn(Schema):
    title: str = ""
    template: str = ""
    goal: str | None = None
    perspective: str | None = None
    persona: str | None = None
    window_days: int | None = None
    no_window: bool = False
    start: str | None = None
    follow: str | None = None


class JourneyNewIn(JourneyIn):
    """What a journey begins with; `source` and `bindings` are for a template's steps."""

    source: str = ""
    bindings: dict[str, SignalCondition] | None = None


class PhaseIn(Schema):
    name: str
    question: str = ""


class StepIn(Schema):
    title: str
    key: str = ""


class MoveIn(Schema):
    """So many places along; negative is earlier."""

    places: int = Field(ge=-100, le=100)


class MarksIn(Schema):
    is_required: bool | None = None
    is_repeatable: bool | None = None
    is_moment: bool | None = None


class FeelingIn(Schema):
    """Of all customers, or with `persona` of one persona."""

    feeling: float | None = None
    persona: int | None = None


class ConfirmIn(Schema):
    confirmed: bool = False


class TouchpointIn(Schema):
    name: str
    channel: str = ""


class BindIn(Schema):
    condition: SignalCondition


class TemplateOut(Schema):
    slug: str
    name: str
    title: str
    summary: str
