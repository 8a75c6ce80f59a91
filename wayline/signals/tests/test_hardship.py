"""R-04 and R-07 on a running server: synced before the answer, nobody locked out."""

import contextlib
import json
import re
import shutil
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid

import pytest

from .running import Server, calls
from .test_promise import growth, new_ids

pytestmark = pytest.mark.slow
BACKUP = "import pysqlite3, sys; pysqlite3.connect(sys.argv[1], timeout=20).execute(sys.argv[2])"
REPLY = re.compile(r"HTTP/1\.1 200")
SYNC = re.compile(r"f(?:data)?sync\(\d+<[^>]*journal\.sqlite3-wal>\)\s+= 0|f(?:data)?sync resumed>.*= 0")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("hardship"))
    server.start()
    yield server
    server.stop()


@contextlib.contextmanager
def traced(server: Server, *options: str):
    """Watch the system calls of the process that listens; what was seen is read when it is over."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not installed (apt install strace)")
    output = server.log.with_name(f"{uuid.uuid4().hex}.strace")
    command = [strace, "-f", "-y", "-s", "40", "-o", str(output), *options, "-p", str(server.front())]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    said = process.stderr.readline()
    if "attached" not in said:
        process.wait()
        pytest.skip(f"processes cannot be traced here: {said}")
    try:
        yield output
    finally:
        process.terminate()
        process.wait(10)


def test_no_answer_leaves_before_the_journal_is_synced(server):
    before = server.wait_until_loaded(0)
    with traced(server, "-e", "trace=fsync,fdatasync,write,writev,send,sendto,sendmsg") as output:
        for _ in range(12):
            assert server.post(calls(new_ids(20)))["accepted"] == 20

    lines = output.read_text().splitlines()
    # Another thread syncs what it moves into the journal's file: that says nothing about any answer.
    moving = {line.split()[0] for line in lines if "journal.sqlite3>" in line}
    synced, answered, unsynced = 0, 0, 0
    for line in lines:
        if SYNC.search(line) and line.split()[0] not in moving:
            synced += 1
        elif REPLY.search(line):
            answered += 1
            unsynced += answered > synced
    assert (answered, unsynced) == (12, 0), output.read_text()[-2_000:]
    assert growth(server, before)["stored"] == 240


def test_a_sync_that_fails_is_a_503_and_nothing_is_acknowledged(server):
    before = server.wait_until_loaded(0)
    body = calls(new_ids(10))

    with traced(server, "-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:error=EIO"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            server.post(body)
        assert (refused.value.code, refused.value.headers["Retry-After"]) == (503, "5")
    for _ in range(50):
        with contextlib.suppress(urllib.error.HTTPError):
            assert server.post(body)["success"]
            break
        time.sleep(0.1)

    assert growth(server, before) == {"stored": 10, "duplicates": 0, "refused": 0, "facts": 0}


def test_under_signals_pages_changes_and_a_backup_at_once_nobody_is_locked_out(server, tmp_path):
    before, over = server.wait_until_loaded(0), time.monotonic() + 4
    failures: list[str] = []
    done = {"signals": 0, "pages": 0, "changes": 0, "backups": 0}

    def repeated(name, work):
        def run():
            while time.monotonic() < over:
                try:
                    work()
                    done[name] += 1
                except Exception as error:
                    body = error.read().decode() if isinstance(error, urllib.error.HTTPError) else ""
                    failures.append(f"{name}: {error} {body[:200]}")

        return threading.Thread(target=run)

    def change():
        condition = {"type": "trait", "test": {"field": "plan", "op": "is", "value": "pro"}}
        body = json.dumps({"name": uuid.uuid4().hex, "condition": condition}).encode()
        headers = {"Authorization": f"Bearer {server.editor}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{server.address}/api/v1/signals/segments", body, headers)
        urllib.request.urlopen(request, timeout=60).close()

    def backup():
        for name in ("wayline", "journal"):
            copy = tmp_path / f"{uuid.uuid4().hex}.sqlite3"
            source = server.log.with_name(f"{name}.sqlite3")
            subprocess.run([sys.executable, "-c", BACKUP, str(source), f"VACUUM INTO '{copy}'"], check=True)
            copy.unlink()

    threads = [repeated("signals", lambda: server.post(calls(new_ids(10)), timeout=60)) for _ in range(8)]
    threads += [repeated("pages", lambda: server.ask("/api/v1/signals/segments")) for _ in range(4)]
    threads += [repeated("changes", change) for _ in range(4)]
    threads += [repeated("backups", backup)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert min(done.values()) > 0, done
    assert "database is locked" not in server.log.read_text()
    assert growth(server, before)["stored"] == done["signals"] * 10
