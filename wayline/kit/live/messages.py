"""What was said on topics: kept for a day, so that whoever was away can catch up."""

from datetime import datetime, timedelta

from django.db.models import Max, Min

from .models import Message

CHANNEL = "wayline_live"  # of PostgreSQL's NOTIFY
KEPT = timedelta(days=1)


def after(topic: str, last: int) -> list[Message]:
    return list(Message.objects.filter(topic=topic, pk__gt=last).order_by("pk"))


def last_message(topic: str = "") -> int:
    """The id a page begins to listen after: everything up to it is on the page. Of one topic, or of all."""
    messages = Message.objects.filter(topic=topic) if topic else Message.objects
    return messages.aggregate(last=Max("pk"))["last"] or 0


def is_gone(since: int) -> bool:
    """Whether messages after this id have been pruned, so that catching up is not possible."""
    # Ids run over all topics: this may say yes where nothing of one was lost; then a page is drawn in vain.
    first = Message.objects.aggregate(first=Min("pk"))["first"]
    return first is not None and since + 1 < first


def prune(*, now: datetime) -> int:
    """Forget messages that nobody can be waiting for."""
    return Message.objects.filter(at__lt=now - KEPT).delete()[0]
