"""The durable record of what was accepted: one row per batch, on disk before anybody hears "yes".

One thread writes. It folds the batches that wait into one transaction, so that a slow disk is asked once for
all of them, and no two writers ever fight over the file.
"""

import asyncio
import os
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b

import structlog
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import DatabaseError, connections, transaction

from wayline.kit.refusals import Refusal
from wayline.kit.sqlite import moving

from . import bodies, cards
from .bodies import Body as Body
from .bodies import Refused as Refused
from .bodies import decode as decode
from .bodies import readable as readable
from .bodies import rewritten as rewritten
from .rights import masking
from .vocabulary import Signal

log = structlog.get_logger()

FOLDED = 64  # batches in one transaction at most
WAITING = 2_000  # batches that may wait before senders are asked to slow down
WAITING_BYTES = 64_000_000
SHARES = 2  # one workspace may take up so much less of both, so that a noisy one leaves room for the others
JUST_NOW = 0.1  # seconds
WRITERS_LOCK = 715_001  # of PostgreSQL, which names such locks by numbers
FULL = "Too many batches are waiting for the disk. Send this one again in a second."


class JournalFull(Refusal):
    """More batches wait than can be written soon."""

    status = 429


class JournalUnavailable(Refusal):
    """The disk or the database does not take the batch; nothing of it was stored."""

    status = 503


class SignalUnreadable(Refusal):
    """A signal cannot be written down as it stands."""

    status = 400


@dataclass(frozen=True)
class Receipt:
    """The journal's answer: the row, and whether the very same bytes were there before."""

    entry: int
    is_repeat: bool


@dataclass(frozen=True)
class _Row:
    workspace_id: int
    source: str
    received_at: datetime
    count: int
    refused: int
    body: bytes
    digest: str


arrived = threading.Event()  # set after every commit; the loader waits on it
listeners: list[
    Callable[[], None]
] = []  # called after every commit: how another process's loader hears of it


def append(
    workspace_id: int,
    source: str,
    signals: Sequence[Signal],
    *,
    received_at: datetime,
    refused: Sequence[Refused] = (),
    places: Sequence[int] | None = None,
    digest: str = "",
) -> int:
    """Write a batch down; it is on disk when this returns. Answers the number of the journal's row.

    Inside a transaction on the journal's database the row joins it, and is durable when that commits.
    Raises JournalFull or JournalUnavailable when it was not stored, SignalUnreadable when it cannot be.
    """
    masking.rules.read()
    row = _row(workspace_id, source, signals, received_at, refused, places, digest)
    if connections[settings.JOURNAL_DATABASE].in_atomic_block:
        receipt = _write([row])[0]
        arrived.set()
        return receipt.entry
    return _writer.put(row).result().entry


async def append_soon(
    workspace_id: int,
    source: str,
    signals: Sequence[Signal],
    *,
    received_at: datetime,
    refused: Sequence[Refused] = (),
    places: Sequence[int] | None = None,
    digest: str = "",
) -> Receipt:
    """The same for asynchronous callers: await the commit without holding a thread."""
    if masking.rules.are_old:
        await sync_to_async(masking.rules.read)()
    row = _row(workspace_id, source, signals, received_at, refused, places, digest)
    return await asyncio.wrap_future(_writer.put(row))


def _row(workspace_id, source, signals, received_at, refused, places, digest) -> _Row:
    signals = [_in_utc(signal) for signal in signals]
    if masking.rules.of(workspace_id):
        signals = [masking.mask(workspace_id, signal) for signal in signals]
    body = bodies.Body(signals, list(refused), list(places) if places is not None else None)
    try:
        packed = bodies.encoder.encode(body)
        if cards.may_be_in(packed):
            for signal in signals:
                cards.redact(signal)
            packed = bodies.encoder.encode(body)
    except (UnicodeEncodeError, OverflowError, TypeError) as error:
        raise _unreadable(signals) from error
    if not digest:
        # With the source, so that two may send the same bytes; BLAKE2 takes keys of up to 64.
        digest = blake2b(packed, digest_size=16, key=source.encode()[:64]).hexdigest()
    return _Row(
        workspace_id=workspace_id,
        source=source[:80],
        received_at=received_at.astimezone(UTC),
        count=len(signals),
        refused=sum(not each.was_kept for each in refused),
        body=bodies.compressed(packed),
        digest=digest,
    )


def _in_utc(signal: Signal) -> Signal:
    if signal.at.tzinfo is None:
        signal.at = signal.at.replace(tzinfo=UTC)
    return signal


def _unreadable(signals: Sequence[Signal]) -> SignalUnreadable:
    for index, signal in enumerate(signals):
        try:
            bodies.encoder.encode(signal)
        except (UnicodeEncodeError, OverflowError, TypeError) as error:
            return SignalUnreadable(
                f"Signal {index} cannot be written down: {error}. Correct it and send again."
            )
    return SignalUnreadable("The batch cannot be written down.")


INSERT = """
    INSERT INTO signals_journalentry (workspace_id, source, received_at, count, refused, body, digest)
    VALUES {} ON CONFLICT DO NOTHING
"""
PLACES = "(%s, %s, %s, %s, %s, %s, %s)"
LATEST = """
    SELECT workspace_id, digest, id FROM signals_journalentry
    WHERE (workspace_id, digest) IN (VALUES {}) ORDER BY id DESC LIMIT %s
"""


def _write(rows: Sequence[_Row]) -> list[Receipt]:
    connection = connections[settings.JOURNAL_DATABASE]
    receipts = []
    with transaction.atomic(using=settings.JOURNAL_DATABASE), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Row numbers must be committed in their order, or the loader's mark would pass over a late one.
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [WRITERS_LOCK])
        new = _insert(connection, cursor, rows)
        for row in rows:
            # Taken out, so that the same bytes twice among these rows are new once.
            entry = new.pop((row.workspace_id, row.digest), None)
            if entry is not None:
                receipts.append(Receipt(entry, is_repeat=False))
                continue
            cursor.execute(
                "SELECT id FROM signals_journalentry WHERE workspace_id = %s AND digest = %s",
                (row.workspace_id, row.digest),
            )
            receipts.append(Receipt(cursor.fetchone()[0], is_repeat=True))
    return receipts


def _insert(connection, cursor, rows: Sequence[_Row]) -> dict[tuple[int, str], int]:
    """Add the rows that are new, all in one statement; the number of each, by workspace and digest.

    Each call into SQLite lets go of the interpreter and waits for it again, while requests are being read:
    few calls are what keeps answers quick.
    """
    adapt = connection.ops.adapt_datetimefield_value
    values = [
        value
        for row in rows
        for value in (
            row.workspace_id, row.source, adapt(row.received_at), row.count, row.refused,
            row.body, row.digest,
        )
    ]  # fmt: skip
    insert = INSERT.format(", ".join([PLACES] * len(rows)))
    if connection.vendor == "postgresql":
        cursor.execute(f"{insert} RETURNING workspace_id, digest, id", values)
        return {(workspace, digest): id for workspace, digest, id in cursor.fetchall()}
    cursor.execute(insert, values)
    stored = cursor.rowcount
    if stored == len(rows):  # nobody else writes meanwhile: without a gap
        first = cursor.lastrowid - stored + 1
        return {(row.workspace_id, row.digest): first + n for n, row in enumerate(rows)}
    # Some were there before. The numbers only rise, so the highest of those asked for are the new ones.
    asked = [value for row in rows for value in (row.workspace_id, row.digest)]
    cursor.execute(LATEST.format(", ".join(["(%s, %s)"] * len(rows))), [*asked, stored])
    return {(workspace, digest): id for workspace, digest, id in cursor.fetchall()}


class Writer:
    """The one thread that writes the journal in this process."""

    def __init__(self, waiting: int = WAITING, waiting_bytes: int = WAITING_BYTES):
        self._waiting: queue.Queue = queue.Queue(maxsize=waiting)
        self._limit = waiting_bytes
        self._share = waiting // SHARES
        self._bytes = 0
        self._bytes_of: Counter[int] = Counter()
        self._batches_of: Counter[int] = Counter()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._process = 0
        self.wrote_at = 0.0

    def put(self, row: _Row) -> Future:
        """Hand the row over; the future answers with its receipt after the commit."""
        self._start()
        answer: Future = Future()
        with self._lock:
            if not self._has_room_for(row):
                raise JournalFull(FULL)
            self._bytes += len(row.body)
            self._bytes_of[row.workspace_id] += len(row.body)
            self._batches_of[row.workspace_id] += 1
        try:
            self._waiting.put_nowait((row, answer))
        except queue.Full:
            self._released([row])
            raise JournalFull(FULL) from None
        return answer

    def _has_room_for(self, row: _Row) -> bool:
        return (
            self._bytes + len(row.body) <= self._limit
            and self._bytes_of[row.workspace_id] + len(row.body) <= self._limit // SHARES
            and self._batches_of[row.workspace_id] < self._share
        )

    def _start(self) -> None:
        if self._thread is not None and self._thread.is_alive() and self._process == os.getpid():
            return
        with self._lock:
            # A fork takes this object along, but not its thread.
            if self._thread is None or not self._thread.is_alive() or self._process != os.getpid():
                self._process = os.getpid()
                self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        connection = connections[settings.JOURNAL_DATABASE]
        while True:
            folded = [self._waiting.get()]
            while len(folded) < FOLDED:
                try:
                    folded.append(self._waiting.get_nowait())
                except queue.Empty:
                    break
            self._settle(folded)
            if connection.vendor != "sqlite" and self._waiting.empty():
                connection.close_if_unusable_or_obsolete()

    def _settle(self, folded: list[tuple[_Row, Future]]) -> None:
        rows = [row for row, _ in folded]
        try:
            receipts = _write(rows)
        except Exception as error:
            log.warning("journal not written", batches=len(folded), error=str(error))
            if len(folded) > 1 and not isinstance(error, DatabaseError):
                for each in folded:
                    self._settle([each])
                return
            self._released(rows)
            for _, answer in folded:
                # A sender who waited too long has gone; answering them would end this thread.
                if answer.set_running_or_notify_cancel():
                    answer.set_exception(_unavailable(error))
            connections[settings.JOURNAL_DATABASE].close()
            return
        self._released(rows)
        self.wrote_at = time.monotonic()
        arrived.set()
        for listener in listeners:
            listener()
        for (_, answer), receipt in zip(folded, receipts, strict=True):
            if answer.set_running_or_notify_cancel():
                answer.set_result(receipt)
        if moving.is_long(settings.JOURNAL_DATABASE):
            moving.move(settings.JOURNAL_DATABASE)

    def _released(self, rows: list[_Row]) -> None:
        with self._lock:
            for row in rows:
                self._bytes -= len(row.body)
                self._bytes_of[row.workspace_id] -= len(row.body)
                self._batches_of[row.workspace_id] -= 1


def _unavailable(error: Exception) -> JournalUnavailable:
    reason = str(error).lower()
    if "full" in reason or "no space" in reason:
        return JournalUnavailable("The server's disk is full. The batch was not stored; send it again later.")
    if "locked" in reason or "busy" in reason:
        return JournalUnavailable(
            "The journal is busy. The batch was not stored; send it again in a few seconds."
        )
    return JournalUnavailable("The journal cannot be written. The batch was not stored; send it again later.")


_writer = Writer()


def is_busy() -> bool:
    """Whether batches are being written right now."""
    return time.monotonic() - _writer.wrote_at < JUST_NOW
