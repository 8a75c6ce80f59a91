"""Drains the journal into profiles and the warehouse, each row exactly once.

The mark of how far the journal is loaded moves in the same warehouse transaction as the rows. The relational
part (profiles, refusals, counts) is committed just before, and does no harm when a crash makes it run again.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import pyarrow as pa
import structlog
from django.db import OperationalError, connection, transaction
from django.db.models import Max

from wayline.customers.models import Customer
from wayline.kit import collecting
from wayline.kit.refusals import Refusal
from wayline.warehouse import connect

from . import batches, intake, registry, rows
from .batches import Batch
from .models import JournalEntry, PrunedEntries, RefusedSignal, WarehouseChange
from .names import merging

log = structlog.get_logger()

CHUNK = 50_000
WORTH_SORTING = 200_000  # signals
JOURNAL, CHANGES, SORTED, FACTS = "signals", "changes", "sorted", "facts"
EVERYBODY = 1 << 62  # beyond the number of any customer: nobody is left to be told
LOADERS_LOCK = 715_002  # beside journal.WRITERS_LOCK
_loading = threading.RLock()  # a rebuild holds it and drains


class JournalPruned(Refusal):
    """The journal no longer holds everything that the warehouse does."""


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
    """Nothing is loaded meanwhile, in this process or beside it, unless by the caller."""
    # Before any transaction, everywhere: who held SQLite's one writer and waited here would wait for ever.
    with _loading:
        if connection.vendor != "postgresql":
            yield
            return
        # Several servers may share one warehouse; the same entries loaded by two at once would count twice.
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOADERS_LOCK])
        try:
            yield
        finally:
            # A lost connection has released the lock already.
            if connection.is_usable():
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_unlock(%s)", [LOADERS_LOCK])


def drain(*, rest: Callable[[float], bool] | None = None) -> Loaded:
    """Load everything the journal holds by now and the warehouse does not.

    `rest` is told how many seconds each chunk took; loading ends early when it answers True.
    """
    total = Loaded()
    # What arrives meanwhile is left for the next time: under steady load this would never return.
    last_entry, last_change = _last(JournalEntry), _last(WarehouseChange)
    while True:
        with exclusively():
            found = marks()
            mark, changed = found.get(JOURNAL, 0), found.get(CHANGES, 0)
            ids = _next_entries(mark, last_entry)
            if not ids and changed >= last_change:
                if found and found.get(FACTS, 0) < EVERYBODY:
                    _tell_facts(after=found.get(FACTS, 0))
                return total
            began = time.monotonic()
            with collecting.paused():  # half the time of a chunk
                if not (mark or changed):
                    _begin(last_change)
                total += _load_chunk(ids)
        if rest is not None and rest(time.monotonic() - began):
            return total


def _begin(last_change: int) -> None:
    """An empty warehouse follows no change from before: whoever is loaded now is loaded as things are now.

    A source that was forgotten and sent again would otherwise be forgotten once more. Customers who are known
    already are nothing new to the loading that follows, so they are written first.
    """
    if marks():
        return
    known: dict[int, list[int]] = defaultdict(list)
    for workspace, customer in Customer.objects.filter(merged_into=None).values_list("workspace", "pk"):
        known[workspace].append(customer)
    with connect.current().writing() as writer:
        for workspace, customers in known.items():
            rows.refresh_customers(writer, workspace, customers)
        writer.mark(CHANGES, last_change)
        writer.mark(FACTS, EVERYBODY)


def _tell_facts(*, after: int) -> None:
    """Tell a warehouse of a former version who told the traits of its customers, and when: some at a time."""
    everybody = Customer.objects.filter(merged_into=None, pk__gt=after).order_by("pk")
    waiting: dict[int, list[int]] = defaultdict(list)
    for workspace, customer in everybody.values_list("workspace", "pk")[: rows.AT_ONCE]:
        waiting[workspace].append(customer)
    with connect.current().writing() as writer:
        for workspace, customers in waiting.items():
            rows.refresh_customers(writer, workspace, customers)
        writer.mark(FACTS, max((each[-1] for each in waiting.values()), default=EVERYBODY))


def _last(model: type[JournalEntry] | type[WarehouseChange]) -> int:
    return model.objects.aggregate(last=Max("pk"))["last"] or 0


def rebuild() -> Loaded:
    """Build the warehouse's rows anew from the journal, for the profiles as they are now."""
    with exclusively():
        if PrunedEntries.objects.exists():
            raise JournalPruned(
                "The journal does not reach back to the beginning, so older signals would be lost. "
                "Restore the warehouse from a backup instead; what came later is loaded from the journal."
            )
        with connect.current().writing() as writer:
            for workspace, source in registry.sources():
                writer.forget_source(workspace, source)
            # What rules concluded went with the sources, and is concluded anew.
            for name in [name for name in writer.marks() if name.startswith("rule:")]:
                writer.mark(name, 0)
            writer.mark(JOURNAL, 0)
        return drain()


def loaded_mark() -> int:
    """The last journal entry that the warehouse has."""
    return marks().get(JOURNAL, 0)


def waiting() -> int:
    """How many batches of the journal the warehouse does not have, asked of the warehouse itself."""
    return JournalEntry.objects.filter(pk__gt=loaded_mark()).count()


def put_in_order() -> bool:
    """Sort the warehouse once a quarter of it came since the last time; sorted, it is read much faster."""
    with exclusively():
        warehouse = connect.current()
        signals = warehouse.table("signals")
        there = connect.run_stored(signals.agg(n=signals.count()))["n"][0].as_py()
        if there - marks().get(SORTED, 0) < max(WORTH_SORTING, there // 4):
            return False
        with warehouse.writing() as writer:
            writer.compact()
            writer.mark(SORTED, there)
        return True


def marks() -> dict[str, int]:
    """How far the warehouse has come, by what it follows."""
    warehouse = connect.current()
    return {row["journal"]: row["mark"] for row in warehouse.run(warehouse.table("marks")).to_pylist()}


def _next_entries(mark: int, last: int) -> list[int]:
    ids: list[int] = []
    signals = 0
    waiting = JournalEntry.objects.filter(pk__gt=mark, pk__lte=last).order_by("pk")
    for pk, count in waiting.values_list("pk", "count")[:CHUNK]:
        if ids and signals + count > CHUNK:
            break
        ids.append(pk)
        signals += count
    return ids


def _load_chunk(ids: list[int]) -> Loaded:
    try:
        return _load_entries(ids)
    # No signal's fault: halving would end at one that is sound, and refuse it.
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
            loaded = _load(writer, batches.of_entries(entries, refusals), refusals, counted=ids)
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
    for batch in batches.of_entries([entry], refusals):
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


def _load_halves(batch: Batch, refusals: list[RefusedSignal]) -> Loaded:
    try:
        with connect.current().writing() as writer:
            return _load(writer, [batch], [], counted=())
    except (OperationalError, connect.WarehouseFailing, Refusal):
        raise
    except Exception as error:
        if len(batch.signals) > 1:
            middle, end = len(batch.signals) // 2, len(batch.signals)
            return _load_halves(batch.chosen(range(middle)), refusals) + _load_halves(
                batch.chosen(range(middle, end)), refusals
            )
        batch.refuse(0, f"It could not be loaded: {error}.", refusals)
        return Loaded()


def _load(
    writer: connect.Writer, heard: list[Batch], refusals: list[RefusedSignal], *, counted: Sequence[int]
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
        for batch in heard:
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
    waiting = list(WarehouseChange.objects.filter(pk__gt=marks().get(CHANGES, 0)).order_by("pk"))
    profiles: dict[int, set[int]] = defaultdict(set)
    for change in waiting:
        if change.kind == WarehouseChange.Kind.PROFILES:
            profiles[change.workspace_id].update(change.subject)
        elif change.kind == WarehouseChange.Kind.NAMES:
            merging.follow(writer, change.workspace_id, **change.subject)
        else:
            writer.forget_source(change.workspace_id, change.subject["source"])
            writer.forget_customers(change.workspace_id, change.subject["customers"])
            rows.refresh_customers(writer, change.workspace_id, change.subject["changed"])
    for workspace, group in profiles.items():
        rows.reconcile(writer, workspace, group)
    if waiting:
        writer.mark(CHANGES, waiting[-1].pk)
