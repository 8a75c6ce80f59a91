"""A company's PostgreSQL server, read and never written: Arrow out of transactions that may not write."""

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import unquote, urlsplit

import pyarrow as pa

from wayline.kit.refusals import Refusal
from wayline.warehouse.bounds import MOMENTS, literal, table_of
from wayline.warehouse.native import OwnTable

READ_ONLY = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
LONGEST_SECONDS = 120
CONNECT_SECONDS = 5
MOST_IDLE = 3
IDLE_SECONDS = 60
# Domains are told as what they are made of.
TYPES = """
SELECT attname::text AS name, format_type(coalesce(nullif(typbasetype, 0), pg_type.oid), NULL) AS kind
FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid
WHERE attrelid = to_regclass({0}) AND attnum > 0 AND NOT attisdropped
"""
MAY_WRITE = """
SELECT to_regclass({0}) IS NOT NULL AND has_table_privilege(to_regclass({0}), 'INSERT, UPDATE, DELETE')
AS may_write
"""


class OwnTableUnreadable(Refusal):
    """A company's own table does not give what the mapping says."""

    status = 503


class Server:
    """One PostgreSQL server. Opening a connection takes longer than many a question, so some stay open."""

    def __init__(self, url: str):
        self._url = url
        self._idle: list[tuple[float, Any]] = []
        self._lock = threading.Lock()

    @property
    def said(self) -> str:
        """Where it is, without whose name and password."""
        try:
            parts = urlsplit(self._url)
            return f"{parts.hostname or 'localhost'}:{parts.port or 5432}"
        except ValueError:
            return "the address in WAYLINE_OWN_TABLES_URL"

    @contextmanager
    def read(self, own: OwnTable, statement: str) -> Iterator[pa.RecordBatchReader]:
        """What the statement finds; to be read inside, as it arrives."""
        import adbc_driver_manager as driver

        connection = None
        try:
            connection = self._begun(own)
            with connection.cursor() as cursor:
                cursor.execute(statement)
                yield cursor.fetch_record_batch()
            connection.rollback()
        except driver.Error as error:
            self._close(connection)
            raise self.unreadable(own, error) from error
        except BaseException:
            self._close(connection)
            raise
        self._keep(connection)

    def types_of(self, own: OwnTable) -> dict[str, str]:
        """The table's columns with their types; a refusal where the mapping asks for what is not there."""
        with self.read(own, TYPES.format(literal(table_of(own)))) as reader:
            types = {row["name"]: row["kind"] for row in reader.read_all().to_pylist()}
        if not types:
            raise OwnTableUnreadable(_gone(own))
        missing = [column for column in own.all_columns if column not in types]
        if missing:
            raise OwnTableUnreadable(
                f"{own.postgresql} in PostgreSQL has no column {', '.join(missing)}. Correct the mapping "
                f"file, or make a view that has it. There are: {', '.join(sorted(types))}."
            )
        if types[own.at] not in MOMENTS:
            raise OwnTableUnreadable(
                f"{own.at} of {own.postgresql} holds {types[own.at]}, and a moment is needed: name a "
                "column of type timestamptz, timestamp or date, or make a view that casts it."
            )
        return types

    def wrong_with(self, own: OwnTable) -> str:
        """What keeps the table from being read well; nothing where all is well."""
        try:
            self.types_of(own)
            if self.may_write(own):
                return f"Wayline's role may write to {own.postgresql}. Give it SELECT only."
        except OwnTableUnreadable as refusal:
            return str(refusal)
        return ""

    def may_write(self, own: OwnTable) -> bool:
        """Whether the role has rights that it does not need."""
        with self.read(own, MAY_WRITE.format(literal(table_of(own)))) as reader:
            return bool(reader.read_all()["may_write"][0].as_py())

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for _, connection in idle:
            self._close(connection)

    def _begun(self, own: OwnTable):
        """A connection in a transaction that sees one state and may not write."""
        import adbc_driver_manager as driver

        while (connection := self._taken()) is not None:
            with suppress(driver.Error):  # the server may have ended it meanwhile
                return self._limited(connection)
            self._close(connection)
        import adbc_driver_postgresql.dbapi as postgresql

        try:
            connection = postgresql.connect(self._with_limit())
        except driver.Error as error:
            raise OwnTableUnreadable(
                f"PostgreSQL at {self.said} cannot be reached, so {own.postgresql} cannot be counted: "
                f"{self._words(error)}. Look whether it runs and whether the address, role and password in "
                "WAYLINE_OWN_TABLES_URL are right; then load the page again."
            ) from error
        return self._limited(connection)

    def _limited(self, connection):
        with connection.cursor() as cursor:
            cursor.execute(READ_ONLY)
            cursor.execute(f"SET LOCAL statement_timeout = '{LONGEST_SECONDS}s'")
            cursor.execute("SET LOCAL bytea_output = 'hex'")
        return connection

    def _with_limit(self) -> str:
        if "connect_timeout=" in self._url:
            return self._url
        return f"{self._url}{'&' if '?' in self._url else '?'}connect_timeout={CONNECT_SECONDS}"

    def _taken(self):
        with self._lock:
            old = [each for since, each in self._idle if time.monotonic() - since > IDLE_SECONDS]
            self._idle = [(since, each) for since, each in self._idle if each not in old]
            taken = self._idle.pop()[1] if self._idle else None
        for connection in old:
            self._close(connection)
        return taken

    def _keep(self, connection) -> None:
        with self._lock:
            if len(self._idle) < MOST_IDLE:
                self._idle.append((time.monotonic(), connection))
                return
        self._close(connection)

    def _close(self, connection) -> None:
        if connection is not None:
            with suppress(Exception):
                connection.close()

    def unreadable(self, own: OwnTable, error: Exception) -> OwnTableUnreadable:
        """What went wrong, as a sentence that says what to do."""
        return OwnTableUnreadable(self._sentence(own, error))

    def _sentence(self, own: OwnTable, error: Exception) -> str:
        table = own.postgresql
        state = re.search(r"SQLSTATE: (\w{5})", str(error))
        match state and state[1]:
            case "42P01" | "3F000":
                return _gone(own)
            case "42703":
                return (
                    f"{table} in PostgreSQL has lost a column that the mapping file names "
                    f"({self._words(error)}). Correct the mapping file, or give the view its column back."
                )
            case "42501":
                return (
                    f"The role that Wayline reads with may not read {table}. "
                    f"In PostgreSQL: GRANT SELECT ON {table} TO the role, and USAGE on its schema."
                )
            case "57014":
                return (
                    f"{table} took PostgreSQL longer than {LONGEST_SECONDS} seconds. Ask about a shorter "
                    f"period, or give it an index on {own.at} and one on {own.customer} and {own.at}."
                )
        return (
            f"{table} cannot be read from PostgreSQL at {self.said}: {self._words(error)}. "
            "Look at the server; then load the page again."
        )

    def _words(self, error) -> str:
        """What the server said, in its first line, and never the password."""
        said = str(error).split("ERROR:")[-1].split("FATAL:")[-1].strip().splitlines()[0]
        said = said.partition("[libpq] ")[2] or said
        try:
            secret = urlsplit(self._url).password or ""
        except ValueError:
            return "the address cannot be read"
        for each in filter(None, {secret, unquote(secret)}):
            said = said.replace(each, "…")
        return said.partition(" SQLSTATE")[0].rstrip(". ")


def _gone(own: OwnTable) -> str:
    return (
        f"There is no table or view {own.postgresql} in PostgreSQL that Wayline's role may see. Bring it "
        "back, grant the role USAGE on its schema and SELECT on it, or correct the mapping file and restart."
    )
