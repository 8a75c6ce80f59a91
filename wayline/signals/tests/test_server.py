"""The way in through a real server on loopback: an unmodified Segment client, and a server that is killed."""

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from base64 import b64encode
from http.client import HTTPException
from pathlib import Path

import pytest

BASE = Path(__file__).resolve().parents[3]
SET_UP = """
import django; django.setup()
from django.core.management import call_command
from django.conf import settings
for name in settings.DATABASES:
    call_command("migrate", database=name, verbosity=0, skip_checks=True)
from wayline.accounts.testing import make_key, make_workspace
print(make_key(kind="write", workspace=make_workspace()).secret)
"""
SERVE = """
import sys, uvicorn
uvicorn.run("wayline.asgi:application", host="127.0.0.1", port=int(sys.argv[1]), log_level="error")
"""
WHAT_IS_STORED = """
import django, json; django.setup()
from wayline.signals import load
from wayline.warehouse import connect
load.drain()
warehouse = connect.current()
rows = warehouse.run(warehouse.table("signals").order_by("seq")).to_pylist()
print(json.dumps([[row["name"], row["subject"]] for row in rows]))
"""


class Server:
    """A server in a process of its own, with a data directory of its own."""

    def __init__(self, data: Path):
        self.environment = os.environ | {
            "WAYLINE_DATA_DIR": str(data),
            "DJANGO_SETTINGS_MODULE": "wayline.settings",
            "PYTHONPATH": str(BASE),
        }
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen | None = None

    def run(self, program: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", program], env=self.environment, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip().splitlines()[-1]

    def start(self) -> None:
        command = [sys.executable, "-c", SERVE, str(self.port)]
        self.process = subprocess.Popen(command, env=self.environment, stderr=subprocess.DEVNULL)
        waiting_until = time.monotonic() + 60
        while time.monotonic() < waiting_until:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            assert self.process.poll() is None, "the server did not start"
            time.sleep(0.05)
        raise AssertionError("the server did not start in a minute")

    def end(self, how: int = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        return self.process.wait(30)


@pytest.fixture
def server(tmp_path):
    server = Server(tmp_path)
    yield server
    if server.process is not None and server.process.poll() is None:
        server.end(signal.SIGKILL)


@pytest.mark.slow
def test_the_unmodified_segment_client_sends_and_everything_arrives_once(server):
    from segment.analytics.client import Client

    key = server.run(SET_UP)
    server.start()
    failures = []
    client = Client(
        write_key=key, host=server.address, on_error=lambda error, batch: failures.append(error), gzip=True
    )

    client.identify("ines", {"email": "ines@example.com", "plan": "pro"})
    for number in range(250):
        client.track("ines", "Order Placed", {"order_id": str(number), "total": 9.5})
    client.page("ines", "Shop", "Pricing", {"path": "/pricing"})
    client.group("ines", "fernbrook", {"name": "Fernbrook"})
    client.alias("visitor-1", "ines")
    client.shutdown()
    server.end()

    stored = json.loads(server.run(WHAT_IS_STORED))
    assert failures == []
    assert sorted(subject for name, subject in stored if name == "Order Placed") == sorted(
        map(str, range(250))
    )
    assert [name for name, _ in stored if name != "Order Placed"] == ["Pricing"]


@pytest.mark.slow
def test_a_server_that_is_killed_neither_loses_nor_doubles_what_it_acknowledged(server):
    key = server.run(SET_UP)
    acknowledged: set[str] = set()
    is_over = threading.Event()
    senders = [
        threading.Thread(target=_send, args=(server, key, sender, acknowledged, is_over))
        for sender in range(4)
    ]
    chance = random.Random(7)

    server.start()
    for sender in senders:
        sender.start()
    for _ in range(6):
        time.sleep(chance.uniform(0.3, 1.2))
        server.end(signal.SIGKILL)
        server.start()
    time.sleep(0.5)
    is_over.set()
    for sender in senders:
        sender.join(60)
    server.end()

    stored = [subject for _, subject in json.loads(server.run(WHAT_IS_STORED))]
    assert len(acknowledged) > 500
    assert len(stored) == len(set(stored))
    assert acknowledged - set(stored) == set()


def _send(server: Server, key: str, sender: int, acknowledged: set, is_over: threading.Event) -> None:
    headers = {"Authorization": "Basic " + b64encode(f"{key}:".encode()).decode()}
    number = 0
    while not is_over.is_set():
        ids = [f"{sender}-{number}-{each}" for each in range(20)]
        calls = [
            {
                "type": "track",
                "userId": f"u{sender}",
                "event": "Beat",
                "messageId": id,
                "properties": {"subject": id},
            }
            for id in ids
        ]
        body = json.dumps({"batch": calls}).encode()
        while not is_over.is_set():
            # Only a whole answer that names this very batch counts as an acknowledgement.
            with contextlib.suppress(OSError, ValueError, HTTPException):
                request = urllib.request.Request(f"{server.address}/v1/batch", body, headers)
                with urllib.request.urlopen(request, timeout=5) as answer:
                    said = json.loads(answer.read())
                if said["success"] and said["accepted"] == len(ids):
                    acknowledged.update(ids)
                    break
            time.sleep(0.05)
        number += 1
