"""Opens the warehouse and hands it out. Nobody outside this area asks which engine it is."""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from typing import Protocol

import ibis
import pyarrow as pa
from django.conf import settings

from wayline.kit.refusals import Refusal
from wayline.warehouse import tables


class WarehouseUnknown(Refusal):
    """The address names an engine that is not there."""


class WarehouseFailing(Exception):
    """The engine cannot work just now, whatever it is asked: no disk, no memory."""


class Writer(Protocol):
    """What loading may do inside one transaction."""

    def append(self, table: str, rows: pa.Table) -> int: ...

    def replace_customers(self, rows: pa.Table) -> None: ...

    def marks(self) -> dict[str, int]: ...

    def mark(self, journal: str, mark: int) -> None: ...

    def known_keys(self, workspace: int, keys: list[str]) -> set[str]: ...

    def reassign(self, workspace: int, owners: dict[int, int]) -> None: ...

    def forget_source(self, workspace: int, source: str) -> int: ...

    def forget_customers(self, workspace: int, customers: list[int]) -> int: ...

    def compact(self) -> None: ...


class Warehouse(Protocol):
    """One open warehouse: any thread may read, one at a time may write."""

    @property
    def version(self) -> int: ...

    def table(self, name: str) -> ibis.Table: ...

    def run(self, expression: ibis.Expr) -> pa.Table: ...

    def writing(self) -> AbstractContextManager[Writer]: ...

    def close(self) -> None: ...


_UNBOUND = {name: ibis.table(schema, name=name) for name, schema in tables.ALL.items()}


def table(name: str) -> ibis.Table:
    """The table to build expressions on; every engine has the same ones."""
    return _UNBOUND[name]


class CompiledQueries:
    """SQL by expression: Ibis takes 5 to 15 ms to compile, which a cached page cannot afford."""

    def __init__(self, dialect: str, size: int = 512):
        self.dialect = dialect
        self._size = size
        self._texts: OrderedDict[ibis.Expr, str] = OrderedDict()
        self._lock = threading.Lock()

    def sql(self, expression: ibis.Table) -> str:
        node = expression.op()
        with self._lock:
            if node in self._texts:
                self._texts.move_to_end(node)
                return self._texts[node]
        text = ibis.to_sql(expression, dialect=self.dialect)
        with self._lock:
            self._texts[node] = text
            if len(self._texts) > self._size:
                self._texts.popitem(last=False)
        return text


# One counter for all warehouses of the process: no two ever share a version, so a cache may key on it alone.
_versions = count(1)


def next_version() -> int:
    return next(_versions)


def open(url: str) -> Warehouse:
    """Open what the address names: duckdb:///path/to/file, or duckdb:// for one kept in memory."""
    from wayline.warehouse.embedded import EmbeddedWarehouse

    scheme, _, path = url.partition("://")
    if scheme != "duckdb":
        raise WarehouseUnknown(
            f"WAYLINE_WAREHOUSE_URL must begin with duckdb://, not {scheme}://. "
            "Write duckdb:///path/to/signals.duckdb."
        )
    # Like sqlite:///, the third slash may be the path's own: both /a and //a name the file /a.
    path = path[1:] if path.startswith("//") else path
    return EmbeddedWarehouse(
        path, memory=settings.WAREHOUSE_MEMORY, threads=settings.WAREHOUSE_THREADS or None
    )


_current: Warehouse | None = None
_opening = threading.Lock()


def current() -> Warehouse:
    """This process's warehouse, opened when first asked for."""
    global _current
    if _current is None:
        with _opening:
            if _current is None:
                _current = open(settings.WAREHOUSE_URL)
    return _current


def close() -> None:
    """Close this process's warehouse so that another process may have it."""
    global _current
    with _opening:
        if _current is not None:
            _current.close()
            _current = None


@contextmanager
def using(warehouse: Warehouse) -> Iterator[Warehouse]:
    """Make this warehouse the current one for a while: tests, benchmarks and the command line."""
    global _current
    before, _current = _current, warehouse
    try:
        yield warehouse
    finally:
        _current = before
