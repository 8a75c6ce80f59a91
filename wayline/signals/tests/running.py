"""The product's own server in processes of its own, as `wayline serve` starts it."""

import atexit
import contextlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from base64 import b64encode
from http.client import HTTPException
from pathlib import Path

from . import seed

BASE = Path(__file__).resolve().parents[3]
SET_UP = """
import django; django.setup()
from wayline.kit import schema
schema.bring_up_to_date()
from wayline.accounts.testing import make_key, make_workspace
workspace = make_workspace()
keys = [make_key(kind="write", workspace=workspace)]
keys += [make_key(role=role, workspace=workspace) for role in ("viewer", "contributor")]
print(*(key.secret for key in keys))
"""
WHAT_IS_STORED = """
import django, json; django.setup()
from django.db import connections
from wayline.accounts.testing import make_member
from wayline.accounts.models import Workspace
from wayline.signals import load, queries
from wayline.warehouse import connect
load.drain()
warehouse = connect.current()
columns = ["kind", "name", "subject", "channel", "value"]
rows = warehouse.run(warehouse.table("signals").order_by("seq").select(columns)).to_pylist()
account = queries.account(make_member(role="viewer", workspace=Workspace.objects.get()))
verdicts = []
for connection in connections.all():
    if connection.vendor == "sqlite":
        cursor = connection.cursor()
        cursor.execute("PRAGMA integrity_check")
        verdicts.append(cursor.fetchone()[0])
print(json.dumps({
    "signals": rows,
    "account": vars(account) | {"missing": account.missing},
    "databases": verdicts,
}, default=str))
"""


FILES = ("wayline.sqlite3", "journal.sqlite3", "secret_key")
_prepared: list[tuple[Path, str]] = []  # a data directory to copy, as creating every table takes long


class Server:
    """A server with a data directory, a write key and a reader's key of its own."""

    def __init__(self, data: Path, **environment: str):
        self.environment = (
            os.environ
            | {
                "WAYLINE_DATA_DIR": str(data),
                "WAYLINE_DATABASE_URL": f"sqlite:///{data}/wayline.sqlite3",
                "WAYLINE_WAREHOUSE_URL": f"duckdb:///{data}/signals.duckdb",
                "DJANGO_SETTINGS_MODULE": "wayline.settings",
                "PYTHONPATH": str(BASE),
            }
            | environment
        )
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen | seed.Forked | None = None
        self.seed: seed.Seed | None = None
        self.log = data / "server.log"
        self.key, self.reader, self.editor = self._prepare(data).split()

    def _prepare(self, data: Path) -> str:
        if not self.environment["WAYLINE_DATABASE_URL"].startswith("sqlite"):
            return self.run(SET_UP)
        if not _prepared:
            folder = Path(tempfile.mkdtemp(prefix="wayline-prepared-"))
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
            environment = self.environment | {
                "WAYLINE_DATA_DIR": str(folder),
                "WAYLINE_DATABASE_URL": f"sqlite:///{folder}/wayline.sqlite3",
                "WAYLINE_WAREHOUSE_URL": "duckdb://",
            }
            _prepared.append((folder, self.run(SET_UP, environment)))
        folder, keys = _prepared[0]
        for name in FILES:
            shutil.copyfile(folder / name, data / name)
        return keys

    def run(self, program: str, environment: dict[str, str] | None = None) -> str:
        done = subprocess.run(
            [sys.executable, "-c", program],
            env=environment or self.environment,
            capture_output=True,
            text=True,
            timeout=240,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip().splitlines()[-1]

    def start(self) -> None:
        self.launch()
        self.wait_until_it_answers()

    def sow(self, before: str = "") -> None:
        """Have every start from now on cost little; a program may change something in them first."""
        self.seed = seed.Seed(self.environment, self.log, before)

    def launch(self) -> None:
        if self.seed:
            self.process = self.seed.start(self.port)
            return
        command = [sys.executable, "-m", "wayline", "serve", "--port", str(self.port)]
        with self.log.open("a") as log:
            self.process = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)

    def wait_until_it_answers(self) -> None:
        patience = time.monotonic() + 90
        while time.monotonic() < patience:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.address}/livez", timeout=2):
                return
            assert self.process.poll() is None, self.log.read_text()[-3_000:]
            time.sleep(0.05)
        raise AssertionError(f"the server did not start in time:\n{self.log.read_text()[-3_000:]}")

    def wait_until_it_takes_signals(self) -> None:
        """Long before the pages can answer, which load much more first."""
        patience = time.monotonic() + 90
        while time.monotonic() < patience:
            # A request without a key is refused by the process that listens, and needs nothing else.
            asked = urllib.request.Request(f"{self.address}/v1/batch", b'{"batch": []}')
            try:
                urllib.request.urlopen(asked, timeout=2)
            except urllib.error.HTTPError:
                return
            except (OSError, HTTPException):
                assert self.process.poll() is None, self.log.read_text()[-3_000:]
                time.sleep(0.02)
        raise AssertionError(f"the server takes no signals:\n{self.log.read_text()[-3_000:]}")

    def front(self) -> int:
        """The process that listens."""
        (child,) = self._fronts()
        return child

    def _fronts(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(child) for child in children]

    def kill_front(self) -> None:
        """The one that listens, or one of those that do."""
        with contextlib.suppress(ProcessLookupError, IndexError):
            os.kill(random.choice(self._fronts()), signal.SIGKILL)

    def end(self, how: int = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        return self.process.wait(60)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.end()
        if self.seed:
            self.seed.end()

    def stored(self) -> dict:
        """What lies in the warehouse once everything is loaded, and its account. The server has ended."""
        return json.loads(self.run(WHAT_IS_STORED))

    def account(self) -> dict:
        """What the running server says became of everything it received."""
        return self.ask("/api/v1/signals/account")

    def ask(self, path: str) -> dict:
        asked = urllib.request.Request(
            self.address + path, headers={"Authorization": f"Bearer {self.reader}"}
        )
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return json.loads(answer.read())

    def wait_until_loaded(self, received: int) -> dict:
        patience = time.monotonic() + 60
        while time.monotonic() < patience:
            account = self.account()
            if account["received"] >= received and not account["waiting"]:
                return account
            time.sleep(0.1)
        raise AssertionError(f"still waiting: {self.account()}")

    def post(self, body: bytes, *, path: str = "/v1/batch", timeout: float = 10) -> dict:
        headers = {"Authorization": "Basic " + b64encode(f"{self.key}:".encode()).decode()}
        request = urllib.request.Request(self.address + path, body, headers)
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return json.loads(answer.read())


def calls(ids: list[str], **fields) -> bytes:
    """A batch of what one person did, each call with its id as message id and subject."""
    return json.dumps(
        {
            "batch": [
                {
                    "type": "track",
                    "userId": f"u{random.Random(each).randrange(50)}",
                    "event": "Beat",
                    "messageId": each,
                    "properties": {"subject": each},
                }
                | fields
                for each in ids
            ]
        }
    ).encode()
