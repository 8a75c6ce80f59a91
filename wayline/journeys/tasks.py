"""Work on journeys behind the pages."""

from datetime import timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.utils import timezone

from wayline.kit import tasks

from . import operations
from .models import DriftAlarm, Journey, Notice, seats
from .queries import standings


@tasks.task(standings.TASK)
def work_out_standings(payload: dict) -> None:
    """Work out how these journeys go."""
    standings.work_out(payload["journeys"])


@tasks.task("journeys.watch_drift", every=timedelta(days=1))
def watch_drift(payload: dict) -> None:
    """Look on every reviewed map whether customers have left it, and tell its owner once."""
    reviewed = Journey.objects.current().exclude(reviews=None).filter(drift_muted_at=None)
    for key in list(reviewed.distinct().values_list("pk", flat=True)):
        journey = Journey.objects.with_steps().select_related("workspace").filter(pk=key).first()
        if journey is not None:
            operations.ring_drift(journey, now=timezone.now())


@tasks.task("journeys.mail_drift")
def mail_drift(payload: dict) -> None:
    """Write to the owner of a map that it is not true any more."""
    waiting = DriftAlarm.objects.filter(pk=payload["alarm"], mailed_at=None, read_at=None)
    for alarm in waiting.filter(user__is_active=True).select_related("user", "review__journey__workspace"):
        # Claimed first, as notices are below.
        if DriftAlarm.objects.filter(pk=alarm.pk, mailed_at=None).update(mailed_at=timezone.now()):
            journey = alarm.review.journey
            subject = " ".join(f"Customers have left the mapped path: {journey.title}".split())
            send_mail(subject, _drift_letter(alarm), None, [alarm.user.email])


def _drift_letter(alarm: DriftAlarm) -> str:
    journey = alarm.review.journey
    lines = [
        f"{each['label']}: {each['before']:.0%} before the review (n {each['n_before']}), changed by "
        f"{each['difference']:+.0%}, 95 % interval {each['low']:+.0%} to {each['high']:+.0%}."
        for each in alarm.found
    ]
    address = f"{settings.BASE_URL}{journey.get_absolute_url()}versions/"
    said = "\n".join(lines)
    return (
        f"{said}\n\nLook at the paths, mend the map and review it: {address}\nThere you can also mute this.\n"
    )


@tasks.task("journeys.mail_notices")
def mail_notices(payload: dict) -> None:
    """Write to those who should read a comment and have not seen it yet."""
    waiting = Notice.objects.unread().filter(comment=payload["comment"], mailed_at=None)
    waiting = waiting.filter(comment__deleted_at=None, user__is_active=True)
    for notice in waiting.select_related("user", "comment__by", "comment__thread__journey__workspace"):
        if not seats.readers(notice.comment.thread.journey).filter(user=notice.user_id).exists():
            continue
        # Claimed first: a letter that was perhaps lost is better than the same one every minute.
        if Notice.objects.filter(pk=notice.pk, mailed_at=None).update(mailed_at=timezone.now()):
            send_mail(_subject(notice), _letter(notice), None, [notice.user.email])


def _subject(notice: Notice) -> str:
    said = notice.comment
    by, journey = said.by or "Somebody", said.thread.journey
    return " ".join(f"{by} {notice.get_reason_display()}: {journey.title}".split())


def _letter(notice: Notice) -> str:
    journey = notice.comment.thread.journey
    address = f"{settings.BASE_URL}{journey.get_absolute_url()}discussions/?state=all"
    return f"{notice.comment.text}\n\nAnswer here: {address}#thread-{notice.comment.thread_id}\n"
