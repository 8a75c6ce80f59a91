from datetime import date, datetime

from django.db import transaction

from wayline.accounts.models import User, Workspace
from wayline.audit import operations as audit
from wayline.kit.refusals import Refusal
from wayline.signals.vocabulary import SCALES

from . import answers, written
from .catalog import METRICS
from .metric import Metric
from .models import Baseline, Target
from .questions import Question


class TargetUnreachable(Refusal):
    """The metric can never have this value."""


class TargetMissing(Refusal):
    """There is no target to take away."""


class BaselineGone(Refusal):
    """Somebody took it away before."""


class NothingToFreeze(Refusal):
    """The answer has no value yet."""


@transaction.atomic
def set_target(
    workspace: Workspace,
    *,
    metric: str,
    value: float,
    due_on: date | None,
    direction: str | None = None,
    by: User,
    now: datetime,
) -> Target:
    """Set what a metric should reach, in place of the target it had."""
    known = METRICS.get(metric)
    if known is None:
        raise answers.MetricUnknown(f"There is no metric {metric!r}.")
    if known.unit == "%" and not 0 <= value <= 1:
        raise TargetUnreachable("A share lies between 0 and 100 percent. Choose a target between them.")
    if metric == "nps" and not -100 <= value <= 100:
        raise TargetUnreachable("NPS lies between −100 and 100. Choose a target between them.")
    if known.unit != "%" and metric != "nps" and value < 0:
        raise TargetUnreachable("This metric is never below 0. Choose a target above.")
    if known.scales and known.unit != "%" and metric != "nps":
        _check_on_scales(known, value)
    if direction is None:
        direction = str(Target.Direction.AT_MOST if known.direction == "down" else Target.Direction.AT_LEAST)
    target, _ = Target.objects.update_or_create(
        workspace=workspace,
        metric=metric,
        defaults={
            "value": value,
            "direction": direction,
            "due_on": due_on,
            "set_at": now,
            "set_by": by,
        },
    )
    due = due_on.isoformat() if due_on else None
    audit.record("target.set", subject=target, by=by, at=now, value=value, direction=direction, due_on=due)
    return target


def _check_on_scales(known: Metric, value: float) -> None:
    low = min(SCALES[slug].low for slug in known.scales)
    high = max(SCALES[slug].high for slug in known.scales)
    if not low <= value <= high:
        raise TargetUnreachable(
            f"{known.name} lies between {low:g} and {high:g}. Choose a target between them."
        )


@transaction.atomic
def remove_target(workspace: Workspace, *, metric: str, by: User, now: datetime) -> None:
    """Take the metric's target away."""
    target = Target.objects.filter(workspace=workspace, metric=metric).first()
    if target is None:
        raise TargetMissing("This metric has no target.")
    audit.record("target.removed", subject=target, by=by, at=now, value=target.value)
    target.delete()


@transaction.atomic
def freeze_baseline(
    workspace: Workspace, *, question: Question, name: str = "", by: User, now: datetime
) -> Baseline:
    """Keep the answer as it is today, with its question, so that what comes after can be compared with it."""
    given = answers.answer(question)
    if given.total.estimate.value is None:
        raise NothingToFreeze("There is nothing to freeze yet: choose a period that has answers.")
    asked, said = written.question(question), written.answer(given)
    metric = METRICS[question.metric]
    baseline = Baseline.objects.create(
        workspace=workspace,
        name=name.strip() or f"{metric.name} on {now:%Y-%m-%d}",
        metric=metric.slug,
        question=asked,
        answer=said,
        digest=Baseline.digest_of(asked, said),
        frozen_at=now,
        frozen_by=by,
    )
    audit.record(
        "baseline.frozen",
        subject=baseline,
        by=by,
        at=now,
        metric=metric.slug,
        value=given.total.estimate.value,
        n=given.total.estimate.n,
    )
    return baseline


@transaction.atomic
def remove_baseline(baseline: Baseline, *, by: User, now: datetime) -> None:
    """Take a baseline away that should not have been frozen. What it said stays among the activities."""
    # Read as it stands: one that was altered until it cannot be understood may go too.
    kept = baseline.answer.get("total", {}).get("estimate", {})
    said = {"metric": baseline.metric, "value": kept.get("value"), "n": kept.get("n")}
    audit.record("baseline.removed", subject=baseline, by=by, at=now, **said)
    if not Baseline.objects.filter(pk=baseline.pk).delete()[0]:
        raise BaselineGone("Somebody has taken this baseline away already.")
