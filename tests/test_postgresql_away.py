"""R-10: PostgreSQL is stopped and started under a running server."""

import contextlib
import threading
import time
import urllib.error
import urllib.request

import pytest

from wayline.signals.tests.running import Server, calls
from wayline.warehouse.postgresql_testing import Cluster, NotInstalled

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cluster():
    try:
        with Cluster.running() as cluster:
            yield cluster
    except NotInstalled as reason:
        pytest.skip(str(reason))


def test_while_postgresql_is_away_senders_are_told_and_afterwards_nothing_is_missing(cluster, tmp_path):
    server = Server(tmp_path, WAYLINE_DATABASE_URL=cluster.url)
    server.start()
    acknowledged: set[str] = set()
    is_over = threading.Event()
    sender = threading.Thread(target=_send, args=(server, acknowledged, is_over), daemon=True)
    sender.start()
    try:
        _until(lambda: len(acknowledged) > 200)
        cluster.stop()
        asked, refused = time.monotonic(), _refused(server)
        waited = time.monotonic() - asked
        health = _status(f"{server.address}/health")
        cluster.start()
        before, back = len(acknowledged), time.monotonic()
        _until(lambda: len(acknowledged) > before)
        again = time.monotonic() - back
        _until(lambda: _status(f"{server.address}/health") == 200)
    finally:
        is_over.set()
        sender.join(60)
        account = server.wait_until_loaded(len(acknowledged))
        server.stop()
    stored = [each["subject"] for each in server.stored()["signals"]]

    print({"told after": round(waited, 2), "going on after": round(again, 2)})
    assert (refused.code, refused.headers["Retry-After"], health) == (503, "5", 503)
    assert account["missing"] == 0
    assert acknowledged - set(stored) == set()
    assert len(stored) == len(set(stored))


def _refused(server: Server) -> urllib.error.HTTPError:
    for _ in range(50):  # what is on its way may still be answered
        try:
            server.post(calls(["in vain"]), timeout=30)
        except urllib.error.HTTPError as error:
            return error
    raise AssertionError("a server without its database acknowledged signals")


def _status(address: str) -> int:
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def _until(is_so, seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.05)


def _send(server: Server, acknowledged: set, is_over: threading.Event) -> None:
    number = 0
    while not is_over.is_set():
        ids = [f"{number}-{each}" for each in range(20)]
        while not is_over.is_set():
            with contextlib.suppress(OSError, ValueError):
                if server.post(calls(ids), timeout=30)["accepted"] == len(ids):
                    acknowledged.update(ids)
                    break
            time.sleep(0.1)
        number += 1
