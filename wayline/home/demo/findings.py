"""What the demo company's people have found out and would do about it: invented like all of it."""

from datetime import datetime

from wayline.accounts.models import Membership, Role, User, Workspace
from wayline.improvements import operations as improvements
from wayline.insights import operations as insights
from wayline.journeys import conditions
from wayline.journeys.models import Step
from wayline.signals.conditions import SignalIs, Test

from . import truth

CONNECTS, DELIVERED = truth.SUB_STEPS[0].entered_by, "Order Delivered"


def write(workspace: Workspace, *, by: User | None, now: datetime) -> None:
    """Two pain points with their evidence, and what would be better for each."""
    owner = Membership.objects.filter(workspace=workspace, role=Role.OWNER).select_related("user").first()
    said = {"by": by, "now": now}
    connecting = insights.write_insight(
        workspace,
        title="I cannot connect my data without an engineer",
        kind="pain",
        certainty="factual",
        step=_step(workspace, CONNECTS),
        **said,
    )
    failed = SignalIs(names=("Integration Failed",))
    insights.add_evidence(connecting, kind="signals", condition=failed, **said)
    written = SignalIs(where=(Test(field="@text", op="contains", value=truth.COMPLAINT_PROBLEM),))
    insights.add_evidence(connecting, kind="messages", condition=written, **said)
    guided = improvements.write_opportunity(
        workspace,
        title="Connect a source step by step, without an engineer",
        steps=_steps(workspace, CONNECTS),
        insights=[connecting],
        **said,
    )
    improvements.describe_opportunity(guided, owner=owner and owner.user, basis="lost", **said)
    improvements.estimate_opportunity(
        guided, value_low=120, value_likely=180, value_high=260,
        effort_low_weeks=2, effort_high_weeks=4, confidence=70, **said,
    )  # fmt: skip
    told = improvements.write_opportunity(
        workspace,
        title="Tell customers on the day a parcel is late",
        steps=_steps(workspace, DELIVERED),
        **said,
    )
    improvements.describe_opportunity(told, owner=owner and owner.user, **said)
    improvements.estimate_opportunity(
        told, value_low=15, value_likely=30, value_high=60,
        effort_low_weeks=1, effort_high_weeks=2, confidence=50, **said,
    )  # fmt: skip


def _step(workspace: Workspace, name: str) -> Step | None:
    return next(iter(_steps(workspace, name)), None)


def _steps(workspace: Workspace, name: str) -> list[Step]:
    """The first step that is bound to signals of this name."""
    bound = Step.objects.filter(phase__journey__workspace=workspace).exclude(condition=None)
    found = (step for step in bound.select_related("phase__journey") if name in _names(step))
    return list(found)[:1]


def _names(step: Step) -> set[str]:
    condition = conditions.parsed(step.condition)
    return set() if condition is None else conditions.named(condition)
