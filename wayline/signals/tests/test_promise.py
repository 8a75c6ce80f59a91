"""A signal answered with 200 is in the warehouse once, or listed as refused, whatever is broken meanwhile."""

import contextlib
import json
import os
import signal
import subprocess
import urllib.error
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from .running import Server, calls

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def disk(tmp_path_factory):
    """A disk of 3 MB for the journal, in memory."""
    folder = tmp_path_factory.mktemp("disk")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", folder], capture_output=True)
    yield folder, mounted.returncode == 0
    if mounted.returncode == 0:
        subprocess.run(["umount", folder], check=True)


@pytest.fixture(scope="module")
def server(tmp_path_factory, disk):
    folder, _ = disk
    data = tmp_path_factory.mktemp("promise")
    (data / "journal.sqlite3").symlink_to(folder / "journal.sqlite3")
    server = Server(data)
    server.start()
    yield server
    server.stop()


def new_ids(count: int) -> list[str]:
    return [uuid.uuid4().hex for _ in range(count)]


def growth(server: Server, before: dict) -> dict:
    """What was added to the account since, once nothing waits; nothing may be missing."""
    after = server.wait_until_loaded(before["received"])
    assert after["missing"] == 0, after
    return {name: after[name] - before[name] for name in ("stored", "duplicates", "refused", "facts")}


def test_batches_sent_again_late_out_of_order_and_at_once_count_once(server):
    before, ids = server.wait_until_loaded(0), new_ids(100)
    late = calls(ids[:50], timestamp="2019-05-01T00:00:00Z")
    newer = calls(ids[50:], timestamp="2026-01-01T00:00:00Z")
    mixed = calls(ids[::-1])

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(server.post, [newer, late, late, newer, mixed, mixed, late, newer]))

    assert all(answer["success"] for answer in answers)
    assert sum(not answer["repeated"] for answer in answers) == 3
    assert growth(server, before) == {"stored": 100, "duplicates": 100, "refused": 0, "facts": 0}


def test_one_poisoned_signal_in_a_thousand_is_refused_with_its_reason(server):
    before, ids = server.wait_until_loaded(0), new_ids(1_000)
    batch = json.loads(calls(ids))
    batch["batch"][617]["timestamp"] = "soon"

    answer = server.post(json.dumps(batch).encode())

    assert [each["index"] for each in answer["refused"]] == [617]
    assert growth(server, before) == {"stored": 999, "duplicates": 0, "refused": 1, "facts": 0}


def test_while_the_pages_and_the_warehouse_hang_signals_are_acknowledged(server):
    before = server.wait_until_loaded(0)
    server.process.send_signal(signal.SIGSTOP)
    try:
        answers = [server.post(calls(new_ids(50)), timeout=5) for _ in range(20)]
    finally:
        server.process.send_signal(signal.SIGCONT)

    assert all(answer["accepted"] == 50 for answer in answers)
    assert growth(server, before)["stored"] == 1_000


def test_the_listening_process_is_started_again_when_it_dies(server):
    before, first = server.wait_until_loaded(0), server.front()

    os.kill(first, signal.SIGKILL)
    server.wait_until_it_answers()

    assert server.front() != first
    assert server.post(calls(new_ids(10)))["accepted"] == 10
    assert growth(server, before)["stored"] == 10


def test_a_full_disk_is_said_at_once_and_nothing_acknowledged_is_lost(server, disk):
    folder, is_small = disk
    if not is_small:
        pytest.skip("a small disk can only be mounted as root")
    before, acknowledged, refusal = server.wait_until_loaded(0), 0, None
    for _ in range(400):
        # Long random ids, which do not compress, so that three megabytes are soon full.
        body = calls([each + os.urandom(150).hex() for each in new_ids(100)])
        try:
            acknowledged += server.post(body)["accepted"]
        except urllib.error.HTTPError as error:
            refusal = error
            break
    assert refusal is not None
    assert (refusal.code, refusal.headers["Retry-After"]) == (503, "5")
    assert "not stored" in refusal.read().decode()

    subprocess.run(["mount", "-o", "remount,size=60m", folder], check=True)
    with contextlib.suppress(urllib.error.HTTPError):
        server.post(body)
    assert server.post(body)["success"]

    assert growth(server, before)["stored"] == acknowledged + 100
    assert server.ask("/health") == {"status": "ready", "problems": {}}


def test_all_of_it_adds_up_in_the_end(server):
    account = server.wait_until_loaded(1)
    server.stop()

    found = server.stored()

    assert found["account"]["missing"] == 0
    assert found["account"]["stored"] == account["stored"] == len(found["signals"])
    assert set(found["databases"]) == {"ok"}
