"""The promise when the disk answers a sync with an error: `--syncs 100 -s` for the long run."""

import json
import random
import signal
import threading
import time
from collections import Counter

import pytest

from wayline.kit.tests.forgetful import Disk, served

from .running import Server
from .test_kills import PATIENCE, begin_sending, wait_for_more
from .test_power_loss import lose_power, outcome_of

pytestmark = pytest.mark.slow

FILES = ("journal.sqlite3-wal", "journal.sqlite3", "wayline.sqlite3-wal", "wayline.sqlite3")
LOGS_ARE_SHORT = "from wayline.kit.sqlite import moving; moving.LONG, moving.EVERY = 20, 0.2"
AFTERWARDS = ("nothing", "front killed", "both killed")
SYNCED_WITHIN = 3.0  # seconds; a database's file is synced only when its log is moved


@pytest.fixture
def disk(tmp_path):
    with served(tmp_path) as disk:
        yield disk


def test_what_was_acknowledged_outlives_syncs_that_failed_and_then_a_power_cut(disk, tmp_path, pytestconfig):
    server, chance = Server(disk.mounted), random.Random()
    server.log = tmp_path / "server.log"
    disk.sync()  # the prepared databases were copied there
    acknowledged: set[str] = set()
    is_over = threading.Event()
    server.sow(LOGS_ARE_SHORT)
    server.launch()
    senders = begin_sending(server, acknowledged, is_over)
    wait_for_more(acknowledged, server)

    failed: Counter[str] = Counter()
    wanted = pytestconfig.getoption("syncs")
    while failed.total() < wanted:
        for _ in range(chance.choice((1, 1, 2))):
            failed += _fail_a_sync(disk, server, chance)
            wait_for_more(acknowledged, server)
        time.sleep(chance.uniform(0.02, 1))
        lose_power(disk, server)
        wait_for_more(acknowledged, server)
        print(json.dumps({"failed": failed, "acknowledged": len(acknowledged)}), flush=True)
    is_over.set()
    for sender in senders:
        sender.join(PATIENCE)
    server.wait_until_it_takes_signals()
    server.stop()

    outcome = outcome_of(server, acknowledged) | {"failed": failed}
    print(json.dumps(outcome))
    assert (outcome["lost"], outcome["doubled"], outcome["missing"]) == (0, 0, 0), outcome
    assert set(outcome["databases"]) == {"ok"}


def _fail_a_sync(disk: Disk, server: Server, chance: random.Random) -> Counter[str]:
    """One at a moment nobody chose, and what may happen next; nothing when no sync of that file was due."""
    time.sleep(chance.uniform(0.02, 0.3))
    name, afterwards = chance.choice(FILES), chance.choice(AFTERWARDS)
    before, patience = len(disk.failed()), time.monotonic() + SYNCED_WITHIN
    disk.fail_next_sync(name)
    while len(disk.failed()) == before:
        if time.monotonic() > patience:
            return Counter()
        time.sleep(0.002)
    if afterwards != "nothing":
        server.kill_front()
    if afterwards == "both killed":
        server.end(signal.SIGKILL)
        server.launch()
    return Counter([f"{name}, {afterwards}"])
