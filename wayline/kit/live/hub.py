"""One thread that reads new messages once, draws them once, and hands them to every open stream."""

import json
import threading
import time
from collections import defaultdict
from collections.abc import Sequence

import structlog
from django.db import close_old_connections, connection
from django.utils import timezone

from . import messages, topics
from .readers import CLOSED, Person, Reader, still_signed_in
from .topics import Frame

SWEEP_SECONDS = 10  # so long may a stream outlive its right on a topic where nothing is said
PRUNE_SECONDS = 3600
log = structlog.get_logger(__name__)


class Hub:
    def __init__(self):
        self._lock = threading.RLock()
        self._awake = threading.Condition(self._lock)
        self._readers: dict[str, set[Reader]] = defaultdict(set)
        self._changed: set[str] = set()
        self._drawn: dict[str, tuple[list[int], Sequence[Frame]]] = {}
        self._thread: threading.Thread | None = None
        self._swept_at = self._pruned_at = time.monotonic()

    def join(self, reader: Reader) -> None:
        """Take a stream in; what it missed since its last id is the first thing it gets."""
        with self._lock:
            self._readers[reader.topic].add(reader)
            self._start()
        self.show_presence(reader.topic)
        self.wake(reader.topic)

    def leave(self, reader: Reader) -> None:
        """The stream ended, and with it the person's presence: there are no ghosts."""
        with self._lock:
            self._readers[reader.topic].discard(reader)
            if not self._readers[reader.topic]:
                del self._readers[reader.topic]
                self._drawn.pop(reader.topic, None)
        self.show_presence(reader.topic)

    def wake(self, topic: str) -> None:
        """There may be new messages on the topic."""
        with self._awake:
            self._changed.add(topic)
            self._awake.notify()

    def know(self, topic: str, ids: list[int], frames: Sequence[Frame]) -> None:
        """How these messages look: the last of a topic, so that they are not drawn a second time."""
        with self._lock:
            if topic in self._readers:
                self._drawn[topic] = ids, frames

    def people(self, topic: str) -> list[Person]:
        with self._lock:
            found = {reader.person.tab: reader.person for reader in self._readers.get(topic, ())}
        return sorted(found.values(), key=lambda person: (person.name, person.tab))

    def move(self, topic: str, *, tab: str, user: int, at: str) -> None:
        """Somebody's focus went to another cell. Only a tab's own person can move it."""
        with self._lock:
            for reader in self._readers.get(topic, ()):
                if reader.person.tab == tab and reader.user == user:
                    reader.person = Person(**(reader.person.shown() | {"at": at}))
        self.show_presence(topic)

    def show_presence(self, topic: str) -> None:
        people = json.dumps([person.shown() for person in self.people(topic)])
        sent = Frame(people, event="presence").encode()
        with self._lock:
            for reader in self._readers.get(topic, ()):
                reader.send(sent)

    def close(self) -> None:
        """End every stream: the server stops."""
        with self._lock:
            for readers in self._readers.values():
                for reader in readers:
                    reader.send(CLOSED)

    def deliver(self, topic: str) -> None:
        """Hand every reader of the topic what is new to it, drawn once for all who wait for the same."""
        with self._lock:
            readers = list(self._readers.get(topic, ()))
        # Asked anew each time: a map may have been closed to somebody since (docs/decisions/0201).
        readers = self._rightful(topic, readers)
        by_last: dict[int, list[Reader]] = defaultdict(list)
        for reader in readers:
            by_last[reader.last].append(reader)
        for last, waiting in by_last.items():
            frames, newest = _news(topic, last, self._drawn.get(topic, ([], ())))
            for reader in waiting:
                for frame in frames:
                    reader.send(frame)
                reader.last = newest

    def sweep(self) -> None:
        """Close the streams of those who signed out or lost their right, also where nothing happens."""
        with self._lock:
            open_now = {topic: list(readers) for topic, readers in self._readers.items()}
        for topic, readers in open_now.items():
            self._rightful(topic, readers)
            self.wake(topic)  # a notification may have been lost with its connection

    def _rightful(self, topic: str, readers: list[Reader]) -> list[Reader]:
        if not readers:
            return []
        kind, subject = topics.named(topic)
        signed_in = still_signed_in(readers)
        allowed = kind.readers(subject, {reader.user for reader in signed_in})
        rightful = [reader for reader in signed_in if reader.user in allowed]
        for reader in set(readers) - set(rightful):
            reader.send(Frame("", event="closed").encode())
            reader.send(CLOSED)
        return rightful

    def _start(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            topics.load()
            self._thread = threading.Thread(target=self._run, name="wayline-live", daemon=True)
            self._thread.start()
            if connection.vendor == "postgresql":
                from .listener import Listener

                Listener(self).start()

    def _run(self) -> None:
        while True:
            with self._awake:
                if not self._changed:
                    self._awake.wait(SWEEP_SECONDS)
                changed, self._changed = self._changed, set()
            try:
                for topic in changed:
                    self.deliver(topic)
                self._do_now_and_then()
            except Exception:
                log.exception("live messages could not be delivered; trying again")
                time.sleep(1)
                self._changed |= changed
            close_old_connections()

    def _do_now_and_then(self) -> None:
        now = time.monotonic()
        if now - self._swept_at > SWEEP_SECONDS:
            self._swept_at = now
            self.sweep()
        if now - self._pruned_at > PRUNE_SECONDS:
            self._pruned_at = now
            messages.prune(now=timezone.now())


def _news(topic: str, last: int, known: tuple[list[int], Sequence[Frame]]) -> tuple[list[bytes], int]:
    """What happened on the topic after this id, as the stream sends it, and the newest id."""
    found = messages.after(topic, last)
    if not found:
        return [], last
    newest = found[-1].pk
    if messages.is_gone(last):
        return [Frame("", event="reload", id=newest).encode()], newest
    if [message.pk for message in found] == known[0]:
        frames = known[1]
    else:
        kind, subject = topics.named(topic)
        frames = kind.draw(subject, [message.facts for message in found])
    # Only the last frame moves the browser's id on: one that broke off in between comes back for all of them.
    return [
        Frame(frame.data, frame.event, newest if index == len(frames) else None).encode()
        for index, frame in enumerate(frames, start=1)
    ], newest


HUB = Hub()
