from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Max, Min

from .hub import CHANNEL, HUB
from .models import Message

KEPT = timedelta(days=1)


def announce(topic: str, facts: dict, *, now: datetime) -> Message:
    """Say in the caller's transaction that something changed; readers hear of it when that is committed."""
    is_postgresql = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        if is_postgresql:
            # Ids must be committed in their order, or a reader would pass over the one that comes late.
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [topic])
        message = Message.objects.create(topic=topic, facts=facts, at=now)
        if is_postgresql:
            cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, topic])
        else:
            transaction.on_commit(lambda: HUB.wake(topic))
    return message


def last_message() -> int:
    """The id a page begins to listen after: everything up to it is on the page."""
    return Message.objects.aggregate(last=Max("pk"))["last"] or 0


def is_gone(since: int) -> bool:
    """Whether messages after this id have been pruned, so that catching up is not possible."""
    first = Message.objects.aggregate(first=Min("pk"))["first"]
    return first is not None and since + 1 < first


def prune(*, now: datetime) -> int:
    """Forget messages that nobody can be waiting for."""
    return Message.objects.filter(at__lt=now - KEPT).delete()[0]
