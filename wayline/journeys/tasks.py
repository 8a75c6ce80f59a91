"""Work on journeys behind the pages."""

from django.conf import settings
from django.core.mail import send_mail
from django.utils import timezone

from wayline.kit import tasks

from . import standings
from .models import Notice


@tasks.task(standings.TASK)
def work_out_standings(payload: dict) -> None:
    """Work out how these journeys go."""
    standings.work_out(payload["journeys"])


@tasks.task("journeys.mail_notices")
def mail_notices(payload: dict) -> None:
    """Write to those who should read a comment and have not seen it yet."""
    waiting = Notice.objects.unread().filter(comment=payload["comment"], mailed_at=None)
    waiting = waiting.filter(comment__deleted_at=None, user__is_active=True)
    for notice in waiting.select_related("user", "comment__by", "comment__thread__journey__workspace"):
        # Claimed first: a letter that was perhaps lost is better than the same one every minute.
        if Notice.objects.filter(pk=notice.pk, mailed_at=None).update(mailed_at=timezone.now()):
            send_mail(_subject(notice), _letter(notice), None, [notice.user.email])


def _subject(notice: Notice) -> str:
    said = notice.comment
    by, journey = said.by or "Somebody", said.thread.journey
    return " ".join(f"{by} {notice.get_reason_display()}: {journey.title}".split())


def _letter(notice: Notice) -> str:
    journey = notice.comment.thread.journey
    address = f"{settings.BASE_URL}{journey.get_absolute_url()}discussions/"
    return f"{notice.comment.text}\n\nAnswer here: {address}#thread-{notice.comment.thread_id}\n"
