"""The running product: a whole map page, signals in over HTTP, and a file imported."""

import base64
import csv
import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402

from benchmarks import synthetic, timing  # noqa: E402
from wayline.accounts.models import Key, Role  # noqa: E402
from wayline.accounts.testing import make_key, make_member, make_workspace  # noqa: E402
from wayline.journeys.testing import make_journey  # noqa: E402
from wayline.signals import load  # noqa: E402
from wayline.signals.imports import run as imports  # noqa: E402
from wayline.warehouse import connect, engine  # noqa: E402

BATCH, CONNECTIONS = 100, 8
MAPPING = """
name: bench
signals:
  - kind: behavior
    name: "{name}"
    at: at
    external_id: customer
    channel: "{channel}"
    properties: {plan: plan}
"""


def prepare():
    call_command("migrate", verbosity=0)
    for alias in django.conf.settings.DATABASES:
        call_command("migrate", database=alias, verbosity=0)
    return make_workspace()


def map_page(folder: Path, repeats: int) -> None:
    workspace = prepare()
    member = make_member(role=Role.VIEWER, workspace=workspace)
    journey = make_journey(workspace=workspace, steps=synthetic.FUNNEL)
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(member.user)
    warehouse = connect.open(f"duckdb:///{folder / 'signals.duckdb'}")
    address = reverse("journeys:map", args=[workspace.slug, journey.pk])

    def cached():
        answer = client.get(address, {"period": "all"})
        if answer.status_code != 200:
            raise SystemExit(f"{address} answered {answer.status_code}.")

    def uncached():
        warehouse.version = engine.next_version()
        cached()

    with connect.using(warehouse):
        taken = timing.repeated({"wayline": uncached}, repeats)
        timing.report(**taken, cached=timing.repeated({"page": cached}, 4 * repeats)["page"])


def intake(signals: int) -> None:
    """Batches of 100 over loopback; every answer is waited for before the next batch on its connection."""
    workspace = prepare()
    key = make_key(kind=Key.Kind.WRITE, workspace=workspace)
    authorization = "Basic " + base64.b64encode(f"{key.secret}:".encode()).decode()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "wayline.asgi:application", "--port", str(port)]
    server = subprocess.Popen([*command, "--log-level", "warning", "--no-access-log"])
    try:
        _wait_for(port)
        _send(port, authorization, 20 * CONNECTIONS)
        taken, seconds = _send(port, authorization, signals // BATCH)
    finally:
        server.terminate()
        server.wait()
    taken.sort()
    timing.report(
        wayline=taken,
        signals_per_second=len(taken) * BATCH / seconds,
        p50=taken[len(taken) // 2],
        p99=taken[int(len(taken) * 0.99)],
    )


def _wait_for(port: int) -> None:
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("The server did not start.")


def _send(port: int, authorization: str, batches: int) -> tuple[list[float], float]:
    numbers, lock, taken = iter(range(batches)), threading.Lock(), []
    headers = {"Content-Type": "application/json", "Authorization": authorization}
    bodies = [_batch(n) for n in range(batches)]

    def work():
        line = http.client.HTTPConnection("127.0.0.1", port)
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            begun = time.perf_counter()
            line.request("POST", "/v1/batch", bodies[number], headers)
            answer = line.getresponse()
            body = answer.read()
            taken.append(time.perf_counter() - begun)
            if answer.status != 200:
                raise SystemExit(f"{answer.status}: {body[:300]!r}")

    threads = [threading.Thread(target=work) for _ in range(CONNECTIONS)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return taken, time.perf_counter() - begun


_messages = count()


def _batch(number: int) -> bytes:
    now = datetime.now(UTC).isoformat()
    calls = [
        {
            "type": "track",
            "event": synthetic.NAMES[n % len(synthetic.NAMES)],
            "userId": f"customer-{(number * BATCH + n) // 20}",
            "messageId": f"{os.getpid()}-{next(_messages)}",
            "timestamp": now,
            "properties": {"plan": "pro", "source": "bench"},
        }
        for n in range(BATCH)
    ]
    return json.dumps({"batch": calls}).encode()


def import_file(folder: Path, rows: int) -> None:
    workspace = prepare()
    file = folder / "import.csv"
    with file.open("w", newline="") as text:
        writer = csv.writer(text)
        writer.writerow(["customer", "name", "at", "channel", "plan"])
        for n in range(rows):
            at = datetime.fromtimestamp(1_700_000_000 + n, UTC).isoformat()
            name = synthetic.NAMES[n % len(synthetic.NAMES)]
            writer.writerow([f"customer-{n // 20}", name, at, "web", "pro"])
    begun = time.perf_counter()
    started = imports.start(workspace, mapping=MAPPING, by=None, now=datetime.now(UTC), path=file)
    imports.advance(started, now=datetime.now(UTC))
    load.drain()
    seconds = time.perf_counter() - begun
    stored = connect.current().run(connect.table("signals").count())[0][0].as_py()
    connect.close()
    timing.report(wayline=[seconds], signals_per_second=stored / seconds, result=stored)


if __name__ == "__main__":
    what, folder, amount = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    if what == "map_page":
        map_page(folder, amount)
    elif what == "intake":
        intake(amount)
    else:
        import_file(folder, amount)
