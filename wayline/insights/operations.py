"""What people do with insights and their evidence."""

from datetime import date, datetime

from django.db import transaction
from pydantic import ValidationError

from wayline.accounts.models import User, Workspace
from wayline.audit import operations as audit
from wayline.journeys import conditions
from wayline.journeys.models import Card, Journey, Placement, Step
from wayline.journeys.operations import cards
from wayline.kit.refusals import Refusal
from wayline.signals.conditions import SignalCondition

from . import counted
from .models import Evidence, Insight

LANE_OF = {
    Card.Kind.PAIN: "pain",
    Card.Kind.GAIN: "gain",
    Card.Kind.NEED: "need",
    Card.Kind.OBSERVATION: "observation",
}
MOST_FRESH_DAYS = 3_650


class KindUnknown(Refusal):
    """An insight is one of four things."""


class FreshnessOutOfRange(Refusal):
    """Evidence ages within days or years."""


class EvidenceMissing(Refusal):
    """The evidence says nothing."""


class EvidenceInTheFuture(Refusal):
    """Nobody said it yet."""


class AlreadyDone(Refusal):
    """Somebody else did it before."""


@transaction.atomic
def write_insight(
    workspace: Workspace,
    *,
    title: str,
    kind: str,
    by: User | None,
    now: datetime,
    body: str = "",
    certainty: str = "interpreted",
    fresh_days: int = 90,
    step: Step | None = None,
) -> Insight:
    """Write down what was found, and place it on the step it was found at."""
    fields = _checked({"kind": kind, "certainty": certainty, "fresh_days": fresh_days})
    card = cards.write_card(workspace, title=title, kind=fields.pop("kind"), body=body, by=by, now=now)
    insight = Insight.objects.create(
        workspace=workspace, card=card, created_at=now, created_by=by, changed_at=now, **fields
    )
    audit.record("insight.written", subject=insight, by=by, at=now, kind=kind)
    if step is not None:
        place_insight(insight, step=step, by=by, now=now)
    return insight


@transaction.atomic
def adopt_card(
    card: Card, *, by: User | None, now: datetime, certainty: str = "interpreted", fresh_days: int = 90
) -> Insight:
    """Make an insight of a card that stands on maps already: the same card, which can now have evidence."""
    fields = _checked({"kind": card.kind, "certainty": certainty, "fresh_days": fresh_days})
    del fields["kind"]
    insight, is_new = Insight.objects.get_or_create(
        card=card,
        defaults={"workspace_id": card.workspace_id, "created_at": now, "created_by": by, "changed_at": now}
        | fields,
    )
    if not is_new:
        raise AlreadyDone(f"“{card}” is an insight already.")
    cards.show_anew(card, now=now)
    audit.record("insight.written", subject=insight, by=by, at=now, kind=card.kind)
    return insight


@transaction.atomic
def describe_insight(insight: Insight, *, by: User | None, now: datetime, **changes) -> None:
    """Change what the insight says: title, body, kind, owner, certainty, how long its evidence is fresh."""
    changes = _checked(changes)
    own = {name: changes.pop(name) for name in ("certainty", "fresh_days") if name in changes}
    if changes:
        cards.reword_card(insight.card, by=by, now=now, **changes)
    kept = Insight.objects.filter(pk=insight.pk, card__deleted_at=None)
    if not kept.update(**own, changed_at=now):
        raise AlreadyDone("This insight was deleted meanwhile. Restore it first.")
    insight.refresh_from_db()
    cards.show_anew(insight.card, now=now)
    audit.record("insight.described", subject=insight, by=by, at=now, fields=sorted({*changes, *own}))


@transaction.atomic
def place_insight(insight: Insight, *, step: Step, by: User | None, now: datetime) -> Placement:
    """Put the insight on a step of a map. It may stand on as many as it concerns."""
    journey: Journey = step.phase.journey
    placement = cards.place_card(
        insight.card, journey=journey, step=step, lane=LANE_OF[Card.Kind(insight.card.kind)], by=by, now=now
    )
    _touch(insight, now)
    audit.record("insight.placed", subject=insight, by=by, at=now, journey=journey.pk, step=step.title)
    return placement


@transaction.atomic
def take_off(insight: Insight, *, placement: Placement, by: User | None, now: datetime) -> None:
    """Take the insight off one step. It stays in the list, and on its other steps."""
    cards.remove_cards([placement], by=by, now=now)
    _touch(insight, now)
    said = {"journey": placement.journey_id, "step": placement.step.title}
    audit.record("insight.taken_off", subject=insight, by=by, at=now, **said)


@transaction.atomic
def delete_insight(insight: Insight, *, by: User | None, now: datetime) -> None:
    """Delete the insight, and with it its card on every map. It can be restored."""
    if not Card.objects.filter(pk=insight.card_id, deleted_at=None).update(deleted_at=now, changed_at=now):
        raise AlreadyDone("This insight is already deleted.")
    cards.show_anew(insight.card, now=now)
    audit.record("insight.deleted", subject=insight, by=by, at=now)


@transaction.atomic
def restore_insight(insight: Insight, *, by: User | None, now: datetime) -> None:
    """Bring a deleted insight back, on the steps where it stood."""
    deleted = Card.objects.filter(pk=insight.card_id).exclude(deleted_at=None)
    if not deleted.update(deleted_at=None, changed_at=now):
        raise AlreadyDone("This insight is not deleted.")
    cards.show_anew(insight.card, now=now)
    audit.record("insight.restored", subject=insight, by=by, at=now)


@transaction.atomic
def add_evidence(
    insight: Insight,
    *,
    kind: str,
    by: User | None,
    now: datetime,
    condition: SignalCondition | dict | None = None,
    text: str = "",
    said_by: str = "",
    said_on: date | None = None,
) -> Evidence:
    """Say what the insight rests on: signals that match a condition, or what somebody told or noted."""
    if kind not in Evidence.Kind.values:
        raise KindUnknown(f"Evidence is one of: {', '.join(Evidence.Kind.values)}.")
    said_on = said_on or now.date()
    measured = kind in Evidence.MEASURED
    evidence = Evidence.objects.create(
        insight=insight,
        kind=kind,
        condition=_condition(condition) if measured else None,
        text=text.strip() if measured else _told(text, said_on, now),
        said_by=said_by.strip(),
        said_on=None if measured else said_on,
        added_at=now,
        added_by=by,
    )
    _touch(insight, now)
    audit.record("evidence.added", subject=insight, by=by, at=now, kind=kind)
    return evidence


@transaction.atomic
def remove_evidence(evidence: Evidence, *, by: User | None, now: datetime) -> None:
    """Take a piece of evidence away. It can be restored."""
    if not Evidence.objects.filter(pk=evidence.pk, deleted_at=None).update(deleted_at=now):
        raise AlreadyDone("This evidence is already removed.")
    _touch(evidence.insight, now)
    audit.record("evidence.removed", subject=evidence.insight, by=by, at=now, kind=evidence.kind)


@transaction.atomic
def restore_evidence(evidence: Evidence, *, by: User | None, now: datetime) -> None:
    """Bring removed evidence back."""
    removed = Evidence.objects.filter(pk=evidence.pk).exclude(deleted_at=None)
    if not removed.update(deleted_at=None):
        raise AlreadyDone("This evidence is not removed.")
    _touch(evidence.insight, now)
    audit.record("evidence.restored", subject=evidence.insight, by=by, at=now, kind=evidence.kind)


def _touch(insight: Insight, now: datetime) -> None:
    Insight.objects.filter(pk=insight.pk).update(changed_at=now)
    counted.ask(insight, now=now)


def _checked(fields: dict) -> dict:
    if "kind" in fields and fields["kind"] not in Insight.KINDS:
        raise KindUnknown(f"An insight is one of: {', '.join(Insight.KINDS)}.")
    if "certainty" in fields and fields["certainty"] not in Insight.Certainty.values:
        raise KindUnknown(f"An insight is one of: {', '.join(Insight.Certainty.values)}.")
    if "fresh_days" in fields and not 1 <= fields["fresh_days"] <= MOST_FRESH_DAYS:
        raise FreshnessOutOfRange(f"Evidence stays fresh for 1 to {MOST_FRESH_DAYS} days.")
    return fields


def _condition(condition: SignalCondition | dict | None) -> dict:
    if condition is None:
        raise EvidenceMissing("Choose which signals show it, or write down who said it.")
    try:
        condition = conditions.SIGNAL.validate_python(condition)
    except ValidationError as error:
        raise EvidenceMissing(f"The condition is not understood: {error.errors()[0]['msg']}.") from error
    if not conditions.says_something(condition):
        raise EvidenceMissing("Choose at least one signal, or a test that a signal must pass.")
    return condition.model_dump(mode="json")


def _told(text: str, said_on: date, now: datetime) -> str:
    if not text.strip():
        raise EvidenceMissing("Write down what was said or seen.")
    if said_on > now.date():
        raise EvidenceInTheFuture("It cannot have been said after today.")
    return text.strip()
