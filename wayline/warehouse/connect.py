"""Opens the warehouse and hands it out. Nobody outside this area asks which engine it is."""

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import Protocol

import ibis
import ibis.expr.operations as ops
import pyarrow as pa
from django.conf import settings

from wayline.kit.refusals import Refusal
from wayline.warehouse import tables

# Far from anything that happened.
STAND_IN = datetime(1905, 1, 1)
# Merging nested selects is half of the time to compile, and engines do it anyway.
ibis.options.sql.fuse_selects = False


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
    """SQL by expression: Ibis takes 10 to 50 ms to compile, which a page of many numbers cannot afford.

    Expressions that differ only in their moments share one text, into which the moments are written: the next
    period, the next hour and the next signal ask in the same shape.
    """

    def __init__(self, dialect: str, size: int = 512):
        self.dialect = dialect
        self._texts = Kept(size)
        self._shapes = Kept(size)
        self._moments = Kept(size)

    def sql(self, expression: ibis.Table) -> str:
        node = expression.op()
        return self._texts.get(node, lambda: self._written(node))

    def _written(self, node: ops.Node) -> str:
        moments: dict[ops.Literal, ops.Literal] = {}
        shape = node.replace(partial(_without_moment, moments))
        text = self._shapes.get(shape, lambda: self._compiled(shape.to_expr()))
        if not moments:
            return text
        said = {self._moment(stand_in): self._moment(moment) for moment, stand_in in moments.items()}
        return re.sub("|".join(map(re.escape, said)), lambda found: said[found[0]], text)

    def _moment(self, moment: ops.Literal) -> str:
        """How the engine writes a moment."""
        alone = moment.to_expr().name("moment").as_table()
        written = self._moments.get(moment, lambda: self._compiled(alone))
        return written.removeprefix("SELECT ").rpartition(" AS ")[0]

    def _compiled(self, expression: ibis.Table) -> str:
        return ibis.to_sql(expression, dialect=self.dialect, pretty=False)


def _without_moment(moments: dict, node: ops.Node, changed: dict | None) -> ops.Node:
    """The node with a stand-in for its moment; equal moments get the same one."""
    if isinstance(node, ops.Literal) and node.dtype.is_timestamp() and node.value is not None:
        stand_in = STAND_IN + timedelta(days=len(moments))
        return moments.setdefault(node, ops.Literal(stand_in, dtype=node.dtype))
    return node.__recreate__(changed) if changed else node


class Kept:
    """The texts asked for last."""

    def __init__(self, size: int):
        self._size = size
        self._texts: OrderedDict[Hashable, str] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], str]) -> str:
        with self._lock:
            if key in self._texts:
                self._texts.move_to_end(key)
                return self._texts[key]
        text = make()
        with self._lock:
            self._texts[key] = text
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
