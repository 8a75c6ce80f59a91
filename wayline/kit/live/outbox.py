from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from django.db import connection, transaction

from .hub import HUB
from .messages import CHANNEL
from .models import Message

_overheard: ContextVar[list[Message] | None] = ContextVar("overheard", default=None)


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
            # With SQLite one process answers all pages, so its hub is the only one to wake.
            transaction.on_commit(lambda: HUB.wake(topic))
    if (overheard := _overheard.get()) is not None:
        overheard.append(message)
    return message


@contextmanager
def overhearing() -> Iterator[list[Message]]:
    """What is announced inside, for an answer that shows the same; nothing has to be read again."""
    heard: list[Message] = []
    token = _overheard.set(heard)
    try:
        yield heard
    finally:
        _overheard.reset(token)
