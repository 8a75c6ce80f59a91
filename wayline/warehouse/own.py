"""A company's own tables beside ours in DuckDB: files where they lie, PostgreSQL's rows as they are needed.

What was fetched is kept for the few minutes that answers may be kept, and never on a disk of its own.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Hashable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count

import duckdb
import ibis
import structlog

from wayline.warehouse import bounds, native, statements
from wayline.warehouse.demands import Demand, demands
from wayline.warehouse.erased import ErasedPeople
from wayline.warehouse.postgresql import OwnTableUnreadable, Server

log = structlog.get_logger()
MOST_KEPT_ROWS = 20_000_000
MOST_QUESTIONS = 256
STORED = {name: f"FROM main.{name}" for name in ("signals", "customers")}
FIRST = "first seen at"


@dataclass
class Fetched:
    """Rows that were fetched, in a table of their own."""

    name: str
    rows: int = -1
    users: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


class OwnTables:
    """The tables of one mapping file, for one open warehouse."""

    def __init__(self, own: Sequence[native.OwnTable], url: str = ""):
        self._own = tuple(own)
        self._server = Server(url)
        if not url and (first := next((each.postgresql for each in own if each.postgresql), "")):
            raise native.MappingUnclear(
                f"The mapping file names the PostgreSQL table {first}: say where it is with "
                "WAYLINE_OWN_TABLES_URL=postgresql://role:password@host/database."
            )
        self._erased = ErasedPeople(self._own, self._named)
        self._lock = threading.Lock()
        self._names = count(1)
        self._fetched: OrderedDict[tuple, Fetched] = OrderedDict()
        self._types: dict[int, tuple[int, dict[str, str]]] = {}
        self._asked: OrderedDict[Hashable, dict[str, list[Demand]]] = OrderedDict()

    def attach(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Begin with nothing fetched, beside a file that was just opened."""
        with self._lock:
            self._fetched.clear()
        connection.execute("ATTACH ':memory:' AS fetched")

    def close(self) -> None:
        self._server.close()

    @contextmanager
    def defined(self, cursor: duckdb.DuckDBPyConnection, expression: ibis.Table) -> Iterator[dict[str, str]]:
        """Queries of both tables as this question needs them; their rows stay while it is answered."""
        asked = self._asked_of(expression)
        if not asked.keys() & STORED.keys():
            yield {}
            return
        with ExitStack() as stack:
            mapped = []
            for own in self._own:
                erased = self._erased.of(own, cursor)
                if not own.postgresql:
                    mapped.append(native.mapped(own, "duckdb", erased))
                    continue
                mapped.append(self._fetched_parts(own, asked, erased, cursor, stack))
            yield native.together(STORED, mapped, "duckdb")

    def _asked_of(self, expression: ibis.Table) -> dict[str, list[Demand]]:
        """What the question needs; the questions of a page come again and again."""
        node = expression.op()
        with self._lock:
            if node in self._asked:
                return self._asked[node]
        found = demands(expression)
        with self._lock:
            self._asked[node] = found
            if len(self._asked) > MOST_QUESTIONS:
                self._asked.popitem(last=False)
        return found

    def _fetched_parts(self, own, asked, erased, cursor, stack) -> dict[str, str]:
        parts = {}
        if looks := asked.get("signals"):
            statement = self._signals_statement(own, looks, erased)
            if statement:
                place = stack.enter_context(self._rows(own, statement, cursor))
                place = _whole(own, place, own.columns_of(_fields(looks)))
                parts["signals"] = native.signals_sql(own, "duckdb", place, erased)
        if looks := asked.get("customers"):
            statement = self._customers_statement(own, looks, erased)
            if statement:
                place = stack.enter_context(self._rows(own, statement, cursor))
                place = _whole(own, place, own.columns_of(_fields(looks) & {"traits"}))
                parts["customers"] = native.customers_sql(own, "duckdb", place, first=FIRST)
        return parts

    def _signals_statement(self, own: native.OwnTable, looks: list[Demand], erased) -> str:
        """The rows that the question looks at; nothing where it cannot be about this table."""
        if _is_elsewhere(own, looks):
            return ""
        types = self._types_of(own)
        where = bounds.any_of([bounds.Columns(own, types).all_of(look.known) for look in looks])
        columns = own.columns_of(_fields(looks))
        if where.is_exact and all(look.ends_of == "at" for look in looks):
            return statements.ends(own, types, columns, where, erased)
        if where.is_exact and not erased and (few := _few(looks)):
            return statements.first_rows(own, types, columns, where, **few)
        return statements.rows(own, types, columns, where, erased)

    def _customers_statement(self, own: native.OwnTable, looks: list[Demand], erased) -> str:
        if _is_elsewhere(own, looks):
            return ""
        types = self._types_of(own)
        where = bounds.any_of([bounds.Columns(own, types).all_of(look.known) for look in looks])
        columns = own.columns_of(_fields(looks) & {"traits"})
        return statements.customers(own, types, columns, where, erased, first=FIRST)

    def _types_of(self, own: native.OwnTable) -> dict[str, str]:
        """The types of its columns, asked anew every few minutes."""
        place, window = self._own.index(own), native.freshness()
        if self._types.get(place, (None,))[0] != window:
            types = self._server.types_of(own)
            self._types[place] = (window, types)
        return self._types[place][1]

    @contextmanager
    def _rows(self, own: native.OwnTable, statement: str, cursor) -> Iterator[str]:
        """A table with the statement's rows, fetched now unless it was a moment ago."""
        entry = self._entry((native.freshness(), own.postgresql, statement), cursor)
        try:
            with entry.lock:
                if entry.rows < 0:
                    entry.rows = self._fetch(own, statement, entry.name, cursor)
            yield entry.name
        finally:
            with self._lock:
                entry.users -= 1

    def _fetch(self, own: native.OwnTable, statement: str, name: str, cursor) -> int:
        began = time.monotonic()
        try:
            with self._server.read(own, statement) as reader:
                cursor.register("arriving", reader)
                try:
                    cursor.execute(f"CREATE OR REPLACE TABLE {name} AS FROM arriving")
                finally:
                    cursor.unregister("arriving")
        except OwnTableUnreadable:
            self._types.clear()  # whatever is wrong, the next question looks at the table anew
            raise
        except duckdb.InvalidInputException as error:  # the rows ended before their end
            self._types.clear()
            raise self._server.unreadable(own, error) from error
        rows = cursor.execute(f"SELECT count(*) FROM {name}").fetchall()[0][0]
        took = round(time.monotonic() - began, 2)
        log.info("rows of a company's own were fetched", table=own.postgresql, rows=rows, seconds=took)
        return rows

    def _entry(self, key: tuple, cursor) -> Fetched:
        """The place for these rows; makes room by dropping what is old or was asked for longest ago."""
        with self._lock:
            entry = self._fetched.get(key)
            if entry is None:
                entry = self._fetched[key] = Fetched(f"fetched.rows_{next(self._names)}")
            self._fetched.move_to_end(key)
            entry.users += 1
            kept = sum(max(each.rows, 0) for each in self._fetched.values())
            for other, held in list(self._fetched.items()):
                if held.users or (other[0] == key[0] and kept <= MOST_KEPT_ROWS and held.rows >= 0):
                    continue
                kept -= max(held.rows, 0)
                del self._fetched[other]
                cursor.execute(f"DROP TABLE IF EXISTS {held.name}")
        return entry

    def _named(self, own: native.OwnTable, cursor) -> list[tuple[str, int]]:
        """How the table names its customers, with the number of each."""
        if not own.postgresql:
            return cursor.execute(native.named_sql(own, "duckdb")).fetchall()
        with self._rows(own, statements.named(own, self._types_of(own)), cursor) as name:
            return cursor.execute(native.named_sql(own, "duckdb", name)).fetchall()


def _few(looks: list[Demand]) -> dict:
    """How many rows are enough, and whether they are the latest ones, the earliest (False) or any (None)."""
    (look,) = looks if len(looks) == 1 else (Demand(frozenset()),)
    if look.most is None or (look.by and look.by[0] != "at"):
        return {}
    return {"most": look.most, "falling": look.by[1] if look.by else None}


def _fields(looks: list[Demand]) -> frozenset[str]:
    return frozenset().union(*(look.fields for look in looks))


def _is_elsewhere(own: native.OwnTable, looks: list[Demand]) -> bool:
    """Whether the question is about other workspaces or names only; then the server is left in peace."""
    said = bounds.Columns(own, {})
    return all(said.is_never(look.known) for look in looks)


def _whole(own: native.OwnTable, place: str, fetched: Sequence[str]) -> str:
    """The rows with every column that the mapping names; those nobody asked for are empty."""
    missing = [column for column in own.all_columns if column not in fetched]
    return f"(SELECT *{''.join(f', NULL AS {_name(column)}' for column in missing)} FROM {place})"


def _name(column: str) -> str:
    return f'"{column}"'
