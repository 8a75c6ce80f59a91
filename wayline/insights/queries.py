"""What stands behind insights, counted anew at every look."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from wayline.accounts.models import Membership, Workspace
from wayline.journeys import conditions
from wayline.journeys.models import Placement, Step
from wayline.metrics import evidence as measured
from wayline.metrics import periods
from wayline.metrics.evidence import Likeness, Support
from wayline.metrics.questions import Period
from wayline.metrics.voices import SPOKEN
from wayline.signals import segments
from wayline.signals.conditions import AllSignals, AnySignal, SignalCondition, SignalIs, Test
from wayline.signals.models import Segment

from .models import Evidence, Insight

PERIODS = (("90", "Last 90 days"), ("365", "Last year"), ("all", "All signals"))
DEFAULT_PERIOD = "90"
COMPARED_SEGMENTS = 8

_ALSO = {
    Evidence.Kind.ANSWERS: Test(field="@score", op="exists"),
    Evidence.Kind.MESSAGES: Test(field="@text", op="exists"),
}


@dataclass(frozen=True)
class Weighed:
    """An insight with what stands behind it.

    `told` counts interviews and notes; `last_at` is when the newest evidence of any kind is from.
    """

    insight: Insight
    placements: tuple[Placement, ...]
    support: Support | None
    told: int
    last_at: datetime | None
    is_stale: bool

    @property
    def has_evidence(self) -> bool:
        return self.support is not None or self.told > 0


def period_for(workspace: Workspace, choice: str, *, now: datetime) -> Period:
    """The period that evidence is counted in, up to the last signal."""
    return periods.extent_of(workspace, now=now).period(choice)


def insights(member: Membership) -> QuerySet[Insight]:
    """The insights of the workspace, the ones changed last first, with their evidence."""
    return Insight.objects.visible_to(member).with_evidence()


def placements_of(insight: Insight) -> tuple[Placement, ...]:
    """The steps it stands on, on maps that are there."""
    found = Placement.objects.on_kept_maps().filter(card=insight.card_id)
    return tuple(found.select_related("step__phase__journey", "journey"))


def weighed(insight: Insight, period: Period, *, now: datetime, words: int = 0) -> Weighed:
    """Who and how many are behind it, and whether that is still fresh."""
    placements = placements_of(insight)
    kept = [each for each in insight.evidence.all() if each.deleted_at is None]
    condition = condition_of(kept)
    told = [each for each in kept if not each.is_measured]
    support = None
    if condition is not None:
        support = measured.support(
            insight.workspace_id, condition, period, among=_there(placements), words=words
        )
    last_at = max(
        [at for at in [support.last_at if support else None] if at]
        + [datetime.combine(each.said_on, datetime.min.time(), now.tzinfo) for each in told if each.said_on],
        default=None,
    )
    is_stale = last_at is None or last_at < now - timedelta(days=insight.fresh_days)
    return Weighed(insight, placements, support, len(told), last_at, bool(kept) and is_stale)


def condition_of(evidence: list[Evidence]) -> SignalCondition | None:
    """One condition for all that is measured: a customer behind two pieces of it counts once."""
    parts = tuple(measured_condition(each) for each in evidence if each.is_measured)
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else AnySignal(of=parts)


def measured_condition(evidence: Evidence) -> SignalCondition:
    """The stored condition; of answers only those that score, of messages only those that say something.

    Messages go both ways: where no signal is named, only what is always the customer speaking counts.
    """
    stored = conditions.SIGNAL.validate_python(evidence.condition)
    is_of_any = isinstance(stored, SignalIs) and not (stored.names or stored.kinds)
    if evidence.kind == Evidence.Kind.MESSAGES and is_of_any:
        stored = stored.model_copy(update={"kinds": SPOKEN})
    also = _ALSO.get(Evidence.Kind(evidence.kind))
    return stored if also is None else AllSignals(of=(stored, SignalIs(where=(also,))))


@dataclass(frozen=True)
class Piece:
    """A piece of evidence; of a measured one in words what is counted, and how many customers that is."""

    evidence: Evidence
    sentence: str = ""
    customers: int | None = None


def pieces_of(insight: Insight, period: Period) -> tuple[Piece, ...]:
    """The evidence one by one, so that a piece nobody stands behind is seen."""
    return tuple(
        _piece(each, insight.workspace_id, period) if each.is_measured else Piece(each)
        for each in insight.evidence.all()
        if each.deleted_at is None
    )


def _piece(evidence: Evidence, workspace: int, period: Period) -> Piece:
    stored = conditions.SIGNAL.validate_python(evidence.condition)
    found = measured.support(workspace, measured_condition(evidence), period, words=0)
    return Piece(evidence, conditions.sentence(stored), found.customers)


def _there(placements: tuple[Placement, ...]) -> SignalCondition | None:
    """Which signals show that a customer was at one of the steps."""
    return condition_of_steps([each.step for each in placements])


def condition_of_steps(steps: list[Step]) -> SignalCondition | None:
    """Any signal of any of these steps; None where none of them is bound."""
    bound = tuple(condition for step in steps if (condition := conditions.parsed(step.condition)) is not None)
    if not bound:
        return None
    return bound[0] if len(bound) == 1 else AnySignal(of=bound)


def representativeness(
    member: Membership, found: Weighed, period: Period, *, now: datetime
) -> tuple[Likeness, ...]:
    """Whether the customers behind it are like the others at its steps, by the saved segments."""
    kept = [each for each in found.insight.evidence.all() if each.deleted_at is None]
    condition, among = condition_of(kept), _there(found.placements)
    if condition is None or among is None:
        return ()
    saved = Segment.objects.visible_to(member)[:COMPARED_SEGMENTS]
    chosen = {each.name: segments.condition_of(each) for each in saved}
    return measured.likeness(found.insight.workspace_id, condition, among, chosen, period, now=now)
