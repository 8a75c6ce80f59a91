"""Copies everything from one engine to another, in parts that survive a kill, and compares both sides."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from wayline.kit.refusals import Refusal
from wayline.warehouse.engine import Warehouse

PART = 200_000  # signals
BUCKET = 1_000  # customers, between which parts may be cut
OURS = "move:"


class TargetNotEmpty(Refusal):
    """There are signals in the target that this move did not bring."""


class MoveOutdated(Refusal):
    """The source has been written to since the move began."""


class MoveIncomplete(Refusal):
    """The two sides differ."""


@dataclass(frozen=True)
class Part:
    """A workspace's customers from `first` up to but not including `end`."""

    workspace: int
    first: int
    end: int
    signals: int


@dataclass
class Account:
    """What one side holds: signals by workspace and kind, customers by workspace, and a sum over all rows."""

    signals: Counter = field(default_factory=Counter)
    customers: Counter = field(default_factory=Counter)
    checksum: str = ""


def move(source: Warehouse, target: Warehouse, *, say: Callable[[str], None] = print) -> Account:
    """Copy what is not copied yet and compare; the two sides are equal when this returns."""
    before = _marks(source)
    done = _begin(before, target)
    parts = list(_parts(source))
    if not done and any(_parts(target)):
        raise TargetNotEmpty(
            "The target holds signals already. Name an empty database, file or folder to move to."
        )
    waiting = [part for part in parts if part.end > done.get(_mark_of(part), part.first)]
    if len(waiting) < len(parts):
        say(f"{len(parts) - len(waiting)} of {len(parts)} parts were copied before; going on.")
    for number, part in enumerate(waiting, len(parts) - len(waiting) + 1):
        _copy(source, target, part, before)
        say(f"Copied part {number} of {len(parts)}: {part.signals:,} signals.")
    account = _compared(source, target, parts, say)
    if _marks(source) != before:
        raise MoveOutdated("Signals were loaded while they were copied. Stop every server and begin anew.")
    with target.writing() as writer:
        # A journal's mark says that all up to it is there, so it is written only after the comparison.
        for journal, mark in before.items():
            writer.mark(journal, mark)
    return account


def _begin(before: dict[str, int], target: Warehouse) -> dict[str, int]:
    """How far an earlier run came, which must have been of the same source in the same state."""
    done = {name: mark for name, mark in _marks(target, ours=True).items() if name.startswith(OURS)}
    began_at = {f"{OURS}at:{journal}": mark for journal, mark in before.items()}
    if done and any(done.get(name) != mark for name, mark in began_at.items()):
        raise MoveOutdated(
            "An earlier move to this target began before the source was last written to. Empty the target "
            "and move again."
        )
    return done


def _marks(warehouse: Warehouse, *, ours: bool = False) -> dict[str, int]:
    rows = warehouse.run(warehouse.table("marks")).to_pylist()
    return {row["journal"]: row["mark"] for row in rows if ours or not row["journal"].startswith(OURS)}


def _parts(warehouse: Warehouse) -> Iterator[Part]:
    """Neighbouring customers together, about PART signals in each."""
    buckets: Counter[tuple[int, int]] = Counter()
    for table in ("customers", "signals"):
        rows = warehouse.table(table)
        grouped = rows.group_by("workspace", bucket=(rows.customer / BUCKET).floor().cast("int64"))
        for row in warehouse.run(grouped.agg(n=ibis._.count())).to_pylist():
            buckets[row["workspace"], row["bucket"]] += row["n"] if table == "signals" else 0
    part: Part | None = None
    for (workspace, bucket), signals in sorted(buckets.items()):
        first, end = bucket * BUCKET, (bucket + 1) * BUCKET
        if part and part.workspace == workspace and part.signals + signals <= PART:
            part = Part(workspace, part.first, end, part.signals + signals)
            continue
        if part:
            yield part
        part = Part(workspace, first, end, signals)
    if part:
        yield part


def _mark_of(part: Part) -> str:
    return f"{OURS}{part.workspace}"


def _copy(source: Warehouse, target: Warehouse, part: Part, before: dict[str, int]) -> None:
    """One part in one write, with how far the move has come."""
    with target.writing() as writer:
        writer.append("signals", _rows(source, "signals", part))
        writer.replace_customers(_rows(source, "customers", part))
        writer.mark(_mark_of(part), part.end)
        for journal, mark in before.items():
            writer.mark(f"{OURS}at:{journal}", mark)


def _rows(warehouse: Warehouse, table: str, part: Part) -> pa.Table:
    rows = warehouse.table(table)
    chosen = rows.filter(
        rows.workspace == part.workspace, rows.customer >= part.first, rows.customer < part.end
    )
    return warehouse.run(chosen)


def _compared(source: Warehouse, target: Warehouse, parts: list[Part], say) -> Account:
    """What both sides hold, read back part by part; a refusal when anything differs."""
    found, copied = Account(), Account()
    sums = blake2b(digest_size=8), blake2b(digest_size=8)
    for part in parts:
        for account, checksum, warehouse in ((found, sums[0], source), (copied, sums[1], target)):
            _count(account, checksum, part, warehouse)
    strangers = sum(part.signals for part in _parts(target)) - sum(part.signals for part in parts)
    found.checksum, copied.checksum = (each.hexdigest() for each in sums)
    for (workspace, kind), number in sorted(found.signals.items()):
        say(f"Workspace {workspace}, {kind}: {number:,} signals, {copied.signals[workspace, kind]:,} copied.")
    for workspace, number in sorted(found.customers.items()):
        say(f"Workspace {workspace}: {number:,} customers, {copied.customers[workspace]:,} copied.")
    say(f"Checksum of the source {found.checksum}, of the target {copied.checksum}.")
    if found != copied or strangers:
        raise MoveIncomplete(
            "The target does not hold what the source does (see above). Nothing was switched over: empty the "
            "target and move again."
        )
    return found


def _count(account: Account, checksum, part: Part, warehouse: Warehouse) -> None:
    signals = _rows(warehouse, "signals", part).sort_by([("customer", "ascending"), ("seq", "ascending")])
    customers = _rows(warehouse, "customers", part).sort_by("customer")
    for row in signals.group_by("kind").aggregate([("seq", "count")]).to_pylist():
        account.signals[part.workspace, row["kind"]] += row["seq_count"]
    account.customers[part.workspace] += customers.num_rows
    for rows in (signals, customers):
        for column in rows.columns:
            for piece in _plain(column):
                checksum.update(piece)


def _plain(column: pa.ChunkedArray) -> Iterator[bytes]:
    """The column's values as bytes that do not depend on how an engine lays them out."""
    values = column.combine_chunks()
    if pa.types.is_map(values.type):
        offsets = values.offsets.to_numpy()
        yield np.diff(offsets).tobytes()
        own = slice(offsets[0], offsets[-1])
        yield from _plain(pa.chunked_array([values.keys[own]]))
        values = values.items[own]
    yield pc.is_null(values).cast(pa.uint8()).to_numpy(zero_copy_only=False).tobytes()
    if pa.types.is_string(values.type):
        yield pc.binary_length(values.fill_null("")).to_numpy(zero_copy_only=False).tobytes()
        yield "".join(values.fill_null("").to_pylist()).encode()
    else:
        if pa.types.is_timestamp(values.type):
            values = values.cast(pa.int64())
        yield values.fill_null(0).to_numpy(zero_copy_only=False).tobytes()
