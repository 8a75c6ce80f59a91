"""R-15: 5,000 signals a second for long, and nothing that grows (--soak 28800 for eight hours).

A long run says every five minutes what it saw, so that one cut short says something too.
"""

import json
import os
import random
import subprocess
import sys
import time
import urllib.request
import uuid
from pathlib import Path

import numpy as np
import pytest

from .running import Server

pytestmark = pytest.mark.slow
BATCH, BATCHES_A_SECOND = 100, 50
SAMPLES = 10  # at least; five minutes apart at most
LONG = 3_600  # seconds; shorter runs are still filling what they keep
PAGES = ("/api/v1/signals/segments", "/api/v1/customers/", "/api/v1/signals/account")
QUESTION = {"metric": "customers", "by": ["name"], "period": "all"}
COUNTED = """
import json, pysqlite3, sys
tables = pysqlite3.connect(sys.argv[1], timeout=20)
named = [row[0] for row in tables.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
print(json.dumps({name: tables.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in named}))
"""


@pytest.fixture
def server(tmp_path):
    server = Server(tmp_path)
    server.start()
    yield server
    server.stop()


def test_nothing_grows_while_signals_come_in_for_long(server, pytestconfig, capsys):
    seconds = pytestconfig.getoption("soak")
    between = min(seconds / SAMPLES, 300)
    sent, late, seen = 0, 0, []
    begun = time.monotonic()
    while (now := time.monotonic() - begun) < seconds:
        if now >= len(seen) * between:
            seen.append(held(server) | {"at": round(now), "sent": sent, "late": late})
            with capsys.disabled():
                print(json.dumps(seen[-1]), flush=True) if seconds >= LONG else None
        due = sent / BATCH / BATCHES_A_SECOND
        time.sleep(max(0.0, due - now))
        late += now - due > 1
        server.post(batch(), timeout=60)
        sent += BATCH

    account = server.wait_until_loaded(sent)
    settled = seen[len(seen) // 3 :]
    print(json.dumps({"sent": sent, "stored": account["stored"], "slopes": slopes(settled)}))
    assert account["stored"] == sent
    assert max(each["files"] for each in settled) <= settled[0]["files"] + 20
    assert max(each["logs"] for each in seen) < 256_000_000
    assert settled[-1]["tasks"] <= settled[0]["tasks"] + 100
    assert settled[-1]["memory"] < settled[0]["memory"] + 100_000_000


def batch() -> bytes:
    """What a hundred of 20,000 customers did, half of them with something to say of it."""
    signals = [
        {
            "type": "track",
            "userId": f"u{random.randrange(20_000)}",
            "event": random.choice(["Seen", "Ordered", "Paid", "Asked"]),
            "messageId": uuid.uuid4().hex,
            "properties": {
                "amount": random.randrange(1_000),
                "subject": uuid.uuid4().hex[: random.choice((0, 8))],
            },
        }
        for _ in range(BATCH)
    ]
    return json.dumps({"batch": signals}).encode()


def held(server: Server) -> dict[str, int]:
    """Memory and files of both processes, bytes of write-ahead logs and of everything, tasks and rows."""
    for page in PAGES:
        server.ask(page)
    answered(server)
    pages, front = (Path(f"/proc/{pid}") for pid in (server.process.pid, server.front()))
    folder = server.log.parent
    database = str(folder / "wayline.sqlite3")
    counted = subprocess.run([sys.executable, "-c", COUNTED, database], capture_output=True, check=True)
    tables = json.loads(counted.stdout)
    return {
        "memory": resident(pages) + resident(front),
        "memory_front": resident(front),
        "files": sum(len(os.listdir(each / "fd")) for each in (pages, front)),
        "logs": sum(each.stat().st_size for each in folder.glob("*wal")),
        "disk": sum(each.stat().st_size for each in folder.rglob("*") if each.is_file()),
        "tasks": sum(rows for name, rows in tables.items() if "task" in name or "job" in name),
        "rows": sum(tables.values()),
    }


def answered(server: Server) -> None:
    """Have a metric be computed over all that was stored."""
    headers = {"Authorization": f"Bearer {server.reader}", "Content-Type": "application/json"}
    body = json.dumps(QUESTION).encode()
    asked = urllib.request.Request(f"{server.address}/api/v1/metrics/answer", body, headers)
    with urllib.request.urlopen(asked, timeout=300) as answer:
        assert json.loads(answer.read())["rows"] is not None


def resident(process: Path) -> int:
    """Bytes that only this process has; what lies in files as well is let go when memory is short."""
    told = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
    return int(told["RssAnon"].split()[0]) * 1_024


def slopes(seen: list[dict]) -> dict[str, list[float]]:
    """Of memory in MB an hour and of files an hour: least squares, with the standard error of each."""
    hours = np.array([each["at"] for each in seen]) / 3_600
    found = {}
    for name, unit in (("memory", 1e6), ("memory_front", 1e6), ("files", 1)):
        values = np.array([each[name] for each in seen]) / unit
        if len(seen) > 3 and np.ptp(hours):
            fitted, spread = np.polyfit(hours, values, 1, cov=True)
            found[name] = [round(float(fitted[0]), 2), round(float(spread[0, 0] ** 0.5), 2)]
    return found
