"""A disk that forgets what was not synced when its power is cut, and whose syncs can be made to fail.

What lies in one folder is what the platter holds, in a form of its own; another is where the disk is mounted.
The process that serves it is `forgetting.py`; killing that process is the power cut.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from wayline.kit import durable

SERVED_BY = Path(__file__).with_name("forgetting.py")
PATIENCE = 10  # seconds


class NotMounted(Exception):
    """This machine does not let a process serve a file system."""


class Disk:
    """One that is mounted at a folder; what it remembers lies in another."""

    def __init__(self, platter: Path, mounted: Path, *, forgets_names: bool = False):
        self.platter, self.mounted, self.forgets_names = platter, mounted, forgets_names
        self.process: subprocess.Popen | None = None
        platter.mkdir()
        mounted.mkdir()
        self.power_up()

    def power_up(self) -> None:
        command = [sys.executable, str(SERVED_BY), str(self.platter), str(self.mounted)]
        command += ["names"] * self.forgets_names
        log = self.platter.with_suffix(".log")
        with log.open("w") as said:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=said, text=True)
        patience = time.monotonic() + PATIENCE
        while not os.path.ismount(self.mounted):
            if self.process.poll() is not None or time.monotonic() > patience:
                self.process.kill()
                raise NotMounted(log.read_text().strip().rpartition("\n")[2])
            time.sleep(0.01)

    def sync(self) -> None:
        for path in [*self.mounted.rglob("*"), self.mounted]:
            durable.sync(path)

    def sync_names(self) -> None:
        durable.sync(self.mounted)

    def fail_next_sync(self, name: str) -> None:
        """The file's next sync answers EIO, and what waited for it is seen from then on but never kept."""
        before = self._said().count(f"will fail {name}")
        self.process.stdin.write(f"{name}\n")
        self.process.stdin.flush()
        patience = time.monotonic() + PATIENCE
        while self._said().count(f"will fail {name}") == before and time.monotonic() < patience:
            time.sleep(0.001)

    def failed(self) -> list[str]:
        """The files whose sync has failed since the power came, in their order."""
        return [line.split()[1] for line in self._said() if line.startswith("failed ")]

    def _said(self) -> list[str]:
        return self.platter.with_suffix(".log").read_text().splitlines()

    def cut(self) -> None:
        """From this moment nothing more reaches the platter, and what was not synced is gone."""
        self.process.kill()
        self.process.wait(PATIENCE)

    def unmount(self) -> None:
        subprocess.run(["umount", "--lazy", str(self.mounted)], check=True)


@contextmanager
def served(folder: Path, **how: bool) -> Iterator[Disk]:
    """A disk below the folder while a test runs; the test is skipped where nobody may serve one."""
    try:
        disk = Disk(folder / "platter", folder / "disk", **how)
    except NotMounted as error:
        pytest.skip(f"needs root, /dev/fuse and libfuse (apt install fuse3): {error}")
    try:
        yield disk
    finally:
        disk.cut()
        disk.unmount()
