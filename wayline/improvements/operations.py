"""What people do with opportunities."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from wayline.accounts.models import User, Workspace
from wayline.audit import operations as audit
from wayline.insights.models import Insight
from wayline.journeys.models import Card, Placement, Step
from wayline.journeys.operations import cards
from wayline.kit.refusals import Refusal

from .models import Opportunity

LANE = "opportunity"
MOST_WEEKS = 520


class RangeUpsideDown(Refusal):
    """The low end of a range lies above its high end."""


class ChoiceUnknown(Refusal):
    """There is no such choice."""


class ReasonMissing(Refusal):
    """A judgment that replaces a computed number says why."""


class InsightElsewhere(Refusal):
    """The insight is not in this workspace, or is linked already."""


class NotThere(Refusal):
    """The insight is not in this workspace."""


class AlreadyDone(Refusal):
    """Somebody else did it before."""


@transaction.atomic
def write_opportunity(
    workspace: Workspace,
    *,
    title: str,
    by: User | None,
    now: datetime,
    body: str = "",
    steps: Sequence[Step] = (),
    insights: Sequence[Insight] = (),
) -> Opportunity:
    """Write down what could be better, at which steps, because of which insights."""
    card = cards.write_card(workspace, title=title, kind=Card.Kind.OPPORTUNITY, body=body, by=by, now=now)
    opportunity = Opportunity.objects.create(
        workspace=workspace,
        card=card,
        basis=Opportunity.Basis.BEHIND if insights else Opportunity.Basis.LOST,
        created_at=now,
        created_by=by,
        changed_at=now,
    )
    audit.record("opportunity.written", subject=opportunity, by=by, at=now)
    for step in steps:
        place_opportunity(opportunity, step=step, by=by, now=now)
    for insight in insights:
        link_insight(opportunity, insight=insight, by=by, now=now)
    return opportunity


@transaction.atomic
def adopt_card(card: Card, *, by: User | None, now: datetime) -> Opportunity:
    """Make an opportunity of a card that stands on maps already: the same card, which can now be sized."""
    if card.kind != Card.Kind.OPPORTUNITY:
        raise ChoiceUnknown("Only a card of the kind “Opportunity” becomes one. Change its kind first.")
    opportunity, is_new = Opportunity.objects.get_or_create(
        card=card,
        defaults={
            "workspace_id": card.workspace_id,
            "created_at": now,
            "created_by": by,
            "changed_at": now,
        },
    )
    if not is_new:
        raise AlreadyDone(f"“{card}” is an opportunity already.")
    cards.show_anew(card, now=now)
    audit.record("opportunity.written", subject=opportunity, by=by, at=now)
    return opportunity


@transaction.atomic
def describe_opportunity(opportunity: Opportunity, *, by: User | None, now: datetime, **changes) -> None:
    """Change what the opportunity says: title, body, owner, and what its size is read from."""
    basis = changes.pop("basis", opportunity.basis)
    if basis not in Opportunity.Basis.values:
        raise ChoiceUnknown(f"Its size is read from one of: {', '.join(Opportunity.Basis.values)}.")
    if changes:
        cards.reword_card(opportunity.card, by=by, now=now, **changes)
    _change(opportunity, now=now, basis=basis)
    audit.record("opportunity.described", subject=opportunity, by=by, at=now, fields=sorted(changes))


@transaction.atomic
def estimate_opportunity(
    opportunity: Opportunity,
    *,
    by: User | None,
    now: datetime,
    value_low: float | None = None,
    value_likely: float | None = None,
    value_high: float | None = None,
    effort_low_weeks: float | None = None,
    effort_high_weeks: float | None = None,
    confidence: int = 50,
) -> None:
    """Say what a customer kept is worth, what it takes, and how sure we are: ranges, never one number."""
    _check_range("The worth", value_low, value_likely, value_high)
    _check_range("The effort", effort_low_weeks, effort_high_weeks)
    if effort_high_weeks is not None and not 0 < effort_high_weeks <= MOST_WEEKS:
        raise RangeUpsideDown(f"The effort lies between 0 and {MOST_WEEKS} weeks of one person.")
    if not 0 <= confidence <= 100:
        raise RangeUpsideDown("Confidence is a percentage from 0 to 100.")
    fields = {
        "value_low": value_low,
        "value_likely": value_likely,
        "value_high": value_high,
        "effort_low_weeks": effort_low_weeks,
        "effort_high_weeks": effort_high_weeks,
        "confidence": confidence,
    }
    before = {name: getattr(opportunity, name) for name in fields}
    _change(opportunity, now=now, **fields)
    audit.record("opportunity.estimated", subject=opportunity, by=by, at=now, before=before, after=fields)


@transaction.atomic
def override_impact(
    opportunity: Opportunity, *, customers: float, reason: str, by: User | None, now: datetime
) -> None:
    """Put a person's judgment in the place of the computed impact: customers a month, and why."""
    if not reason.strip():
        raise ReasonMissing("Say why the computed impact is wrong: others will rank by your number.")
    if customers < 0:
        raise RangeUpsideDown("An impact is a number of customers, 0 or more.")
    before = opportunity.override
    _change(
        opportunity,
        now=now,
        override=customers,
        override_reason=reason.strip()[:300],
        overridden_by=by,
        overridden_at=now,
    )
    audit.record(
        "opportunity.impact_overridden",
        subject=opportunity,
        by=by,
        at=now,
        before=before,
        after=customers,
        reason=reason.strip(),
    )


@transaction.atomic
def compute_impact(opportunity: Opportunity, *, by: User | None, now: datetime) -> None:
    """Go back from a person's judgment to what is measured."""
    if opportunity.override is None:
        raise AlreadyDone("The impact is the computed one already.")
    before = {"override": opportunity.override, "reason": opportunity.override_reason}
    _change(opportunity, now=now, override=None, override_reason="", overridden_by=None, overridden_at=None)
    audit.record("opportunity.impact_computed", subject=opportunity, by=by, at=now, before=before)


@transaction.atomic
def move_opportunity(opportunity: Opportunity, *, status: str, by: User | None, now: datetime) -> None:
    """Move it to another column of the board."""
    if status not in Opportunity.Status.values:
        raise ChoiceUnknown(f"The board's columns are: {', '.join(Opportunity.Status.values)}.")
    before = opportunity.status
    _change(opportunity, now=now, status=status)
    cards.show_anew(opportunity.card, now=now)
    audit.record("opportunity.moved", subject=opportunity, by=by, at=now, before=before, after=status)


@transaction.atomic
def place_opportunity(opportunity: Opportunity, *, step: Step, by: User | None, now: datetime) -> Placement:
    """Put it on a step of a map. It may stand on as many as it concerns."""
    journey = step.phase.journey
    placement = cards.place_card(opportunity.card, journey=journey, step=step, lane=LANE, by=by, now=now)
    audit.record(
        "opportunity.placed", subject=opportunity, by=by, at=now, journey=journey.pk, step=step.title
    )
    return placement


@transaction.atomic
def take_off(opportunity: Opportunity, *, placement: Placement, by: User | None, now: datetime) -> None:
    """Take it off one step. It stays on the board, and on its other steps."""
    cards.remove_cards([placement], by=by, now=now)
    said = {"journey": placement.journey_id, "step": placement.step.title}
    audit.record("opportunity.taken_off", subject=opportunity, by=by, at=now, **said)


@transaction.atomic
def link_insight(opportunity: Opportunity, *, insight: Insight, by: User | None, now: datetime) -> None:
    """Say that this insight is a reason for it."""
    if insight.workspace_id != opportunity.workspace_id:
        raise InsightElsewhere("That insight is not in this workspace.")
    if opportunity.insights.filter(pk=insight.pk).exists():
        raise InsightElsewhere(f"“{insight}” is linked already.")
    opportunity.insights.add(insight)
    _change(opportunity, now=now)
    audit.record("opportunity.insight_linked", subject=opportunity, by=by, at=now, insight=insight.pk)


@transaction.atomic
def unlink_insight(opportunity: Opportunity, *, insight: Insight, by: User | None, now: datetime) -> None:
    """Say that this insight is no reason for it."""
    if not opportunity.insights.filter(pk=insight.pk).exists():
        raise InsightElsewhere(f"“{insight}” is not linked.")
    opportunity.insights.remove(insight)
    _change(opportunity, now=now)
    audit.record("opportunity.insight_unlinked", subject=opportunity, by=by, at=now, insight=insight.pk)


@transaction.atomic
def delete_opportunity(opportunity: Opportunity, *, by: User | None, now: datetime) -> None:
    """Delete it, and with it its card on every map. It can be restored."""
    kept = Card.objects.filter(pk=opportunity.card_id, deleted_at=None)
    if not kept.update(deleted_at=now, changed_at=now):
        raise AlreadyDone("This opportunity is already deleted.")
    cards.show_anew(opportunity.card, now=now)
    audit.record("opportunity.deleted", subject=opportunity, by=by, at=now)


@transaction.atomic
def restore_opportunity(opportunity: Opportunity, *, by: User | None, now: datetime) -> None:
    """Bring a deleted opportunity back, on the steps where it stood."""
    deleted = Card.objects.filter(pk=opportunity.card_id).exclude(deleted_at=None)
    if not deleted.update(deleted_at=None, changed_at=now):
        raise AlreadyDone("This opportunity is not deleted.")
    cards.show_anew(opportunity.card, now=now)
    audit.record("opportunity.restored", subject=opportunity, by=by, at=now)


def _change(opportunity: Opportunity, *, now: datetime, **fields) -> None:
    kept = Opportunity.objects.filter(pk=opportunity.pk, card__deleted_at=None)
    if not kept.update(**fields, changed_at=now):
        raise AlreadyDone("This opportunity was deleted meanwhile. Restore it first.")
    opportunity.refresh_from_db()


def _check_range(what: str, *ends: float | None) -> None:
    """All of them in rising order and not below 0, or none at all."""
    given = [end for end in ends if end is not None]
    if not given:
        return
    if len(given) < len(ends):
        raise RangeUpsideDown(f"{what} is a range: give every end of it, or none.")
    if given != sorted(given) or given[0] < 0:
        raise RangeUpsideDown(f"{what} is a range from low to high, and not below 0.")
