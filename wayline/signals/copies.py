"""A workspace's signals as they leave it whole, and as they are put into another one.

What leaves keeps its own numbers. What arrives gets new ones: of the workspace, the customers, the journal's
entries, and with them the places of signals and the keys by which a repeat is recognised.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import msgspec
import numpy as np
import pyarrow as pa
from django.conf import settings
from django.db import connections, transaction

from wayline.kit.refusals import Refusal
from wayline.warehouse import connect, tables

from . import journal, load
from .derived.applying import FIRST_SEQ
from .filters import SECOND_LENGTH
from .models import JournalEntry
from .registry import PLACES
from .rows import refresh_customers, stored_key
from .vocabulary import PROFILE_KINDS

PART = 100_000  # signals
BUCKET = 1_000  # customers, between which parts may be cut
ENTRIES = 500
ORDER = {"signals": ("customer", "at", "seq"), "customers": ("customer",)}
CALLS = pa.schema(
    [
        ("entry", pa.int64()),
        ("source", pa.string()),
        ("received_at", pa.timestamp("us")),
        ("count", pa.int64()),
        ("refused", pa.int64()),
        ("digest", pa.string()),
        ("calls", pa.string()),  # the batch as JSON; none where it cannot be read
        ("packed", pa.binary()),  # its bytes as they are, where it cannot be read
    ]
)


class SignalsDamaged(Refusal):
    """The files name what they do not hold."""


def leaving(table: str, workspace: int) -> Iterator[pa.Table]:
    """The workspace's rows of a table of the warehouse, in parts, in an order of their own."""
    rows = connect.current().table(table)
    for first, end in _parts(table, workspace):
        part = rows.filter(rows.workspace == workspace, rows.customer >= first, rows.customer < end)
        yield connect.run_stored(part.order_by(list(ORDER[table])))


def _parts(table: str, workspace: int) -> Iterator[tuple[int, int]]:
    rows = connect.current().table(table)
    own = rows.filter(rows.workspace == workspace)
    grouped = own.group_by(bucket=(own.customer / BUCKET).floor().cast("int64"))
    counted = connect.run_stored(grouped.agg(n=own.count())).to_pylist()
    first = end = n = 0
    for row in sorted(counted, key=lambda row: row["bucket"]):
        if n and n + row["n"] > PART:
            yield first, end
            n = 0
        first = first if n else row["bucket"] * BUCKET
        end, n = (row["bucket"] + 1) * BUCKET, n + row["n"]
    if n:
        yield first, end


def calls(workspace: int) -> Iterator[pa.Table]:
    """Every batch of the journal that is loaded, as JSON, in the order of arrival."""
    entries = JournalEntry.objects.filter(workspace_id=workspace, pk__lte=load.loaded_mark())
    last = 0
    while part := list(entries.filter(pk__gt=last).order_by("pk")[:ENTRIES]):
        last = part[-1].pk
        yield pa.Table.from_pylist([_call(entry) for entry in part], CALLS)


def _call(entry: JournalEntry) -> dict:
    body = bytes(entry.body)
    row = {
        "entry": entry.pk,
        "source": entry.source,
        "received_at": entry.received_at.replace(tzinfo=None),
        "count": entry.count,
        "refused": entry.refused,
        "digest": entry.digest,
    }
    try:
        signals, places, refused = journal.decode(body)
    except Exception:
        return row | {"packed": body}
    return row | {"calls": msgspec.json.encode(journal.Body(signals, refused, places)).decode()}


def rows_of(workspace: int) -> int:
    """How many rows of the workspace the warehouse has."""
    warehouse, counted = connect.current(), 0
    for name in ORDER:
        rows = warehouse.table(name)
        own = rows.filter(rows.workspace == workspace)
        counted += connect.run_stored(own.agg(n=own.count()))["n"][0].as_py()
    return counted


@dataclass
class Numbers:
    """What each number of the files is here."""

    origin: int
    workspace: int
    customers: dict[int, int]
    entries: dict[int, int]
    source: Callable[[str], str]
    keys: "Keys" = field(default_factory=lambda: Keys())


class Keys:
    """The keys of signals in their new workspace, by their places in the journal."""

    def __init__(self) -> None:
        self._places: list[int] = []
        self._keys: list[str] = []
        self._sorted: np.ndarray | None = None

    def add(self, seq: int, key: str) -> None:
        self._places.append(seq)
        self._keys.append(key)
        self._sorted = None

    def of(self, seqs: np.ndarray, otherwise: list[str]) -> list[str]:
        """The new keys; what the journal does not hold any more keeps the one it has."""
        if not self._places:
            return otherwise
        if self._sorted is None:
            places = np.array(self._places, dtype=np.int64)
            self._order = np.argsort(places)
            self._sorted = places[self._order]
        found = np.searchsorted(self._sorted, seqs).clip(max=len(self._places) - 1)
        is_there = self._sorted[found] == seqs
        return [
            self._keys[self._order[place]] if known else old
            for place, known, old in zip(found.tolist(), is_there.tolist(), otherwise, strict=True)
        ]


def entries_of(parts: Iterable[pa.Table]) -> set[int]:
    """The journal's entries that signals came from."""
    found: set[int] = set()
    for part in parts:
        seqs = part["seq"].to_numpy()
        found.update(np.unique(seqs[seqs < FIRST_SEQ] // PLACES).tolist())
    return found


def reserve(entries: set[int]) -> dict[int, int]:
    """Numbers of the journal for these entries, in their order, which nobody else will get."""
    if not entries:
        return {}
    connection = connections[settings.JOURNAL_DATABASE]
    with transaction.atomic(using=settings.JOURNAL_DATABASE), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [journal.WRITERS_LOCK])
            cursor.execute(
                "SELECT setval(s, nextval(s) + %s)"
                " FROM pg_get_serial_sequence('signals_journalentry', 'id') AS s",
                [len(entries)],
            )
            last = cursor.fetchone()[0]
        else:
            # SQLite's AUTOINCREMENT counts by this table; of a new installation it has no row yet.
            cursor.execute(
                "INSERT INTO sqlite_sequence (name, seq) SELECT 'signals_journalentry', 0"
                " WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'signals_journalentry')"
            )
            cursor.execute(
                "UPDATE sqlite_sequence SET seq = seq + %s WHERE name = 'signals_journalentry' RETURNING seq",
                [len(entries)],
            )
            last = cursor.fetchone()[0]
    first = last - len(entries) + 1
    return {entry: first + number for number, entry in enumerate(sorted(entries))}


def bring_calls(parts: Iterable[pa.Table], numbers: Numbers) -> int:
    """Put the batches into the journal, behind what is loaded, so that nobody loads them again."""
    brought = 0
    decoder = msgspec.json.Decoder(journal.Body)
    for part in parts:
        entries = [_entry(row, numbers, decoder) for row in part.to_pylist()]
        with transaction.atomic(using=settings.JOURNAL_DATABASE):
            JournalEntry.objects.bulk_create(entries)
        brought += len(entries)
    return brought


def _entry(row: dict, numbers: Numbers, decoder: msgspec.json.Decoder) -> JournalEntry:
    number = numbers.entries[row["entry"]]
    packed = row["packed"]
    if row["calls"] is not None:
        body = decoder.decode(row["calls"])
        places = body.places if body.places is not None else list(range(len(body.signals)))
        for signal, place in zip(body.signals, places, strict=True):
            signal.source = numbers.source(signal.source) if signal.source else signal.source
            if signal.kind not in PROFILE_KINDS:
                numbers.keys.add(number * PLACES + place, stored_key(numbers.workspace, signal.key))
        packed = journal.rewritten(body.signals, places, body.refused)
    return JournalEntry(
        pk=number,
        workspace_id=numbers.workspace,
        source=numbers.source(row["source"]),
        received_at=tables.aware(row["received_at"]),
        count=row["count"],
        refused=row["refused"],
        body=packed,
        digest=row["digest"],
    )


def bring_rows(signals: Iterable[pa.Table], customers: Iterable[pa.Table], numbers: Numbers) -> Counter[str]:
    """Put signals and customers into the warehouse, all of them or none where the engine can, and count."""
    brought: Counter[str] = Counter()
    after = _last_concluded()
    with connect.current().writing() as writer:
        for part in customers:
            part = _renumbered(part, numbers, ("customer",))
            if "facts" in part.column_names:
                writer.replace_customers(_with_facts(part, numbers))
            else:  # written by a version that did not tell them
                refresh_customers(writer, numbers.workspace, part["customer"].to_pylist())
            brought["customers"] += part.num_rows
        for part in signals:
            writer.append("signals", _signals(part, numbers, after + brought["signals"]))
            brought["signals"] += part.num_rows
        if numbers.entries:
            last = max(numbers.entries.values())
            writer.mark(load.JOURNAL, max(last, writer.marks().get(load.JOURNAL, 0)))
    return brought


def _last_concluded() -> int:
    signals = connect.current().table("signals")
    last = connect.run_stored(signals.filter(signals.seq >= FIRST_SEQ).agg(seq=signals.seq.max()))
    return last["seq"][0].as_py() or FIRST_SEQ


def _signals(part: pa.Table, numbers: Numbers, concluded: int) -> pa.Table:
    old = part["seq"].to_numpy()
    is_concluded = old >= FIRST_SEQ
    entries = [numbers.entries.get(entry, -1) for entry in (old // PLACES).tolist()]
    seqs = np.array(entries, dtype=np.int64) * PLACES + old % PLACES
    seqs[is_concluded] = concluded + 1 + np.arange(len(old))[is_concluded]
    if (seqs < 0).any():
        raise SignalsDamaged("signals.parquet names a call that the export does not count.")
    sources = [source and numbers.source(source) for source in part["source"].to_pylist()]
    renumbered = _renumbered(part, numbers, ("customer", "profile"))
    for name, values in (
        ("seq", pa.array(seqs)),
        ("source", pa.array(sources, pa.string())),
        ("key", pa.array(numbers.keys.of(seqs, part["key"].to_pylist()), pa.string())),
    ):
        renumbered = renumbered.set_column(renumbered.column_names.index(name), name, values)
    return renumbered


def _renumbered(part: pa.Table, numbers: Numbers, names: tuple[str, ...]) -> pa.Table:
    own = pa.array(np.full(part.num_rows, numbers.workspace, dtype=np.int64))
    part = part.set_column(part.column_names.index("workspace"), "workspace", own)
    for name in names:
        old = part[name].to_pylist()
        try:
            values = [numbers.customers[each] for each in old]
        except KeyError as missing:
            raise SignalsDamaged(
                f"The files name the customer {missing}, who is not among the customers of the export."
            ) from None
        part = part.set_column(part.column_names.index(name), name, pa.array(values, pa.int64()))
    return part


def _with_facts(part: pa.Table, numbers: Numbers) -> pa.Table:
    """The facts, naming the sources as they are called here."""

    def renamed(fact: str) -> str:
        return f"{fact[:SECOND_LENGTH]} {numbers.source(fact[SECOND_LENGTH + 1 :])}"

    facts = [[(trait, renamed(fact)) for trait, fact in each or ()] for each in part["facts"].to_pylist()]
    place = part.column_names.index("facts")
    return part.set_column(place, "facts", pa.array(facts, part.schema.field("facts").type))


def take_away(workspace: int, customers: list[int], entries: tuple[int, int] | None) -> None:
    """Remove what an arrival that did not finish has put into the warehouse and the journal."""
    with connect.current().writing() as writer:
        writer.forget_customers(workspace, customers)
    if entries:
        with transaction.atomic(using=settings.JOURNAL_DATABASE):
            JournalEntry.objects.filter(workspace_id=workspace, pk__range=entries).delete()
