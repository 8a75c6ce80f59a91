"""ClickHouse over HTTP: the engine for more signals than one machine holds.

ClickHouse has no transactions, so a write is numbered and its rows carry the number; readers take only rows
of committed numbers. See docs/decisions/0100-exactly-once-without-transactions.md.
"""

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import uuid4

import ibis
import ibis.expr.operations as ops
import pyarrow as pa

from wayline.warehouse import clickhouse_tables as layout
from wayline.warehouse import tables
from wayline.warehouse.clickhouse_tables import quoted
from wayline.warehouse.compiled import CompiledQueries
from wayline.warehouse.engine import WarehouseFailing, WarehouseUnknown, as_asked, as_stored, next_version

READING = {
    "join_use_nulls": 1,  # what SQL says of outer joins and of sums of nothing
    "aggregate_functions_null_for_empty": 1,
    "session_timezone": "UTC",
    "optimize_aggregation_in_order": 1,
    "max_query_size": 100_000_000,
}
WRITING = {"max_query_size": 100_000_000, "lightweight_deletes_sync": 2, "insert_distributed_sync": 1}
# A cluster's nodes must agree on the writes, and answer for the customers they hold.
CLUSTER_READING = {"distributed_product_mode": "local"}
CLUSTER_WRITING = {"insert_quorum": "auto", "insert_quorum_parallel": 0}
CLUSTER_STATE = {"select_sequential_consistency": 1}
# A commit that took longer is broken off, so that after a longer rest nobody else's can be on its way.
COMMIT_SECONDS = 2
TAKING_OVER_SECONDS = 3.0
# Errors of the rows themselves; every other one means that the engine cannot work just now.
OF_THE_ROWS = {6, 27, 33, 41, 53, 69, 70, 72, 117, 131, 321, 407, 441}


class Client(Protocol):
    """How ClickHouse is spoken to: over HTTP, or in this process by tests."""

    def ask(self, sql: str, settings: dict) -> pa.Table: ...

    def do(self, sql: str, settings: dict) -> None: ...

    def insert(self, table: str, rows: pa.Table, settings: dict) -> None: ...

    def close(self) -> None: ...


def open(url: str) -> "ClickHouseWarehouse":
    """Open clickhouse://user:password@host:port/database; clickhouses:// is TLS, ?cluster= a cluster."""
    parts = urlsplit(url)
    database = parts.path.strip("/")
    if not parts.hostname or not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", database):
        raise WarehouseUnknown(
            "WAYLINE_WAREHOUSE_URL must name a host and a database that exists: "
            "clickhouse://user:password@host:8123/wayline."
        )
    cluster = parse_qs(parts.query).get("cluster", [""])[0]
    client = HttpClient(
        host=parts.hostname,
        port=parts.port or (8443 if parts.scheme == "clickhouses" else 8123),
        username=unquote(parts.username or "default"),
        password=unquote(parts.password or ""),
        database=database,
        secure=parts.scheme == "clickhouses",
    )
    return ClickHouseWarehouse(client, cluster=cluster)


class HttpClient:
    """ClickHouse's own client."""

    def __init__(self, **address):
        import clickhouse_connect

        with _failures():
            self._client = clickhouse_connect.get_client(
                autogenerate_session_id=False,  # a session would let only one thread ask at a time
                connect_timeout=5,
                send_receive_timeout=300,
                **address,
            )

    def ask(self, sql: str, settings: dict) -> pa.Table:
        with _failures():
            return self._client.query_arrow(sql, settings=settings, use_strings=True)

    def do(self, sql: str, settings: dict) -> None:
        with _failures():
            self._client.command(sql, settings=settings)

    def insert(self, table: str, rows: pa.Table, settings: dict) -> None:
        with _failures():
            self._client.insert_arrow(table, rows, settings=settings)

    def close(self) -> None:
        self._client.close()


@contextmanager
def _failures() -> Iterator[None]:
    from clickhouse_connect.driver.exceptions import ClickHouseError
    from urllib3.exceptions import HTTPError

    try:
        yield
    except (ClickHouseError, HTTPError, OSError) as error:
        code = re.search(r"[Cc]ode:? (\d+)", str(error))
        if code and int(code[1]) in OF_THE_ROWS:
            raise
        raise WarehouseFailing(f"ClickHouse does not answer as it should: {str(error)[:500]}") from error


class _Queries(CompiledQueries):
    """SQL in which the next of no row is null, as everywhere else."""

    def _compiled(self, expression: ibis.Table) -> str:
        return super()._compiled(expression.op().replace(_with_null_beyond).to_expr())


def _with_null_beyond(node: ops.Node, changed: dict | None) -> ops.Node:
    node = node.__recreate__(changed) if changed else node
    if isinstance(node, ops.Lead | ops.Lag) and not isinstance(node.arg, ops.Cast):
        return type(node)(ops.Cast(node.arg, node.arg.dtype(nullable=True)), node.offset, node.default)
    return node


QUERIES = _Queries("clickhouse")


@dataclass(frozen=True)
class State:
    """Which writes count: up to `committed`, but for those that were broken off. Marks are the last one's."""

    committed: int
    last: int
    broken: tuple[int, ...]
    marks: dict[str, int]
    has_removed: bool

    def as_writer(self, number: int) -> "State":
        """The same with what an open write did so far."""
        broken = tuple(each for each in self.broken if each != number)
        return State(number, self.last, broken, self.marks, True)


class ClickHouseWarehouse:
    """Every query sees the writes that were committed when it began; one process at a time writes."""

    def __init__(self, client: Client, *, cluster: str = ""):
        self.client = client
        self.layout = layout.Layout(cluster)
        self.reading = READING | (CLUSTER_READING if cluster else {})
        self.settings = WRITING | (CLUSTER_WRITING if cluster else {})
        self._of_state = CLUSTER_STATE if cluster else {}
        self._queries = QUERIES
        self._write_lock = threading.Lock()
        self._version = next_version()
        self._seen = -1
        for statement in (*self.layout.creation(), *self.layout.additions()):
            client.do(statement, self.settings)

    @property
    def version(self) -> int:
        """Changes with every write, whichever process made it."""
        self.state()
        return self._version

    def state(self) -> State:
        """Which writes are committed at this moment."""
        row = self.client.ask(layout.STATE, self._of_state).to_pylist()[0]
        state = State(
            row["committed"],
            row["last"],
            tuple(sorted(row["broken"])),
            dict(row["marks"]),
            row["removed"] > 0,
        )
        if state.committed != self._seen:
            self._seen, self._version = state.committed, next_version()
        return state

    def table(self, name: str) -> ibis.Table:
        return tables.table(name)

    def run(self, expression: ibis.Expr, *, with_own_tables: bool = True) -> pa.Table:
        """The rows the expression asks for, as they were committed last."""
        expression = expression.as_table()
        sql = layout.seen_by(self._queries.sql(expression), self.state())
        return as_asked(self.client.ask(sql, self.reading), expression)

    @contextmanager
    def writing(self) -> Iterator["ClickHouseWriter"]:
        """One write: everything the writer did, or nothing."""
        with self._write_lock:
            number, state = self._claim()
            writer = ClickHouseWriter(self, number, state)
            try:
                yield writer
                self._commit(number, writer.new_marks)
            except BaseException:
                with suppress(WarehouseFailing):  # then the next write does it
                    self._break_off([number])
                raise
            if writer.has_removed or state.has_removed:
                self._sweep()

    def mend(self) -> str | None:
        """Damage is for its own servers to find and mend."""
        return None

    def purge(self) -> str:
        """Leave nothing of rows that were deleted; says when the server drops the parts it merged."""
        with self.writing() as writer:
            writer.compact()
        return "warehouse: merged anew; ClickHouse drops former parts after old_parts_lifetime (8 minutes)"

    def tidy(self) -> None:
        """The server does it itself."""

    def close(self) -> None:
        with self._write_lock:
            self.client.close()

    def _claim(self) -> tuple[int, State]:
        """A number of our own for the write, and what is committed before it."""
        number, token = self.state().last + 1, uuid4().hex
        claim = f"({number}, {quoted(token)}, 'claimed')"
        self.client.do(f"INSERT INTO writes (number, token, state) VALUES {claim}", self.settings)
        claims = self.client.ask(layout.UNFINISHED, self._of_state).to_pylist()
        others = [row["number"] for row in claims if row["number"] != number]
        if [row["tokens"] for row in claims if row["number"] == number] != [[token]]:
            raise WarehouseFailing("Another process began to write at the same moment; trying again.")
        if others:
            # They died, or lost their turn and do not know it yet: whatever they still do must not count.
            self._break_off(others)
            time.sleep(TAKING_OVER_SECONDS)
        return number, self.state()

    def _commit(self, number: int, marks: dict[str, int]) -> None:
        values = layout.marks_literal(self.state().marks | marks)
        # Not when somebody took over meanwhile: one statement looks and writes.
        sql = layout.COMMIT.format(number=number, marks=values)
        self.client.do(sql, self.settings | {"max_execution_time": COMMIT_SECONDS})
        if self.state().committed != number:
            raise WarehouseFailing("Another process took over the writing; this write is left to it.")

    def _break_off(self, numbers: list[int]) -> None:
        self.client.do(layout.BREAK_OFF.format(numbers=layout.numbers(numbers)), self.settings)

    def _sweep(self) -> None:
        """Delete what committed writes removed; until then it is only hidden."""
        state = self.state()
        for statement in self.layout.sweep(state):
            self.client.do(statement, self.settings)


NUMBERS_AT_ONCE = 5_000  # a statement may have 256 kB


class ClickHouseWriter:
    """What loading may do; see engine.Writer. Every step has a place of its own within the write."""

    def __init__(self, warehouse: ClickHouseWarehouse, number: int, state: State):
        self._warehouse = warehouse
        self._client = warehouse.client
        self._settings = warehouse.settings
        self._number = number
        self._before = state
        self._steps = 0
        self.new_marks: dict[str, int] = {}
        self.has_removed = False

    def append(self, table: str, rows: pa.Table) -> int:
        """Add the rows; columns they lack stay empty."""
        if rows.num_rows:
            self._insert(table, as_stored(table, rows))
        return rows.num_rows

    def replace_customers(self, rows: pa.Table) -> None:
        """Put these customers in the place of what was known of them: of each, the latest row counts."""
        self.append("customers", rows)

    def marks(self) -> dict[str, int]:
        """How far each part of the journal has been loaded."""
        return self._before.marks | self.new_marks

    def mark(self, journal: str, mark: int) -> None:
        """Remember how far this part of the journal has been loaded; written with the commit."""
        self.new_marks[journal] = mark

    def known_keys(self, workspace: int, keys: list[str]) -> set[str]:
        """Those of the keys that the workspace's signals have already."""
        given = ",".join(keys)
        found = self._ask(
            f"SELECT DISTINCT key FROM signals WHERE workspace = {int(workspace)} "
            f"AND key IN (SELECT arrayJoin(splitByChar(',', {quoted(given)})))"
        )
        return set(found["key"].to_pylist())

    def replace_signals(self, workspace: int, seqs: list[int], rows: pa.Table) -> None:
        """Put these rows in the place of the signals with these numbers; either may be none."""
        for start in range(0, len(seqs), NUMBERS_AT_ONCE):
            some = layout.numbers(seqs[start : start + NUMBERS_AT_ONCE])
            self._remove(f"workspace = {int(workspace)} AND seq IN ({some})")
        self.append("signals", rows)

    def reassign(self, workspace: int, owners: dict[int, int]) -> None:
        """The signals recognised as each profile belong to its customer from now on."""
        if not owners:
            return
        profiles, customers = layout.numbers(owners.keys()), layout.numbers(owners.values())
        owner = f"transform(profile, [{profiles}], [{customers}], customer)"
        theirs = f"workspace = {int(workspace)} AND profile IN ({profiles}) AND customer <> {owner}"
        if not self._ask(f"SELECT count() AS n FROM signals WHERE {theirs}")["n"][0].as_py():
            return
        names = ", ".join(tables.SIGNALS.names)
        moved = ", ".join(
            f"{owner} AS owner" if name == "customer" else name for name in tables.SIGNALS.names
        )
        self._do(
            f"INSERT INTO signals_rows ({names}, batch) ",
            f"SELECT {moved}, toInt64({self._step()}) FROM signals WHERE {theirs}",
        )
        self._remove(theirs)

    def forget_source(self, workspace: int, source: str) -> int:
        """Delete the signals of this source; how many they were."""
        return self._remove(f"workspace = {int(workspace)} AND source = {quoted(source)}")

    def forget_customers(self, workspace: int, customers: list[int]) -> int:
        """Delete these customers and their signals; how many signals they were."""
        if not customers:
            return 0
        theirs = f"workspace = {int(workspace)} AND customer IN ({layout.numbers(customers)})"
        self._do(
            "INSERT INTO removed (kind, workspace, id, batch, number) ",
            f"SELECT 'customers', workspace, customer, batch, {self._number} "
            f"FROM customers_rows WHERE {theirs}",
        )
        self._do(
            "INSERT INTO customers_rows (workspace, customer, is_gone, batch) ",
            f"SELECT workspace, customer, 1, toInt64({self._step()}) FROM customers WHERE {theirs}",
        )
        return self._remove(theirs)

    def compact(self) -> None:
        """Drop for good what no reader sees any more; the tables keep their order by themselves."""
        for statement in self._warehouse.layout.compaction(self._before):
            self._client.do(statement, self._settings)

    def _remove(self, condition: str) -> int:
        count = self._ask(f"SELECT count() AS n FROM signals WHERE {condition}")["n"][0].as_py()
        self.has_removed = True
        if count:
            self._do(
                "INSERT INTO removed (kind, workspace, id, batch, number) ",
                f"SELECT 'signals', workspace, seq, batch, {self._number} FROM signals WHERE {condition}",
            )
        return count

    def _insert(self, table: str, rows: pa.Table) -> None:
        rows = rows.append_column("batch", pa.array([self._step()] * rows.num_rows, pa.int64()))
        # Sent again after a lost answer, the same block is recognised and not stored twice.
        token = {"insert_deduplication_token": f"{self._number}:{self._steps}"}
        self._client.insert(f"{table}_rows", rows, self._settings | token)

    def _step(self) -> int:
        self._steps += 1
        return (self._number << layout.STEP_BITS) + self._steps

    def _seen(self) -> State:
        return self._before.as_writer(self._number)

    def _ask(self, sql: str) -> pa.Table:
        return self._client.ask(layout.seen_by(sql, self._seen(), raw=True), self._warehouse.reading)

    def _do(self, insert: str, select: str) -> None:
        self._client.do(insert + layout.seen_by(select, self._seen(), raw=True), self._settings)
