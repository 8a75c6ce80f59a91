"""What every engine is and can do, whichever it is."""

from contextlib import AbstractContextManager
from itertools import count
from typing import Protocol

import ibis
import pyarrow as pa

from wayline.kit.refusals import Refusal
from wayline.warehouse import tables


class WarehouseUnknown(Refusal):
    """The address names an engine that is not there."""


class WarehouseFailing(Exception):
    """The engine cannot work just now, whatever it is asked: no disk, no memory."""


class WarehouseUnreadable(Refusal):
    """The file cannot be opened as a warehouse."""


class WarehouseDamaged(Refusal):
    """The engine finds its own file damaged; see damage.py."""

    status = 503


class Writer(Protocol):
    """What loading may do inside one transaction."""

    def append(self, table: str, rows: pa.Table) -> int: ...

    def replace_customers(self, rows: pa.Table) -> None: ...

    def marks(self) -> dict[str, int]: ...

    def mark(self, journal: str, mark: int) -> None: ...

    def known_keys(self, workspace: int, keys: list[str]) -> set[str]: ...

    def replace_signals(self, workspace: int, seqs: list[int], rows: pa.Table) -> None: ...

    def reassign(self, workspace: int, owners: dict[int, int]) -> None: ...

    def forget_source(self, workspace: int, source: str) -> int: ...

    def forget_customers(self, workspace: int, customers: list[int]) -> int: ...

    def compact(self) -> None: ...


class Warehouse(Protocol):
    """One open warehouse: any thread may read, one at a time may write."""

    @property
    def version(self) -> int: ...

    def table(self, name: str) -> ibis.Table: ...

    def run(self, expression: ibis.Expr, *, with_own_tables: bool = True) -> pa.Table: ...

    def writing(self) -> AbstractContextManager[Writer]: ...

    def purge(self) -> str: ...

    def tidy(self) -> None: ...

    def mend(self) -> str | None: ...

    def close(self) -> None: ...


# One counter for all warehouses of the process: no two ever share a version, so a cache may key on it alone.
_versions = count(1)


def next_version() -> int:
    return next(_versions)


def as_stored(table: str, rows: pa.Table) -> pa.Table:
    """The rows in the table's own types; columns they lack are left out."""
    schema = tables.ALL[table].to_pyarrow()
    unknown = set(rows.column_names) - set(schema.names)
    if unknown:
        raise ValueError(f"The table {table} has no columns {sorted(unknown)}.")
    return pa.table(
        {field.name: rows[field.name].cast(field.type) for field in schema if field.name in rows.column_names}
    )


def as_asked(rows: pa.Table, expression: ibis.Table) -> pa.Table:
    """The rows in the types the expression promises."""
    # Engines may answer with nothing where the schema promises a value: the latest of no rows.
    wanted = pa.schema([field.with_nullable(True) for field in expression.schema().to_pyarrow()])
    return rows if rows.schema.equals(wanted) else rows.cast(wanted)
