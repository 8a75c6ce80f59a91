"""DuckDB in this process: the engine that needs no server."""

import os
import re
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakSet

import duckdb
import ibis
import numpy as np
import pyarrow as pa

from wayline.kit import durable
from wayline.kit.refusals import Refusal
from wayline.warehouse import damage, native, tables
from wayline.warehouse.compiled import CompiledQueries, defining
from wayline.warehouse.engine import (
    WarehouseDamaged,
    WarehouseFailing,
    WarehouseUnreadable,
    as_asked,
    as_stored,
    next_version,
)
from wayline.warehouse.keys import KnownHashes

if TYPE_CHECKING:
    from wayline.warehouse.own import OwnTables

QUERIES = CompiledQueries("duckdb")
AT_ONCE = 1_000_000  # rows
# Putting the log into the file compresses the latest rows anew and holds loading up: seldom, each row is
# compressed once. After a crash so much is read again, in a second.
LOG = "128MB"
SORTED_BY = '"workspace", "customer", "at", "seq"'


class WarehouseHeld(Refusal):
    """Another process has the file."""


def path_of(url: str) -> str:
    """The file that duckdb:///path/to/file names; nothing for one kept in memory."""
    path = url.removeprefix("duckdb://")
    # Like sqlite:///, the third slash may be the path's own: both /a and //a name the file /a.
    return path[1:] if path.startswith("//") else path


def open(
    url: str, *, memory: str, threads: int, own_tables: str = "", own_url: str = ""
) -> "EmbeddedWarehouse":
    """Open duckdb:///path/to/file, or duckdb:// for one kept in memory."""
    own: OwnTables | None = None
    if own_tables:
        from wayline.warehouse import own as tables_of_a_company

        own = tables_of_a_company.OwnTables(native.read(own_tables), own_url)
    return EmbeddedWarehouse(path_of(url), memory=memory, threads=threads or None, own=own)


class EmbeddedWarehouse:
    """Reads run on a cursor of their own per thread; writes go one at a time, each in a transaction."""

    def __init__(
        self,
        path: str = "",
        *,
        memory: str = "2GB",
        threads: int | None = None,
        own: "OwnTables | None" = None,
    ):
        self.path = path
        self._version = next_version()
        self._settings = (memory, threads)
        self._freshness = native.freshness()
        self._own = own
        self._is_damaged = False
        self._connection = self._opened_file()
        self._cursors = threading.local()
        self._opened: WeakSet[duckdb.DuckDBPyConnection] = WeakSet()
        self._reading, self._nobody_reads = 0, threading.Condition()
        self._cursor_lock = threading.Lock()
        self._write_lock = threading.Lock()
        self._hashes = KnownHashes(self.path)
        self._queries = QUERIES
        self._create_tables()

    @property
    def version(self) -> int:
        """Changes with every write, and every few minutes where others write too."""
        if self._own and self._freshness != native.freshness():
            self._freshness, self._version = native.freshness(), next_version()
        return self._version

    def table(self, name: str) -> ibis.Table:
        return tables.table(name)

    def run(self, expression: ibis.Expr, *, with_own_tables: bool = True) -> pa.Table:
        """The rows the expression asks for, as they were committed last."""
        expression = expression.as_table()
        sql = self._queries.sql(expression)
        with self._own_failures(), self._read() as cursor:
            if self._own is None or not with_own_tables:
                rows = cursor.sql(sql).to_arrow_table()
            else:
                with self._own.defined(cursor, expression) as defined:
                    rows = cursor.sql(defining(defined, sql) if defined else sql).to_arrow_table()
        return as_asked(rows, expression)

    @contextmanager
    def writing(self) -> Iterator["EmbeddedWriter"]:
        """One transaction: everything the writer did, or nothing."""
        with self._write_lock:
            cursor = self._new_cursor()
            cursor.execute("BEGIN")
            try:
                with self._own_failures():
                    yield EmbeddedWriter(cursor, self._hashes)
                    cursor.execute("COMMIT")
            except BaseException:
                with suppress(duckdb.Error):  # an engine that gave up has nothing to take back
                    cursor.execute("ROLLBACK")
                raise
            finally:
                cursor.close()
            self._version = next_version()

    def purge(self) -> str:
        """Write the file anew: rows that were deleted leave no bytes behind. Reading waits meanwhile."""
        if not self.path:
            return ""
        # DuckDB keeps the bytes of deleted rows in its file (docs/decisions/0170).
        anew = f"{self.path}.purged"
        Path(anew).unlink(missing_ok=True)
        with self._write_lock, self._nobody_reads:
            self._nobody_reads.wait_for(lambda: self._reading == 0)
            (name,) = self._connection.execute("SELECT current_database()").fetchone() or ("",)
            self._connection.execute(f"ATTACH '{anew.replace(chr(39), chr(39) * 2)}' AS purged")
            self._connection.execute(f'COPY FROM DATABASE "{name}" TO purged')
            self._connection.execute("DETACH purged")
            self._let_go()
            os.replace(anew, self.path)
            Path(f"{self.path}.wal").unlink(missing_ok=True)
            durable.sync(Path(self.path).parent)  # or the file with the deleted rows came back
            self._connection = self._opened_file()
            self._version = next_version()
        return ""

    def tidy(self) -> None:
        """Nothing lies about: the file is one."""

    def copy_to(self, path: Path) -> None:
        """Write everything committed into a new file. Reading goes on, writing waits."""
        with self._write_lock:
            cursor = self._new_cursor()
            (name,) = cursor.execute("SELECT current_database()").fetchone() or ("",)
            try:
                cursor.execute(f"ATTACH '{str(path).replace(chr(39), chr(39) * 2)}' AS copied")
                cursor.execute(f'COPY FROM DATABASE "{name}" TO copied')
            finally:
                cursor.execute("DETACH DATABASE IF EXISTS copied")
                cursor.close()

    def mend(self) -> str | None:
        """Put a file that was found damaged aside and begin an empty one; answers the old one's new name."""
        if not self._is_damaged:
            return None
        with self._write_lock, self._nobody_reads:
            self._nobody_reads.wait_for(lambda: self._reading == 0)
            self._let_go()
            aside = damage.put_aside(self.path, now=datetime.now(UTC))
            self._connection = self._opened_file()
            self._hashes, self._is_damaged = KnownHashes(self.path), False
            self._create_tables()
            self._version = next_version()
        return aside

    def _opened_file(self) -> duckdb.DuckDBPyConnection:
        connection = _open_file(self.path, *self._settings)
        if self._own:
            self._own.attach(connection)
        return connection

    def _let_go(self) -> None:
        """The engine gives the file back only when the last cursor on it is closed."""
        for cursor in list(self._opened):
            cursor.close()
        self._opened, self._cursors = WeakSet(), threading.local()
        self._connection.close()

    def _create_tables(self) -> None:
        with self._own_failures():
            for name, schema in tables.ALL.items():
                columns = schema.to_sqlglot_column_defs("duckdb")
                told = ", ".join(column.sql("duckdb") for column in columns)
                self._connection.execute(f'CREATE TABLE IF NOT EXISTS "{name}" ({told})')
                # Files of former versions lack the columns that came since.
                there = {row[0] for row in self._connection.execute(f'DESCRIBE "{name}"').fetchall()}
                for column in columns:
                    if column.name not in there:
                        self._connection.execute(f'ALTER TABLE "{name}" ADD COLUMN {column.sql("duckdb")}')

    @contextmanager
    def _own_failures(self) -> Iterator[None]:
        try:
            yield
        except duckdb.Error as error:
            if self.path and damage.is_meant(error):
                self._is_damaged = True
                raise WarehouseDamaged(damage.SENTENCE) from error
            if isinstance(error, duckdb.IOException | duckdb.OutOfMemoryException):
                raise WarehouseFailing(str(error)) from error
            raise

    def close(self) -> None:
        with self._write_lock:
            self._connection.close()
            if self._own:
                self._own.close()

    @contextmanager
    def _read(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._nobody_reads:
            self._reading += 1
        try:
            yield self._cursor()
        finally:
            with self._nobody_reads:
                self._reading -= 1
                self._nobody_reads.notify_all()

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        if not hasattr(self._cursors, "own"):
            self._cursors.own = self._new_cursor()
            self._opened.add(self._cursors.own)
        return self._cursors.own

    def _new_cursor(self) -> duckdb.DuckDBPyConnection:
        with self._cursor_lock:
            return self._connection.cursor()


class EmbeddedWriter:
    """What loading may do; see engine.Writer."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, hashes: KnownHashes):
        self._cursor = cursor
        self._hashes = hashes

    def append(self, table: str, rows: pa.Table) -> int:
        """Add the rows; columns they lack stay empty."""
        with self._given(as_stored(table, rows)):
            if table == "signals" and self._hashes.is_complete:
                self._hashes.add(self._hashed("given"))
            self._cursor.execute(f'INSERT INTO "{table}" BY NAME SELECT * FROM given')
        return rows.num_rows

    def replace_customers(self, rows: pa.Table) -> None:
        """Put these customers in the place of what was known of them."""
        with self._given(as_stored("customers", rows)):
            self._cursor.execute(
                "DELETE FROM customers WHERE (workspace, customer) IN (SELECT workspace, customer FROM given)"
            )
            self._cursor.execute("INSERT INTO customers BY NAME SELECT * FROM given")

    def replace_signals(self, workspace: int, seqs: list[int], rows: pa.Table) -> None:
        """Put these rows in the place of the signals with these numbers; either may be none."""
        if seqs:
            with self._given(pa.table({"seq": pa.array(seqs, pa.int64())})):
                self._cursor.execute(
                    "DELETE FROM signals WHERE workspace = ? AND seq IN (SELECT seq FROM given)", [workspace]
                )
        if rows.num_rows:
            self.append("signals", rows)

    def marks(self) -> dict[str, int]:
        """How far each part of the journal has been loaded."""
        return dict(self._cursor.execute("SELECT journal, max(mark) FROM marks GROUP BY ALL").fetchall())

    def mark(self, journal: str, mark: int) -> None:
        """Remember how far this part of the journal has been loaded."""
        self._cursor.execute("DELETE FROM marks WHERE journal = ?", [journal])
        self._cursor.execute("INSERT INTO marks VALUES (?, ?)", [journal, mark])

    def known_keys(self, workspace: int, keys: list[str]) -> set[str]:
        """Those of the keys that the workspace's signals have already."""
        if not self._hashes.is_complete:
            self._hash_everything()
        with self._given(pa.table({"key": pa.array(keys, pa.string())})):
            if not self._hashes.any_of(self._hashed("given")):
                return set()
            found = self._cursor.execute(
                "SELECT key FROM signals WHERE workspace = ? AND key IN (SELECT key FROM given)", [workspace]
            )
            return {key for (key,) in found.fetchall()}

    def _hashed(self, table: str) -> np.ndarray:
        return self._cursor.execute(f"SELECT hash(key) AS hashed FROM {table}").fetchnumpy()["hashed"]

    def _hash_everything(self) -> None:
        """Once in a process, so that the first load after a start takes a second for ten million signals."""
        for part in self._cursor.sql("SELECT hash(key) AS hashed FROM signals").to_arrow_reader(AT_ONCE):
            self._hashes.add(part["hashed"].to_numpy())
        self._hashes.is_complete = True

    def reassign(self, workspace: int, owners: dict[int, int]) -> None:
        """The signals recognised as each profile belong to its customer from now on."""
        given = {
            "profile": pa.array(owners.keys(), pa.int64()),
            "owner": pa.array(owners.values(), pa.int64()),
        }
        with self._given(pa.table(given)):
            self._cursor.execute(
                "UPDATE signals SET customer = owner FROM given WHERE workspace = ?"
                " AND signals.profile = given.profile AND customer <> owner",
                [workspace],
            )

    def forget_source(self, workspace: int, source: str) -> int:
        """Delete the signals of this source; how many they were."""
        return self._count("DELETE FROM signals WHERE workspace = ? AND source = ?", [workspace, source])

    def forget_customers(self, workspace: int, customers: list[int]) -> int:
        """Delete these customers and their signals; how many signals they were."""
        with self._given(pa.table({"customer": pa.array(customers, pa.int64())})):
            theirs = "WHERE workspace = ? AND customer IN (SELECT customer FROM given)"
            self._cursor.execute(f"DELETE FROM customers {theirs}", [workspace])
            return self._count(f"DELETE FROM signals {theirs}", [workspace])

    def compact(self) -> None:
        """Put the signals into the order flows read them in, which makes flows several times faster."""
        self._cursor.execute(f"CREATE TEMP TABLE sorted AS FROM signals ORDER BY {SORTED_BY}")
        self._cursor.execute("TRUNCATE signals")
        self._cursor.execute("INSERT INTO signals FROM sorted")
        self._cursor.execute("DROP TABLE sorted")

    def _count(self, sql: str, values: list) -> int:
        (number,) = self._cursor.execute(sql, values).fetchone() or (0,)
        return number

    @contextmanager
    def _given(self, rows: pa.Table) -> Iterator[None]:
        self._cursor.register("given", rows)
        try:
            yield
        finally:
            self._cursor.unregister("given")


def _open_file(path: str, memory: str, threads: int | None) -> duckdb.DuckDBPyConnection:
    if path:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        damage.drop_empty(Path(path))
    spill = f"{path}.tmp" if path else str(Path(tempfile.gettempdir()) / f"wayline-{os.getpid()}.tmp")
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": memory,
        "temp_directory": spill,
        "wal_autocheckpoint": LOG,
        "autoload_known_extensions": False,
        "autoinstall_known_extensions": False,
        "python_enable_replacements": False,  # a name in SQL is a table, never one of our variables
    }
    if threads:
        settings["threads"] = threads
    try:
        connection = duckdb.connect(path or ":memory:", config=settings)
        if path:
            durable.sync(Path(path).parent)  # a new file keeps its name
        return connection
    except duckdb.Error as error:
        if path and damage.is_meant(error):
            raise WarehouseDamaged(f"The file of signals {path} is damaged: {error}") from error
        if not isinstance(error, duckdb.IOException):
            where = path or "in memory"
            raise WarehouseUnreadable(f"The warehouse {where} cannot be opened: {error}") from error
        raise _held_or_unreadable(path, str(error)) from error


def _held_or_unreadable(path: str, reason: str) -> Refusal:
    if "lock" not in reason:
        return WarehouseUnreadable(f"The warehouse file {path} cannot be opened: {reason}")
    holder = re.search(r"\(?PID (\d+)\)?", reason)
    name = f"the process {holder[1]} ({_command_of(holder[1])})" if holder else "another process"
    return WarehouseHeld(
        f"The signals in {path} are held by {name}, and only one process can have them. "
        "Ask the running server instead, or stop it first."
    )


def _command_of(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ").strip()[:120] or "unknown"
    except OSError:
        return "unknown"
