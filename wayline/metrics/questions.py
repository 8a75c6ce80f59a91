"""What may be asked, and what is answered: values, never queries."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from wayline.signals.conditions import CustomerCondition, SignalCondition
from wayline.statistics.estimates import Change, Estimate


@dataclass(frozen=True)
class Period:
    """From start up to but not including end, both aware and in UTC."""

    start: datetime
    end: datetime

    @property
    def previous(self) -> "Period":
        return Period(self.start - (self.end - self.start), self.start)


@dataclass(frozen=True)
class Question:
    """Ask a metric. `by` names dimensions: week, month, day, channel, kind, name, source, scale, step,
    property:<name>, trait:<name>. `of` and `then` are for metrics that take conditions of their own
    (a rate of customers who did `of` and then `then`; the time between the two). `where` narrows what is
    measured, not what follows it. `same` names a dimension that must be equal for a contact to repeat
    another; `later` says how many stretches of `within` after coming a customer must be active.
    """

    workspace: int
    metric: str
    period: Period
    by: tuple[str, ...] = ()
    where: SignalCondition | None = None
    segment: CustomerCondition | None = None
    of: SignalCondition | None = None
    then: SignalCondition | None = None
    within: timedelta | None = None
    compare_to: Period | None = None
    timezone: str = "UTC"
    same: str | None = None
    later: int = 1


@dataclass(frozen=True)
class Row:
    key: tuple[str | None, ...]
    estimate: Estimate
    change: Change | None = None


@dataclass(frozen=True)
class Late:
    """Of the `n` signals a number starts from, the `late` ones arrived more than a day after they happened.

    `after_period` are those of them that arrived when the period had been over for a day: whoever had
    looked before saw another number. `without` is the number from what had arrived by then; None where
    nothing came after the period, or everything did.
    """

    n: int
    late: int
    first_at: datetime | None = None
    last_at: datetime | None = None
    after_period: int = 0
    without: Estimate | None = None


@dataclass(frozen=True)
class Answer:
    """`total` is the whole period; `rows` are one for each combination of the dimensions, in their order.

    `scale` is the one the scores were given on, for metrics of scores. `open` counts those left out because
    their window is not over. `late` is said where somebody reads one answer closely.
    """

    metric: str
    unit: str
    meaning: str
    period: Period
    compared_to: Period | None
    total: Row
    rows: tuple[Row, ...] = ()
    notes: tuple[str, ...] = ()
    scale: str | None = None
    open: int = 0
    late: Late | None = None


Start = Literal["any", "first"]


@dataclass(frozen=True)
class FlowStep:
    key: str
    title: str
    condition: SignalCondition | None
    is_required: bool = True
    is_repeatable: bool = False


@dataclass(frozen=True)
class FlowQuestion:
    """How far do customers go? Attempts are counted by when they start; `period` holds the starts."""

    workspace: int
    steps: tuple[FlowStep, ...]
    period: Period
    window: timedelta | None = timedelta(days=30)
    start: Start = "any"
    follow: Literal["customer", "subject"] = "customer"
    segment: CustomerCondition | None = None
    customer: int | None = None  # only this one's attempts


@dataclass(frozen=True)
class Words:
    """A customer's own sentence, unedited."""

    text: str
    at: datetime
    customer: int
    channel: str | None
    score: float | None
    scale: str | None


@dataclass(frozen=True)
class StepAnswer:
    """One step. entered = completed + in_progress + dropped; unbound steps have counts of None.

    `conversion` is the share of those who entered and whose window is over that went on to the next
    required step. Durations are in seconds. `feeling` is on the scale from −2 to +2. `scores` holds one
    estimate per scale slug, with its change against the previous period when asked for.
    """

    key: str
    entered: int | None = None
    completed: int | None = None
    in_progress: int | None = None
    dropped: int | None = None
    conversion: Estimate | None = None
    conversion_change: Change | None = None
    loss_share: Estimate | None = None  # of all who were lost on the journey, the share lost here
    median_time: Estimate | None = None
    p90_time: Estimate | None = None
    loops: Estimate | None = None  # share of those who entered that came back to the step before going on
    scores: dict[str, Estimate] = field(default_factory=dict)
    score_changes: dict[str, Change] = field(default_factory=dict)
    feeling: Estimate | None = None
    words: tuple[Words, ...] = ()
    words_n: int = 0


@dataclass(frozen=True)
class FlowAnswer:
    steps: tuple[StepAnswer, ...]
    entered: int
    completed: int
    in_progress: int
    dropped: int
    conversion: Estimate
    conversion_change: Change | None
    median_time: Estimate | None
    as_of: datetime | None  # the last moment the data speaks of
    definition: str  # one sentence: which of the definitions in use this is
    p90_time: Estimate | None = None
