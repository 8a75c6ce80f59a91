"""Two servers and two workers on PostgreSQL and ClickHouse's engine; one of each is killed under load."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from base64 import b64encode
from collections.abc import Callable
from http.client import HTTPException

import pytest

from wayline.warehouse import chdb_testing

from .browser import ROOT

pytestmark = pytest.mark.slow
SET_UP = """
import django; django.setup()
from wayline.accounts.testing import make_key, make_workspace
print(make_key(kind="write", workspace=make_workspace()).secret)
"""
STORED = """
import django, json; django.setup()
from wayline.signals import load
from wayline.warehouse import connect
load.drain()
warehouse = connect.current()
rows = warehouse.run(warehouse.table("signals").select("subject"))
print(json.dumps(rows["subject"].to_pylist()))
"""


class Company:
    """The processes of one installation, each with the same settings."""

    def __init__(self, folder, database: str, warehouse: str):
        self.folder = folder
        self.environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "wayline.settings",
            "WAYLINE_DATABASE_URL": database,
            "WAYLINE_WAREHOUSE_URL": warehouse,
            "WAYLINE_SECRET_KEY": "the same for every process of this test",
            "WAYLINE_DATA_DIR": str(folder),
            "WAYLINE_BACKGROUND": "0",
            "PYTHONPATH": str(ROOT),
        }
        self.environment.pop("WAYLINE_BASE_URL", None)
        self.processes: list[subprocess.Popen] = []

    def run(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments], env=self.environment, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout.strip().splitlines()[-1]

    def start(self, *arguments: str) -> subprocess.Popen:
        log = (self.folder / f"{len(self.processes)}.log").open("w")
        command = [sys.executable, "-m", "wayline", *arguments]
        process = subprocess.Popen(command, env=self.environment, stdout=log, stderr=subprocess.STDOUT)
        self.processes.append(process)
        return process

    def serve(self) -> tuple[subprocess.Popen, int]:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        return self.start("serve", "--port", str(port)), port

    def end(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(20)
            process.kill()


@pytest.fixture
def company(tmp_path, postgresql):  # noqa: F811
    pytest.importorskip("chdb", reason="ClickHouse's engine is not installed here")
    folder = tmp_path / "data"
    folder.mkdir()
    with chdb_testing.server(tmp_path / "clickhouse") as warehouse:
        company = Company(folder, postgresql, warehouse)
        yield company
        company.end()


def test_one_server_and_one_worker_are_killed_and_nothing_is_lost_or_doubled(company):
    company.run("-m", "wayline", "init")
    key = company.run("-c", SET_UP)
    (first, one), (second, other) = company.serve(), company.serve()
    working, spare = company.start("worker"), company.start("worker")
    for port in (one, other):
        until(lambda port=port: is_there(port))
    acknowledged: set[str] = set()
    is_over = threading.Event()
    senders = [
        threading.Thread(
            target=send, args=([one, other][n % 2 :] + [other], key, n, acknowledged, is_over), daemon=True
        )
        for n in range(4)
    ]

    for sender in senders:
        sender.start()
    until(lambda: len(acknowledged) > 400)
    working.send_signal(signal.SIGKILL)
    until(lambda: len(acknowledged) > 800)
    first.send_signal(signal.SIGKILL)
    until(lambda: len(acknowledged) > 1_600)
    is_over.set()
    for sender in senders:
        sender.join(30)
    assert second.poll() is None
    assert spare.poll() is None
    stored = json.loads(company.run("-c", STORED))

    assert len(stored) == len(set(stored))
    assert acknowledged - set(stored) == set()


def is_there(port: int) -> bool:
    with contextlib.suppress(OSError, HTTPException):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/livez", timeout=10).close()
        return True
    return False


def until(is_so: Callable[[], bool], seconds: float = 150) -> None:
    """Wait for it, long enough for a machine that has much else to do."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.1)


def send(ports: list[int], key: str, sender: int, acknowledged: set[str], is_over: threading.Event) -> None:
    """Batches of twenty, each sent again to the next server until somebody says yes."""
    authorization = "Basic " + b64encode(f"{key}:".encode()).decode()
    number = 0
    while not is_over.is_set():
        names = [f"{sender}-{number}-{place}" for place in range(20)]
        events = [
            {
                "type": "track",
                "event": "Order Placed",
                "userId": f"customer {number % 50}",
                "messageId": name,
                "properties": {"order_id": name},
            }
            for name in names
        ]
        body = json.dumps({"batch": events}).encode()
        for port in ports * 20:
            asked = urllib.request.Request(f"http://127.0.0.1:{port}/v1/batch", data=body)
            asked.add_header("Authorization", authorization)
            asked.add_header("Content-Type", "application/json")
            with (
                contextlib.suppress(OSError, HTTPException),
                urllib.request.urlopen(asked, timeout=20) as said,
            ):
                if said.status == 200:
                    acknowledged.update(names)
                    break
            time.sleep(0.05)
        number += 1
