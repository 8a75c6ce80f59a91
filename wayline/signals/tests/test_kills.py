"""The promise under `kill -9`: pytest wayline/signals/tests/test_kills.py --kills 200 -s for the long run."""

import contextlib
import json
import random
import signal
import threading
import time
from datetime import UTC, datetime
from http.client import HTTPException

import pytest

from .running import Server, calls

SENDERS = 4
VICTIMS = ("front", "pages", "both")
PATIENCE = 120  # seconds


@pytest.mark.slow
def test_a_server_that_is_killed_neither_loses_nor_doubles_what_it_acknowledged(tmp_path, pytestconfig):
    server, chance = Server(tmp_path, WAYLINE_INTAKE_PROCESSES="2"), random.Random()
    acknowledged: set[str] = set()
    is_over = threading.Event()
    begun = time.monotonic()
    server.sow()
    server.launch()
    senders = begin_sending(server, acknowledged, is_over)

    wait_for_more(acknowledged, server)
    kills = []
    for number in range(pytestconfig.getoption("kills")):
        kills.append(_kill(server, chance, acknowledged))
        if number % 10 == 9:
            print(json.dumps(_so_far(kills, acknowledged, begun)), flush=True)
    is_over.set()
    for sender in senders:
        sender.join(PATIENCE)
    server.wait_until_it_takes_signals()
    server.stop()

    found = server.stored()
    stored = [each["subject"] for each in found["signals"]]
    outcome = _so_far(kills, acknowledged, begun) | {
        "stored": len(stored),
        "lost": len(acknowledged - set(stored)),
        "doubled": len(stored) - len(set(stored)),
        "account": found["account"],
        "databases": found["databases"],
    }
    print(json.dumps(outcome))
    assert len(acknowledged) > 100 * len(kills)
    assert (outcome["lost"], outcome["doubled"]) == (0, 0), outcome
    assert found["account"]["missing"] == 0, outcome
    assert set(found["databases"]) == {"ok"}


def _so_far(kills: list[str], acknowledged: set, begun: float) -> dict:
    counts = {victim: kills.count(victim) for victim in VICTIMS}
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(time.monotonic() - begun),
        "kills": len(kills),
        **counts,
        "acknowledged": len(acknowledged),
    }


def _kill(server: Server, chance: random.Random, acknowledged: set[str]) -> str:
    """End one of the processes, or both, at a moment nobody chose, and wait for signals to be taken again."""
    time.sleep(chance.uniform(0.02, 0.6))
    victim = chance.choice(VICTIMS)
    if victim in ("front", "both"):
        server.kill_front()
    if victim in ("pages", "both"):
        server.end(signal.SIGKILL)
        server.launch()
    wait_for_more(acknowledged, server)
    return victim


def wait_for_more(acknowledged: set[str], server: Server) -> None:
    """Until a good many more are acknowledged; the pages may still be starting then, and die so too."""
    before, patience = len(acknowledged), time.monotonic() + PATIENCE
    while len(acknowledged) < before + 100:
        assert time.monotonic() < patience, server.log.read_text()[-3_000:]
        assert server.process.poll() is None, server.log.read_text()[-3_000:]
        time.sleep(0.02)


def begin_sending(server: Server, acknowledged: set[str], is_over: threading.Event) -> list[threading.Thread]:
    """Some who send until it is over, and note what they are told was taken."""
    senders = [
        threading.Thread(target=_send, args=(server, sender, acknowledged, is_over), daemon=True)
        for sender in range(SENDERS)
    ]
    for sender in senders:
        sender.start()
    return senders


def _send(server: Server, sender: int, acknowledged: set, is_over: threading.Event) -> None:
    number = 0
    while not is_over.is_set():
        ids = [f"{sender}-{number}-{each}" for each in range(20)]
        body = calls(ids)
        while not is_over.is_set():
            # Only a whole answer that counts this very batch is an acknowledgement.
            with contextlib.suppress(OSError, ValueError, HTTPException):
                said = server.post(body, timeout=5)
                if said["success"] and said["accepted"] == len(ids):
                    acknowledged.update(ids)
                    break
            time.sleep(0.05)
        number += 1
        time.sleep(0.02)
