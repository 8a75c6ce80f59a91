"""The promise when the power goes; `--cuts 200 -s` for the long run."""

import contextlib
import json
import os
import random
import signal
import threading
import time

import pytest

from wayline.kit.tests.forgetful import Disk, served

from .running import Server
from .test_kills import PATIENCE, begin_sending, wait_for_more

pytestmark = pytest.mark.slow


@pytest.fixture
def disk(tmp_path):
    with served(tmp_path, forgets_names=True) as disk:
        yield disk


def test_the_disk_forgets_what_was_not_synced(disk):
    """Otherwise the test below would show nothing."""
    with (disk.mounted / "kept").open("wb") as kept, (disk.mounted / "lost").open("wb") as lost:
        for file in (kept, lost):
            for _ in range(50):
                file.write(os.urandom(4_096))
            file.flush()
        os.fsync(kept.fileno())
        disk.sync_names()
        written = {name: (disk.mounted / name).read_bytes() for name in ("kept", "lost")}
        disk.cut()
    disk.unmount()
    disk.power_up()

    assert len(written["lost"]) == len(written["kept"]) == 50 * 4_096
    assert (disk.mounted / "kept").read_bytes() == written["kept"]
    assert (disk.mounted / "lost").read_bytes() != written["lost"]


def test_what_was_acknowledged_is_there_after_the_power_went(disk, tmp_path, pytestconfig):
    server, chance = Server(disk.mounted), random.Random()
    server.log = tmp_path / "server.log"
    disk.sync()  # the prepared databases were copied there
    acknowledged: set[str] = set()
    is_over = threading.Event()
    server.sow()
    server.launch()
    senders = begin_sending(server, acknowledged, is_over)

    wait_for_more(acknowledged, server)
    cuts = pytestconfig.getoption("cuts")
    for number in range(cuts):
        time.sleep(chance.uniform(0.02, 1.5))
        lose_power(disk, server)
        wait_for_more(acknowledged, server)
        if number % 10 == 9:
            print(json.dumps({"cuts": number + 1, "acknowledged": len(acknowledged)}), flush=True)
    is_over.set()
    for sender in senders:
        sender.join(PATIENCE)
    server.wait_until_it_takes_signals()
    server.stop()

    outcome = outcome_of(server, acknowledged) | {"cuts": cuts}
    print(json.dumps(outcome))
    assert (outcome["lost"], outcome["doubled"], outcome["missing"]) == (0, 0, 0), outcome
    assert set(outcome["databases"]) == {"ok"}


def outcome_of(server: Server, acknowledged: set[str]) -> dict:
    """What became of everything that was acknowledged. The server has ended."""
    found = server.stored()
    stored = [each["subject"] for each in found["signals"]]
    return {
        "acknowledged": len(acknowledged),
        "stored": len(stored),
        "lost": len(acknowledged - set(stored)),
        "doubled": len(stored) - len(set(stored)),
        "missing": found["account"]["missing"],
        "databases": found["databases"],
    }


def lose_power(disk: Disk, server: Server) -> None:
    """The disk first: what processes do while they die reaches nothing any more."""
    listening = server._fronts()
    disk.cut()
    for each in listening:
        with contextlib.suppress(ProcessLookupError):
            os.kill(each, signal.SIGKILL)
    server.end(signal.SIGKILL)
    disk.unmount()
    disk.power_up()
    server.launch()
