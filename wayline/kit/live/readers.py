import asyncio
from dataclasses import asdict, dataclass, field

from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.utils import timezone

CLOSED = b""
LONGEST_QUEUE = 500


@dataclass(frozen=True)
class Person:
    """Who is at the other end of a stream, as the others see them."""

    tab: str
    name: str
    initials: str
    color: int
    at: str = ""  # the id of the cell they are in

    def shown(self) -> dict:
        return asdict(self)


@dataclass(eq=False)
class Reader:
    """One open stream. Only the hub's thread moves `last`; the queue belongs to the stream's own loop."""

    topic: str
    user: int
    session: str
    session_hash: str
    person: Person
    last: int
    loop: asyncio.AbstractEventLoop
    queue: asyncio.Queue = field(default_factory=lambda: asyncio.Queue(LONGEST_QUEUE))
    is_closed: bool = False

    def send(self, sent: bytes) -> None:
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self._put, sent)

    def _put(self, sent: bytes) -> None:
        if self.is_closed:
            return
        # Whoever is too slow is let go: the browser comes back with its last id and catches up.
        if sent == CLOSED or self.queue.full():
            self.is_closed = True
            while not self.queue.empty():
                self.queue.get_nowait()
            sent = CLOSED
        self.queue.put_nowait(sent)


def still_signed_in(readers: list[Reader]) -> list[Reader]:
    """Those whose session is there and still theirs: signing out or a new password ends a session."""
    sessions = set(
        Session.objects.filter(
            session_key__in={reader.session for reader in readers}, expire_date__gt=timezone.now()
        ).values_list("session_key", flat=True)
    )
    users = get_user_model().objects.filter(is_active=True).in_bulk({reader.user for reader in readers})
    return [
        reader
        for reader in readers
        if reader.session in sessions
        and reader.user in users
        and users[reader.user].get_session_auth_hash() == reader.session_hash
    ]
