"""How the tables lie in ClickHouse, and the SQL that keeps them.

The statements of a cluster are those of deploy/clickhouse-cluster.sql; a test compares them.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import ibis

from wayline.warehouse import tables
from wayline.warehouse.compiled import defining

# Columns that came after the first tables were made.
ADDED = {"customers": ("facts",)}
STEP_BITS = 20  # a row's batch is its write's number times this, plus the step within it
ORDER = {
    "signals": "workspace, customer, at, seq",
    "customers": "workspace, customer, batch",
}
TYPES = {
    "Int64": "Int64",
    "Float64": "Float64",
    "String": "String",
    "Timestamp": "DateTime64(6, 'UTC')",
    "Map": "Map(String, String)",
}
OF_WRITES = (
    "SELECT number, countIf(state = 'committed') > 0 AND countIf(state = 'broken') = 0 AS is_committed, "
    "argMax(marks, state = 'committed') AS its_marks FROM writes GROUP BY number"
)
STATE = (
    "SELECT maxIf(number, is_committed) AS committed, max(number) AS last, "
    "argMax(its_marks, number * is_committed) AS marks, groupArrayIf(number, NOT is_committed) AS broken, "
    f"(SELECT count() FROM removed) AS removed FROM ({OF_WRITES})"
)
UNFINISHED = (
    "SELECT number, groupUniqArray(token) AS tokens FROM writes GROUP BY number "
    "HAVING countIf(state IN ('committed', 'broken')) = 0 ORDER BY number"
)
# One statement looks and writes, as ClickHouse has no transactions (docs/decisions/0100).
COMMIT = (
    "INSERT INTO writes (number, token, state, marks) SELECT {number}, '', 'committed', {marks} "
    "WHERE (SELECT countIf(number > {number} OR number = {number} AND state = 'broken') FROM writes) = 0"
)
# A paused writer may have come back and committed since UNFINISHED was asked.
BREAK_OFF = (
    "INSERT INTO writes (number, token, state) SELECT arrayJoin([{numbers}]) AS gone, '', 'broken' "
    "WHERE gone NOT IN (SELECT number FROM writes WHERE state = 'committed')"
)


def quoted(text: str) -> str:
    """The text as a literal."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("\0", "\\0") + "'"


def numbers(values: Iterable[int]) -> str:
    return ", ".join(str(int(value)) for value in values)


def marks_literal(marks: dict[str, int]) -> str:
    pairs = ", ".join(f"{quoted(name)}, toInt64({int(mark)})" for name, mark in marks.items())
    return f"map({pairs})" if pairs else "CAST(map() AS Map(String, Int64))"


def seen_by(sql: str, state, *, raw: bool = False) -> str:
    """The query with the three tables defined before it as they are in this state.

    `raw` keeps the batch of the signals, which writers need.
    """
    counts = f"batch < {(state.committed + 1) << STEP_BITS}"
    if state.broken:
        counts += f" AND bitShiftRight(batch, {STEP_BITS}) NOT IN ({numbers(state.broken)})"
    signals = counts
    if state.has_removed:
        removed = (
            f"SELECT workspace, id, batch FROM removed WHERE kind = 'signals' AND number <= {state.committed}"
        )
        if state.broken:
            removed += f" AND number NOT IN ({numbers(state.broken)})"
        signals += f" AND (workspace, seq, batch) NOT IN ({removed})"
    columns = ", ".join(tables.SIGNALS.names) + (", batch" if raw else "")
    others = [name for name in tables.CUSTOMERS.names if name not in ("workspace", "customer")]
    latest = ", ".join(f"argMax({name}, batch) AS latest_{name}" for name in others)
    named = ", ".join(f"latest_{name} AS {name}" for name in others)
    marks = f"SELECT arrayJoin({marks_literal(state.marks)}) AS pair" if state.marks else ""
    defined = {
        "signals": f"SELECT {columns} FROM signals_rows WHERE {signals}",
        "customers": f"SELECT workspace, customer, {named} FROM (SELECT workspace, customer, {latest}, "
        f"argMax(is_gone, batch) AS gone FROM customers_rows WHERE {counts} "
        "GROUP BY workspace, customer) WHERE gone = 0",
        "marks": f"SELECT pair.1 AS journal, pair.2 AS mark FROM ({marks})"
        if marks
        else "SELECT '' AS journal, toInt64(0) AS mark WHERE 0",
    }
    return defining(defined, sql)


@dataclass(frozen=True)
class Layout:
    """Where rows lie: in one server's tables, or in the local tables of a cluster behind distributed ones."""

    cluster: str = ""

    @property
    def _on(self) -> str:
        return f" ON CLUSTER {self.cluster}" if self.cluster else ""

    def _local(self, table: str) -> str:
        return f"{table}_local" if self.cluster else table

    def creation(self) -> list[str]:
        """The statements that make the tables, unless they are there."""
        statements = []
        for name in ("signals", "customers"):
            columns = ", ".join(f"{column} {_type_of(kind)}" for column, kind in tables.ALL[name].items())
            columns += ", batch Int64 CODEC(Delta, ZSTD)" + (", is_gone UInt8" if name == "customers" else "")
            statements += self._rows(f"{name}_rows", columns, ORDER[name])
        statements += self._everywhere(
            "writes",
            "number Int64, token String, state LowCardinality(String), marks Map(String, Int64), "
            "at DateTime64(3, 'UTC') DEFAULT now64(3)",
            "number",
        )
        statements += self._everywhere(
            "removed",
            "kind LowCardinality(String), workspace Int64, id Int64, batch Int64, number Int64",
            "kind, workspace, id, batch",
        )
        return statements

    def additions(self) -> list[str]:
        """The statements that give tables of former versions the columns that came since."""
        return [
            f"ALTER TABLE {rows}{self._on} ADD COLUMN IF NOT EXISTS {column} "
            f"{_type_of(tables.ALL[name][column])}"
            for name, columns in ADDED.items()
            for column in columns
            for rows in dict.fromkeys((self._local(f"{name}_rows"), f"{name}_rows"))
        ]

    def sweep(self, state) -> list[str]:
        """Delete what committed writes removed, then forget that they did."""
        done = f"number <= {state.committed}"
        if state.broken:
            done += f" AND number NOT IN ({numbers(state.broken)})"
        statements = []
        for kind, identity in (("signals", "seq"), ("customers", "customer")):
            gone = f"SELECT workspace, id, batch FROM removed WHERE kind = '{kind}' AND {done}"
            rows = self._local(f"{kind}_rows")
            statements.append(
                f"DELETE FROM {rows}{self._on} WHERE (workspace, {identity}, batch) IN ({gone})"
            )
        statements.append(f"DELETE FROM removed{self._on} WHERE number <= {state.committed}")
        return statements

    def compaction(self, state) -> list[str]:
        """Merge away deleted rows, older rows of customers, and the rows of writes that were broken off."""
        latest = (
            "SELECT workspace, customer, max(batch) FROM customers_rows "
            f"WHERE batch < {(state.committed + 1) << STEP_BITS} GROUP BY workspace, customer"
        )
        superseded = (
            f"batch < {(state.committed + 1) << STEP_BITS} AND (workspace, customer, batch) NOT IN ({latest})"
        )
        statements = []
        if state.broken:
            broken = f"bitShiftRight(batch, {STEP_BITS}) IN ({numbers(state.broken)})"
            of_them = f"bitShiftRight(batch, {STEP_BITS}) < {state.committed} AND {broken}"
            for name in ("signals", "customers"):
                statements.append(f"DELETE FROM {self._local(f'{name}_rows')}{self._on} WHERE {of_them}")
        statements += [
            f"DELETE FROM {self._local('customers_rows')}{self._on} WHERE {superseded}",
            # Writes of the last day stay: one that was broken off may not know it yet.
            f"DELETE FROM writes{self._on} WHERE number < {state.committed} AND at < now() - INTERVAL 1 DAY",
        ]
        return statements + [
            f"OPTIMIZE TABLE {self._local(f'{name}_rows')}{self._on} FINAL"
            for name in ("signals", "customers")
        ]

    def _rows(self, name: str, columns: str, order: str) -> list[str]:
        if not self.cluster:
            return [_merge_tree(name, columns, "MergeTree", order)]
        path = f"'/clickhouse/tables/{{shard}}/{name}', '{{replica}}'"
        return [
            _merge_tree(f"{name}_local", columns, f"ReplicatedMergeTree({path})", order, self._on),
            f"CREATE TABLE IF NOT EXISTS {name}{self._on} AS {name}_local ENGINE = Distributed("
            f"{self.cluster}, currentDatabase(), {name}_local, cityHash64(workspace, customer))",
        ]

    def _everywhere(self, name: str, columns: str, order: str) -> list[str]:
        """A small table that every node has whole."""
        engine = f"ReplicatedMergeTree('/clickhouse/tables/all/{name}', '{{shard}}-{{replica}}')"
        return [_merge_tree(name, columns, engine if self.cluster else "MergeTree", order, self._on)]


def _merge_tree(name: str, columns: str, engine: str, order: str, on: str = "") -> str:
    window = "" if engine.startswith("Replicated") else " SETTINGS non_replicated_deduplication_window = 1000"
    return f"CREATE TABLE IF NOT EXISTS {name}{on} ({columns}) ENGINE = {engine} ORDER BY ({order}){window}"


def _type_of(kind: ibis.expr.datatypes.DataType) -> str:
    name = TYPES[type(kind).__name__]
    # Dimension columns are Nullable, or lead() would give '' for none; sort keys must not be.
    return f"Nullable({name})" if kind.nullable and not kind.is_map() else name
