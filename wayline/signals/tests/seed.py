"""Servers started as often as one likes, at the cost of a fork: everything is imported once.

What runs is `wayline serve` as it is; only reading the programs from the disk again is left out.
"""

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path

PROGRAM = """
import os, signal, sys
import django; django.setup()
import wayline.urls
from wayline import asgi, behind
from wayline.cli import serving
exec(sys.argv[2])
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for port in sys.stdin:
    child = os.fork()
    if child:
        print(child, flush=True)
        continue
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    log = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for there, here in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(there, here)
    try:
        serving.run("127.0.0.1", int(port))
    except SystemExit as end:
        os._exit(end.code or 0)
    except BaseException:
        import traceback
        traceback.print_exc()
        os._exit(1)
    os._exit(0)
"""


class Forked:
    """A process that is no child of ours, as subprocess.Popen would show it."""

    def __init__(self, pid: int):
        self.pid = pid

    def poll(self) -> int | None:
        return None if Path(f"/proc/{self.pid}").exists() else 0

    def send_signal(self, how: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, how)

    def wait(self, timeout: float) -> int:
        patience = time.monotonic() + timeout
        while self.poll() is None:
            if time.monotonic() > patience:
                raise subprocess.TimeoutExpired("wayline serve", timeout)
            time.sleep(0.01)
        return 0


class Seed:
    """What servers grow from."""

    def __init__(self, environment: dict[str, str], log: Path, before: str = ""):
        self._process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(log), before],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log.open("a"),
            text=True,
        )

    def start(self, port: int) -> Forked:
        self._process.stdin.write(f"{port}\n")
        self._process.stdin.flush()
        return Forked(int(self._process.stdout.readline()))

    def end(self) -> None:
        self._process.kill()  # it holds nothing
        self._process.wait()
