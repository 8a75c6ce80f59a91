from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import partial

from django.db import connection, transaction

from .hub import HUB
from .messages import CHANNEL
from .models import Message
from .topics import Frame

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
    if (overheard := _overheard.get()) is not None:
        overheard.append(message)
    elif not is_postgresql:
        # With SQLite one process answers all pages, so its hub is the only one to wake.
        transaction.on_commit(lambda: HUB.wake(topic))
    return message


@contextmanager
def overhearing() -> Iterator[list[Message]]:
    """What is announced inside, for an answer that shows the same; nothing has to be read again.

    Others hear of it at the end: the answer has been drawn by then, and `already_drawn` hands it on.
    """
    heard: list[Message] = []
    token = _overheard.set(heard)
    try:
        yield heard
    finally:
        _overheard.reset(token)
        for message in heard:
            transaction.on_commit(partial(HUB.wake, message.topic))


def already_drawn(topic: str, messages: Sequence[Message], frames: Sequence[Frame]) -> None:
    """Frames drawn after these messages were committed: whoever waits for just them gets the same."""
    HUB.know(topic, [message.pk for message in messages], frames)
