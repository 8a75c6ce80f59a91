"""Telling the owner of a map that customers have left it."""

from datetime import datetime

from django.db import transaction

from wayline.accounts.models import Membership, User
from wayline.audit import operations as audit
from wayline.journeys.models import DriftAlarm, Journey
from wayline.journeys.queries import freshness
from wayline.kit.tasks import enqueue

from . import order
from .refusals import AlreadyMuted


def ring_drift(journey: Journey, *, now: datetime) -> DriftAlarm | None:
    """Tell the owner once that the journey has drifted since its review; None: nothing to tell."""
    review = journey.reviews.first()
    if journey.drift_muted_at or review is None or DriftAlarm.objects.filter(review=review).exists():
        return None
    found = freshness.freshness(journey, now=now)
    return _ring(journey, found, now) if found.is_alarm else None


@transaction.atomic
def _ring(journey: Journey, found: freshness.Freshness, now: datetime) -> DriftAlarm | None:
    members = Membership.objects.filter(workspace=journey.workspace_id, user=journey.owner_id)
    owner = journey.owner if journey.owner_id and members.exists() else None
    told = {"user": owner, "at": now, "found": [_said(each) for each in found.watched if each.drift.is_alarm]}
    alarm, is_new = DriftAlarm.objects.get_or_create(review=found.review, defaults=told)
    if not is_new:
        return None
    audit.record("journey.drifted", subject=journey, by=None, at=now, told=str(owner or "nobody"))
    if owner:
        enqueue(
            "journeys.mail_drift",
            {"alarm": alarm.pk},
            now=now,
            workspace=journey.workspace_id,
            unique_key=f"drift:{alarm.pk}",
        )
    return alarm


@transaction.atomic
def mute_drift(journey: Journey, *, by: User | None, now: datetime) -> None:
    """Let nobody be told of this journey's drift any more. What is found still stands on its page."""
    order.check_right(journey, by)
    if not Journey.objects.kept().filter(pk=journey.pk, drift_muted_at=None).update(drift_muted_at=now):
        raise AlreadyMuted("Nobody is told of this journey's drift already.")
    journey.drift_muted_at = now
    audit.record("journey.drift_muted", subject=journey, by=by, at=now)


@transaction.atomic
def unmute_drift(journey: Journey, *, by: User | None, now: datetime) -> None:
    """Have the owner told of drift again."""
    order.check_right(journey, by)
    muted = Journey.objects.kept().filter(pk=journey.pk).exclude(drift_muted_at=None)
    if not muted.update(drift_muted_at=None):
        raise AlreadyMuted("The owner is told of this journey's drift already.")
    journey.drift_muted_at = None
    order.change_kept(journey, noun="journey")
    audit.record("journey.drift_unmuted", subject=journey, by=by, at=now)


def read_alarms(user: User, *, now: datetime) -> int:
    """Note that the user has seen which maps drifted."""
    return DriftAlarm.objects.unread().filter(user=user).update(read_at=now)


def _said(watched: freshness.Watched) -> dict:
    change = watched.drift.change
    return {
        "label": watched.label,
        "before": change.before.value,
        "n_before": change.before.n,
        "difference": change.difference,
        "low": change.low,
        "high": change.high,
    }
