"""Drains the journal into profiles and the warehouse, each row exactly once.

The mark of how far the journal is loaded moves in the same warehouse transaction as the rows. The relational
part (profiles, refusals, counts) is committed just before, and does no harm when a crash makes it run again.
"""

import gc
import math
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import pyarrow as pa
import structlog
from django.db import OperationalError, close_old_connections, connections, transaction

from wayline.kit.refusals import Refusal
from wayline.warehouse import connect

from . import intake, journal, registry, rows
from .models import JournalEntry, RefusedSignal, WarehouseChange
from .vocabulary import Signal

log = structlog.get_logger()

CHUNK = 50_000
LONGEST_REST = 1.0  # seconds
QUIET = 60.0  # seconds without signals, after which there is time to sort
WORTH_SORTING = 200_000  # signals
JOURNAL, CHANGES, SORTED = "signals", "changes", "sorted"
EXCERPT = 2_000
_draining = threading.RLock()


@dataclass(frozen=True)
class Loaded:
    """What a drain did: rows added or known already, items that could not be used, facts about customers."""

    loaded: int = 0
    duplicates: int = 0
    refused: int = 0
    facts: int = 0

    def __add__(self, other: "Loaded") -> "Loaded":
        return Loaded(
            self.loaded + other.loaded,
            self.duplicates + other.duplicates,
            self.refused + other.refused,
            self.facts + other.facts,
        )


@contextmanager
def exclusively() -> Iterator[None]:
    """Nothing is loaded meanwhile, unless by the caller."""
    with _draining:
        yield


def drain(*, rest: Callable[[float], bool] | None = None) -> Loaded:
    """Load everything the journal holds and the warehouse does not; it is up to date when this returns.

    `rest` is told how many seconds each chunk took; loading ends early when it answers True.
    """
    with _draining:
        total = Loaded()
        while True:
            mark, changed = _marks()
            ids = _next_entries(mark)
            if not ids and not WarehouseChange.objects.filter(pk__gt=changed).exists():
                return total
            began = time.monotonic()
            with _without_collecting():
                total += _load_chunk(ids)
            if rest is not None and rest(time.monotonic() - began):
                return total


def rebuild() -> Loaded:
    """Build the warehouse's rows anew from the journal, for the profiles as they are now."""
    with _draining:
        with connect.current().writing() as writer:
            for workspace, source in registry.sources():
                writer.forget_source(workspace, source)
            writer.mark(JOURNAL, 0)
        return drain()


@contextmanager
def _without_collecting() -> Iterator[None]:
    """A chunk is many small objects without cycles; walking them again and again costs half the time."""
    was_collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_collecting:
            gc.enable()


def loaded_mark() -> int:
    """The last journal entry that the warehouse has."""
    return _marks()[0]


def put_in_order() -> bool:
    """Sort the warehouse once a quarter of it came since the last time; sorted, it is read much faster."""
    with _draining:
        warehouse = connect.current()
        signals = warehouse.table("signals")
        there = warehouse.run(signals.agg(n=signals.count()))["n"][0].as_py()
        if there - _all_marks().get(SORTED, 0) < max(WORTH_SORTING, there // 4):
            return False
        with warehouse.writing() as writer:
            writer.compact()
            writer.mark(SORTED, there)
        return True


def _marks() -> tuple[int, int]:
    marks = _all_marks()
    return marks.get(JOURNAL, 0), marks.get(CHANGES, 0)


def _all_marks() -> dict[str, int]:
    warehouse = connect.current()
    return {row["journal"]: row["mark"] for row in warehouse.run(warehouse.table("marks")).to_pylist()}


def _next_entries(mark: int) -> list[int]:
    ids: list[int] = []
    signals = 0
    waiting = JournalEntry.objects.filter(pk__gt=mark).order_by("pk").values_list("pk", "count")
    for pk, count in waiting[:CHUNK]:
        if ids and signals + count > CHUNK:
            break
        ids.append(pk)
        signals += count
    return ids


def _load_chunk(ids: list[int]) -> Loaded:
    try:
        return _load_entries(ids)
    except (OperationalError, connect.WarehouseFailing, Refusal):
        raise
    except Exception as error:
        if len(ids) > 1:
            middle = len(ids) // 2
            return _load_chunk(ids[:middle]) + _load_chunk(ids[middle:])
        log.exception("a batch could not be loaded at once; looking for the signal", entry=ids[0])
        return _load_around_poison(ids[0], error)


def _load_entries(ids: list[int]) -> Loaded:
    with connect.current().writing() as writer:
        loaded = Loaded()
        if ids:
            entries = list(JournalEntry.objects.filter(pk__in=ids).order_by("pk"))
            refusals: list[RefusedSignal] = []
            loaded = _load(writer, _batches(entries, refusals), refusals, counted=ids)
            writer.mark(JOURNAL, ids[-1])
        _follow_changes(writer)
        return loaded


def _load_around_poison(entry_id: int, error: Exception) -> Loaded:
    """Load the entry's signals in halves, so that only the one that cannot be loaded is left out.

    Halves carry no mark: should the process die here, they are loaded again and recognised by their keys.
    """
    refusals: list[RefusedSignal] = []
    entry = JournalEntry.objects.get(pk=entry_id)
    total = Loaded()
    for batch in _batches([entry], refusals):
        total += _load_halves(batch, refusals)
    refused = sum(not each.was_kept for each in refusals)
    # Not what the halves counted: a half loaded before a crash would count itself as known already.
    left = entry.count + entry.refused - refused - total.facts - rows.stored_of(entry_id)
    outcomes = registry.Outcomes()
    outcomes.add(entry.workspace_id, entry.source, repeated=[entry_id] * left, facts=[entry_id] * total.facts)
    with transaction.atomic():
        registry.refuse(refusals)
        outcomes.keep([entry_id])
        registry.count([], until=entry_id)
    with connect.current().writing() as writer:
        writer.mark(JOURNAL, entry_id)
        _follow_changes(writer)
    return total + Loaded(refused=refused)


def _load_halves(batch: "Batch", refusals: list[RefusedSignal]) -> Loaded:
    try:
        with connect.current().writing() as writer:
            return _load(writer, [batch], [], counted=())
    except (OperationalError, connect.WarehouseFailing, Refusal):
        raise
    except Exception as error:
        if len(batch.signals) > 1:
            middle = len(batch.signals) // 2
            return _load_halves(batch.part(0, middle), refusals) + _load_halves(
                batch.part(middle, len(batch.signals)), refusals
            )
        batch.refuse(0, f"It could not be loaded: {error}.", refusals)
        return Loaded()


@dataclass
class Batch:
    """The usable signals of one workspace and source, each with where and when it came in."""

    workspace: int
    source: str
    signals: list[Signal] = field(default_factory=list)
    entries: list[int] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    received: list[datetime] = field(default_factory=list)

    def part(self, start: int, end: int) -> "Batch":
        """Some of it, as a batch."""
        some = slice(start, end)
        return Batch(
            self.workspace,
            self.source,
            self.signals[some],
            self.entries[some],
            self.places[some],
            self.received[some],
        )

    def refuse(
        self, index: int, reason: str, refusals: list[RefusedSignal], *, excerpt=True, was_kept=False
    ) -> None:
        """Put the signal, or only a part of it, among the refused."""
        shown = _readable(self.signals[index]) if excerpt else ""
        refusals.append(
            RefusedSignal(
                workspace_id=self.workspace,
                entry_id=self.entries[index],
                index=self.places[index],
                source=self.source,
                reason=reason[:500],
                excerpt=shown,
                was_kept=was_kept,
                at=self.received[index],
            )
        )


def _readable(signal: Signal) -> str:
    return journal.readable(signal)[:EXCERPT]


def _batches(entries: Sequence[JournalEntry], refusals: list[RefusedSignal]) -> list[Batch]:
    """The entries decoded and validated, in their order, those of one workspace and source together."""
    batches: dict[tuple[int, str], Batch] = {}
    for entry in entries:
        batch = batches.setdefault(
            (entry.workspace_id, entry.source), Batch(entry.workspace_id, entry.source)
        )
        try:
            signals, places, refused = journal.decode(bytes(entry.body))
        except Exception as error:
            log.exception("journal entry unreadable", entry=entry.pk)
            signals, places = [], []
            refused = [journal.Refused(0, f"The whole batch cannot be read: {error}.")]
        refusals += [
            RefusedSignal(
                workspace_id=entry.workspace_id,
                entry_id=entry.pk,
                index=each.index,
                source=entry.source,
                reason=each.reason[:500],
                excerpt=each.excerpt[:EXCERPT],
                was_kept=each.was_kept,
                at=entry.received_at,
            )
            for each in refused
        ]
        received = entry.received_at
        arrived = Batch(
            entry.workspace_id,
            entry.source,
            signals,
            [entry.pk] * len(signals),
            places,
            [received] * len(signals),
        )
        reasons = intake.refusals_of(signals, received_at=received)
        if reasons:
            for index, reason in reasons.items():
                arrived.refuse(index, reason, refusals)
            usable = [index for index in range(len(signals)) if index not in reasons]
            signals, places = [signals[i] for i in usable], [places[i] for i in usable]
        batch.signals += signals
        batch.places += places
        batch.entries += [entry.pk] * len(signals)
        batch.received += [received] * len(signals)
    return [batch for batch in batches.values() if batch.signals]


def _load(
    writer: connect.Writer, batches: list[Batch], refusals: list[RefusedSignal], *, counted: Sequence[int]
) -> Loaded:
    """The relational part in one transaction, then the rows in the caller's. `counted` are whole entries."""
    outcomes = registry.Outcomes()
    tables: list[pa.Table] = []
    touched: dict[int, set[int]] = defaultdict(set)
    seen: set[str] = set()
    total = Loaded()
    with transaction.atomic():
        mark = registry.counted_mark()
        tally = registry.Tally(after=mark)
        for batch in batches:
            people = intake.recognise(batch, refusals)
            touched[batch.workspace] |= people.touched
            declined = intake.consent(batch, people, refusals)
            table, repeated = rows.fresh(writer, batch, people, declined, seen)
            facts = intake.facts_of(batch, people)
            outcomes.add(batch.workspace, batch.source, repeated=repeated, facts=facts)
            total += Loaded(table.num_rows, len(repeated), facts=len(facts))
            if table.num_rows:
                intake.see(batch, table)
                tally.add(batch.workspace, table)
                tables.append(table)
            for merged in people.changed_profiles:
                WarehouseChange.objects.create(
                    workspace_id=batch.workspace, kind=WarehouseChange.Kind.PROFILES, subject=merged
                )
        registry.refuse(refusals)
        if counted:
            outcomes.keep(counted)
        registry.count(tally.names, until=counted[-1] if counted else None)
    for table in tables:
        writer.append("signals", table)
    for workspace, customers in touched.items():
        rows.refresh_customers(writer, workspace, customers)
    return total + Loaded(refused=sum(not each.was_kept for each in refusals))


def _follow_changes(writer: connect.Writer) -> None:
    """Let the warehouse follow merges, partings and forgotten sources, all that wait at once."""
    changed = writer.marks().get(CHANGES, 0)
    waiting = list(WarehouseChange.objects.filter(pk__gt=changed).order_by("pk"))
    profiles: dict[int, set[int]] = defaultdict(set)
    for change in waiting:
        if change.kind == WarehouseChange.Kind.PROFILES:
            profiles[change.workspace_id].update(change.subject)
        else:
            writer.forget_source(change.workspace_id, change.subject["source"])
            writer.forget_customers(change.workspace_id, change.subject["customers"])
            rows.refresh_customers(writer, change.workspace_id, change.subject["changed"])
    for workspace, group in profiles.items():
        rows.reconcile(writer, workspace, group)
    if waiting:
        writer.mark(CHANGES, waiting[-1].pk)


class Loader:
    """The thread that keeps the warehouse up to date while the server runs."""

    def __init__(self, every: float = 1.0):
        self._every = every  # journal rows of other processes do not wake this one
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, with whatever a former process left in the journal."""
        if self._thread is None or not self._thread.is_alive():
            self._stopping.clear()
            self._thread = threading.Thread(target=self._run, name="loader", daemon=True)
            self._thread.start()

    def wake(self) -> None:
        """Look at the journal now."""
        journal.arrived.set()

    def stop(self, timeout: float = 5.0) -> None:
        """Finish the chunk at hand and end."""
        self._stopping.set()
        self.wake()
        if self._thread is not None:
            self._thread.join(timeout)
            self._thread = None

    @property
    def is_running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _rest(self, took: float) -> bool:
        """While signals are coming in, leave the processor to them as long again as the chunk took."""
        if journal.is_busy():
            self._stopping.wait(min(took, LONGEST_REST))
        return self._stopping.is_set()

    def _run(self) -> None:
        pause, heard_at = self._every, time.monotonic()
        while not self._stopping.is_set():
            if journal.arrived.wait(pause):
                heard_at = time.monotonic()
            journal.arrived.clear()
            if self._stopping.is_set():
                break
            try:
                close_old_connections()
                drain(rest=self._rest)
                if time.monotonic() - heard_at > QUIET:
                    put_in_order()
                    heard_at = math.inf  # once in each quiet time
                pause = self._every
            except Exception:
                pause = min(pause * 2, 30.0)
                log.exception("loading failed; the journal keeps the signals", again_in_seconds=pause)
                self._stopping.wait(pause)
        connections.close_all()
