"""Failed syncs beneath SQLite: what is there after a power cut, with our care and without it."""

import subprocess
import sys

import pytest

from wayline.kit.sqlite import trust

from .forgetful import Disk, served

pytestmark = pytest.mark.slow

OPENED = """
import os, subprocess, sys
import pysqlite3
path, cares = sys.argv[1], sys.argv[2] == "True"

def opened():
    connection = pysqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA wal_autocheckpoint=0")
    return connection

def put(connection, name):
    connection.execute("INSERT INTO batch VALUES (?, randomblob(200000))", [name])

def told(word):
    print(word, flush=True)
    sys.stdin.readline()
"""
COMMITS_WHOSE_SYNC_FAILS = """
connection = opened()
connection.execute("CREATE TABLE batch (name, body)")
put(connection, "before")
told("now fail x.sqlite3-wal")
try:
    put(connection, "failing")
except pysqlite3.OperationalError as error:
    print(error, flush=True)
os._exit(0)
"""
COMMITS_BEHIND_IT = f"""
if cares:
    import runpy
    runpy.run_path({trust.__file__!r})["write_anew"](path)
connection = opened()
put(connection, "acknowledged")
os._exit(0)
"""
MOVES_IN_TWO_PARTS = f"""
writer, reader = opened(), opened()
writer.execute("CREATE TABLE batch (name, body)")
put(writer, "first")
reader.execute("BEGIN")
reader.execute("SELECT count(*) FROM batch").fetchall()
put(writer, "second")
print(writer.execute("PRAGMA wal_checkpoint").fetchall())
reader.execute("COMMIT")
told("now fail x.sqlite3")
try:
    writer.execute("PRAGMA wal_checkpoint")
except pysqlite3.OperationalError as error:
    print(error, flush=True)
if cares:
    subprocess.run([sys.executable, {trust.__file__!r}, path], check=True)
writer.execute("PRAGMA wal_checkpoint")
put(writer, "acknowledged")
os._exit(0)
"""
WHAT_IS_THERE = """
try:
    connection = opened()
    print([name for name, _ in connection.execute("SELECT name, body FROM batch")])
    print(connection.execute("PRAGMA integrity_check").fetchone()[0])
except pysqlite3.DatabaseError as error:
    print(error)
"""


@pytest.fixture
def disk(tmp_path):
    with served(tmp_path) as disk:
        yield disk


def run(disk: Disk, program: str, *, cares: bool) -> list[str]:
    command = [sys.executable, "-c", OPENED + program, str(disk.mounted / "x.sqlite3"), str(cares)]
    said = []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            said.append(line.strip())
            if line.startswith("now fail "):
                disk.fail_next_sync(said[-1].removeprefix("now fail "))
                process.stdin.write("\n")
                process.stdin.flush()
    assert process.returncode == 0
    return said


def lose_power(disk: Disk) -> None:
    disk.cut()
    disk.unmount()
    disk.power_up()


@pytest.mark.parametrize("cares", [True, False])
def test_who_opens_after_a_failed_commit_does_not_write_behind_a_hole(disk, cares):
    assert run(disk, COMMITS_WHOSE_SYNC_FAILS, cares=cares)[-1] == "disk I/O error"
    run(disk, COMMITS_BEHIND_IT, cares=cares)

    lose_power(disk)

    there = run(disk, WHAT_IS_THERE, cares=cares)
    assert there == [f"{['before', 'failing', 'acknowledged'] if cares else ['before']}", "ok"]


@pytest.mark.parametrize("cares", [True, False])
def test_what_was_moved_before_a_sync_failed_is_moved_again(disk, cares):
    assert run(disk, MOVES_IN_TWO_PARTS, cares=cares)[-1] == "disk I/O error"

    lose_power(disk)

    there = run(disk, WHAT_IS_THERE, cares=cares)
    if cares:
        assert there == [f"{['first', 'second', 'acknowledged']}", "ok"]
    else:
        assert there[-1] != "ok", there
