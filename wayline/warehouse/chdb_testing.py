"""ClickHouse's own engine for tests: in this process, or behind HTTP as a server would be.

`python -m wayline.warehouse.chdb_testing PORT FOLDER` is that server, in a process of its own.
"""

import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pyarrow as pa

ROOT = Path(__file__).resolve().parents[2]
INSERT = re.compile(r"\s*INSERT INTO ([^\s(]+)\s*(?:\([^)]*\))?\s*(?:SETTINGS [^\n]*)?FORMAT (\w+)\s*", re.I)


class Engine:
    """One session: chDB allows one in a process. Settings hold for one query, as over HTTP."""

    def __init__(self, folder: str = ""):
        from chdb import session

        self._session = session.Session(folder) if folder else session.Session()
        self._lock = threading.Lock()

    def query(self, sql: str, *, database: str = "", settings: dict | None = None, format="TabSeparated"):
        with self._lock:
            if database:
                self._session.query(f"USE {database}")
            for name, value in (settings or {}).items():
                self._session.query(f"SET {name} = '{value}'")
            try:
                return self._session.query(sql, format).bytes()
            finally:
                for name in settings or {}:
                    self._session.query(f"SET {name} = DEFAULT")

    def insert(self, table: str, body: bytes, format: str, **asked) -> None:
        """Store a body of rows in any format, as INSERT INTO … FORMAT … does."""
        with tempfile.NamedTemporaryFile(suffix=".rows") as file:
            file.write(body)
            file.flush()
            source = f"file('{file.name}', {format})"
            described = self.query(f"DESCRIBE {source}", **asked).decode().splitlines()
            names = ", ".join(f"`{line.split(chr(9))[0]}`" for line in described)
            self.query(f"INSERT INTO {table} ({names}) SELECT {names} FROM {source}", **asked)

    def close(self) -> None:
        self._session.close()


@cache
def engine() -> Engine:
    """The one of this process."""
    return Engine()


class ChdbClient:
    """Speaks to the engine in this process as clickhouse.HttpClient does to a server."""

    def __init__(self, engine: Engine, database: str = "wayline"):
        self._engine = engine
        self._database = database
        engine.query(f"CREATE DATABASE IF NOT EXISTS {database}")

    def ask(self, sql: str, settings: dict) -> pa.Table:
        told = self._engine.query(
            sql,
            database=self._database,
            settings=settings | {"output_format_arrow_string_as_string": 1},
            format="ArrowStream",
        )
        return pa.ipc.open_stream(told).read_all()

    def do(self, sql: str, settings: dict) -> None:
        self._engine.query(sql, database=self._database, settings=settings)

    def insert(self, table: str, rows: pa.Table, settings: dict) -> None:
        written = pa.BufferOutputStream()
        with pa.ipc.new_file(written, rows.schema) as file:
            file.write_table(rows)
        body = written.getvalue().to_pybytes()
        self._engine.insert(table, body, "Arrow", database=self._database, settings=settings)

    def close(self) -> None:
        pass


def answer(engine: Engine, query: dict[str, str], body: bytes) -> bytes:
    """What ClickHouse's HTTP interface does with a request."""
    asked: dict[str, Any] = {"database": query.pop("database", ""), "settings": query}
    sql = query.pop("query", "")
    for name in ("session_id", "query_id", "wait_end_of_query", "role", "client_protocol_version"):
        query.pop(name, None)
    found = INSERT.match(sql or body[:2_000].decode("latin-1"))
    if found:
        rows = body if sql else body[found.end() :]
        engine.insert(found[1], rows, found[2], **asked)
        return b""
    return engine.query(f"{sql} {body.decode()}" if sql else body.decode(), **asked)


def serve(port: int, folder: str) -> None:
    """Answer on the loopback address until stopped."""
    engine = Engine(folder)
    engine.query("CREATE DATABASE IF NOT EXISTS wayline")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.headers.get("Transfer-Encoding") == "chunked":
                body = b"".join(self._chunks())
            query = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
            try:
                self._say(200, answer(engine, query, body))
            except Exception as error:
                self._say(500, str(error).encode())

        def do_GET(self):
            self._say(200, b"Ok.\n") if self.path == "/ping" else self.do_POST()

        def _chunks(self):
            while size := int(self.rfile.readline(), 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()

        def _say(self, status: int, content: bytes):
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """The URL of ClickHouse's engine behind HTTP, in a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "wayline.warehouse.chdb_testing", str(port), str(folder)]
    log = (folder.parent / f"{folder.name}.log").open("w")
    process = subprocess.Popen(
        command, env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=log, stderr=subprocess.STDOUT
    )
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"clickhouse://default:@127.0.0.1:{port}/wayline"
    finally:
        process.kill()
        process.wait()
        log.close()


if __name__ == "__main__":
    serve(int(sys.argv[1]), sys.argv[2])
