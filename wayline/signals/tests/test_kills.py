"""The promise under `kill -9`: pytest wayline/signals/tests/test_kills.py --kills 200 -s for the long run."""

import contextlib
import json
import random
import signal
import threading
import time
from http.client import HTTPException

import pytest

from .running import Server, calls

SENDERS = 4
VICTIMS = ("front", "pages", "both")


@pytest.mark.slow
def test_a_server_that_is_killed_neither_loses_nor_doubles_what_it_acknowledged(tmp_path, pytestconfig):
    server, chance = Server(tmp_path), random.Random()
    acknowledged: set[str] = set()
    is_over = threading.Event()
    senders = [
        threading.Thread(target=_send, args=(server, sender, acknowledged, is_over))
        for sender in range(SENDERS)
    ]
    server.start()
    for sender in senders:
        sender.start()

    kills = [_kill(server, chance) for _ in range(pytestconfig.getoption("kills"))]
    time.sleep(0.5)
    is_over.set()
    for sender in senders:
        sender.join(120)
    server.end()

    found = server.stored()
    stored = [each["subject"] for each in found["signals"]]
    outcome = {
        "kills": len(kills),
        **{victim: kills.count(victim) for victim in VICTIMS},
        "acknowledged": len(acknowledged),
        "stored": len(stored),
        "lost": len(acknowledged - set(stored)),
        "doubled": len(stored) - len(set(stored)),
        "account": found["account"],
        "databases": found["databases"],
    }
    print(json.dumps(outcome))
    assert len(acknowledged) > 500
    assert (outcome["lost"], outcome["doubled"]) == (0, 0), outcome
    assert found["account"]["missing"] == 0, outcome
    assert set(found["databases"]) == {"ok"}


def _kill(server: Server, chance: random.Random) -> str:
    """End one of the processes, or both, at a moment nobody chose."""
    time.sleep(chance.uniform(0.05, 0.8))
    victim = chance.choice(VICTIMS)
    if victim in ("front", "both"):
        server.kill_front()
    if victim in ("pages", "both"):
        server.end(signal.SIGKILL)
        server.start()
    server.wait_until_it_answers()
    return victim


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
        time.sleep(0.05)
