"""Renames the stored signals of a merged name, and gives them their own name back."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from wayline.warehouse import connect

from .rules import SPELLING

AT_ONCE = 50_000


def follow(writer: connect.Writer, workspace: int, *, kind: str, spelling: str, name: str, is_undone: bool):
    """Let the stored signals follow a merge of two names, or its undoing."""
    signals = connect.current().table("signals")
    own = signals.filter(signals.workspace == workspace, signals.kind == kind)
    if is_undone:
        chosen = own.filter(own.name == name, own.properties.get(SPELLING) == spelling)
        for rows in _in_parts(chosen):
            writer.replace_signals(workspace, rows["seq"].to_pylist(), _renamed(rows, spelling, None))
    else:
        for rows in _in_parts(own.filter(own.name == spelling)):
            writer.replace_signals(workspace, rows["seq"].to_pylist(), _renamed(rows, name, spelling))


def _in_parts(chosen) -> Iterator[pa.Table]:
    # What the writer's transaction changed is not seen here, so the place to go on from is kept.
    last = -1
    while True:
        part = chosen.filter(chosen.seq > last).order_by("seq").limit(AT_ONCE)
        rows = connect.run_stored(part)
        if not rows.num_rows:
            return
        yield rows
        last = pc.max(rows["seq"]).as_py()


def _renamed(rows: pa.Table, name: str, spelling: str | None) -> pa.Table:
    """The rows under this name; what they were called before is kept, or let go when there is nothing."""
    kept = [[pair for pair in each or [] if pair[0] != SPELLING] for each in rows["properties"].to_pylist()]
    if spelling is not None:
        kept = [[*each, (SPELLING, spelling)] for each in kept]
    columns = {
        "name": pa.array([name] * rows.num_rows, pa.string()),
        "properties": pa.array(kept, pa.map_(pa.string(), pa.string())),
    }
    return pa.table({column: columns.get(column, rows[column]) for column in rows.column_names})
