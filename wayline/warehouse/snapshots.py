"""A DuckDB file of its own for analysts: written once, read without a way out of it."""

import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from wayline.kit.refusals import Refusal

MEMORY = "512MB"
# They tell of the server, or run text that nobody looked at.
CLOSED = re.compile(
    r"\b(duckdb_\w+|pragma_\w+|current_setting|getenv|query|query_table|write_log|sqlite_\w+)\b\s*(\(|$|\W)",
    re.IGNORECASE,
)
LOCKED: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": False,
    "autoload_known_extensions": False,
    "autoinstall_known_extensions": False,
    "allow_community_extensions": False,
    "python_enable_replacements": False,
    "memory_limit": MEMORY,
    "threads": 2,
    "temp_directory": "",
    "lock_configuration": True,
}


class QueryRefused(Refusal):
    """Not one question, or one that the snapshot does not answer."""

    status = 422


class QueryTooLong(Refusal):
    """It was stopped."""


@dataclass(frozen=True)
class Column:
    """A column as analysts find it: its name, its SQL over the stored rows, and what it means."""

    name: str
    of: str
    comment: str


@dataclass(frozen=True)
class Table:
    name: str
    comment: str
    columns: tuple[Column, ...]
    rows: Iterable[pa.Table]


@dataclass(frozen=True)
class View:
    name: str
    comment: str
    sql: str


def write(path: Path, tables: Iterable[Table], views: Iterable[View]) -> None:
    """Write the tables, then the views on them, each with its comments."""
    with duckdb.connect(str(path)) as connection:
        for table in tables:
            is_there = False
            for rows in table.rows:
                connection.register("given", rows)
                chosen = ", ".join(f'{column.of} AS "{column.name}"' for column in table.columns)
                how = f'INSERT INTO "{table.name}"' if is_there else f'CREATE TABLE "{table.name}" AS'
                connection.execute(f"{how} SELECT {chosen} FROM given")
                connection.unregister("given")
                is_there = True
            _comment(connection, "TABLE", table.name, table.comment)
            for column in table.columns:
                _comment(connection, "COLUMN", f'{table.name}"."{column.name}', column.comment)
        for view in views:
            connection.execute(f'CREATE VIEW "{view.name}" AS {view.sql}')
            _comment(connection, "VIEW", view.name, view.comment)


def _comment(connection: duckdb.DuckDBPyConnection, sort: str, name: str, text: str) -> None:
    said = text.replace("'", "''")
    connection.execute(f"""COMMENT ON {sort} "{name}" IS '{said}'""")


def ask(path: Path, sql: str, *, rows: int, seconds: float) -> tuple[pa.Table, bool]:
    """At most so many rows of one SELECT, and whether there are more."""
    _check(sql)
    with duckdb.connect(str(path), read_only=True, config=LOCKED) as connection:
        clock = threading.Timer(seconds, connection.interrupt)
        clock.start()
        try:
            found = connection.execute(sql).to_arrow_reader(10_000)
            return _first(found, rows)
        except duckdb.InterruptException:
            raise QueryTooLong(
                f"The query took longer than {seconds:g} seconds and was stopped. Ask for less at once."
            ) from None
        except duckdb.OutOfMemoryException:
            raise QueryTooLong(f"The query needs more than {MEMORY}. Ask for less at once.") from None
        except duckdb.Error as error:
            raise QueryRefused(_sentence(str(error))) from None
        finally:
            clock.cancel()


def _check(sql: str) -> None:
    try:
        statements = duckdb.extract_statements(sql)
    except duckdb.Error as error:
        raise QueryRefused(_sentence(str(error))) from None
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise QueryRefused("Write one SELECT, and nothing else.")
    closed = CLOSED.search(sql)
    if closed:
        raise QueryRefused(
            f"{closed[1]} is closed here. Which tables and columns there are stands in information_schema."
        )


def _first(found: pa.RecordBatchReader, rows: int) -> tuple[pa.Table, bool]:
    parts, n = [], 0
    for part in found:
        parts.append(part)
        n += part.num_rows
        if n > rows:
            break
    table = pa.Table.from_batches(parts, found.schema)
    return table.slice(0, rows), table.num_rows > rows


def _sentence(text: str) -> str:
    """What the engine says, without its drawing of where."""
    return " ".join(text.split("\n\nLINE")[0].split("\nLINE")[0].split())[:400]
