"""Moves what was committed from a log into its database's file, and hears when that fails.

SQLite would do so by itself within a commit, and keep a failure to itself.
"""

import atexit
import os
import subprocess
import sys
import threading
from collections import defaultdict

import structlog
from django.db import DatabaseError, connections

from . import trust

log = structlog.get_logger()

LONG = 4_000  # pages, 16 MB
TOO_LONG = 4 * LONG  # then writers are held up for it
PAGE = 4_096
EVERY = 5.0  # seconds
WAIT = 10  # milliseconds for readers, while writers wait

_being_moved: dict[str, threading.Lock] = defaultdict(threading.Lock)
_long: set[str] = set()
_opening = threading.Lock()
_opened: dict[str, int] = {}  # databases, with the process that has them open


def is_long(alias: str) -> bool:
    """Whether a writer should move the log after its commit: only then nothing comes in between."""
    return alias in _long


def move(alias: str, *, kind: str = "PASSIVE") -> int:
    """Move what can be moved without holding anybody up. How many pages the log has, if that was tried."""
    if not _being_moved[alias].acquire(blocking=False):
        return 0
    try:
        with connections[alias].cursor() as cursor:
            cursor.execute(f"PRAGMA wal_checkpoint({kind})")
            _, pages, moved = cursor.fetchone()
    except DatabaseError as error:  # a full disk: the commits say so to whom it concerns
        log.warning("a log could not be moved into its database", database=alias, error=str(error))
        move_anew(alias)
        return 0
    finally:
        _being_moved[alias].release()
    (_long.add if pages >= LONG and moved < pages else _long.discard)(alias)
    return pages


def move_anew(alias: str) -> None:
    """Have what was moved so far moved again: some of it may be what a failed sync lost."""
    path = str(connections[alias].settings_dict["NAME"])
    command = [sys.executable, "-S", trust.__file__, path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        log.error("a log cannot be moved again; restart Wayline", database=alias, error=reason)


def begin() -> None:
    """What a process that stays does first: one that was killed may have met a failed sync just before."""
    for alias in connections:
        if connections[alias].vendor == "sqlite":
            move_anew(alias)


def open_first(path: str) -> bool:
    """Make the log safe before this process opens the database; whether it had not done so yet."""
    with _opening:
        if _opened.get(path) == os.getpid():
            return False
        if os.path.exists(path):
            trust.write_anew(path)
        _opened[path] = os.getpid()
    return True


def follow(alias: str, path: str) -> None:
    """Move the log from now on whenever it is long, until this process ends."""
    _Follower(alias, path).start()


class _Follower(threading.Thread):
    """Moves the log while it is long. Its connection stays, so that no other one is ever the last."""

    def __init__(self, alias: str, path: str):
        super().__init__(name=f"log of {alias}", daemon=True)
        self._alias, self._log = alias, f"{path}-wal"
        self._is_over = threading.Event()
        atexit.register(self._end)

    def run(self) -> None:
        seen = None
        while not self._is_over.wait(0 if seen is None else EVERY):
            try:
                if seen is None:
                    self._open()
                now = self._state()
                if now != seen and now[0] >= LONG * PAGE and move(self._alias) >= TOO_LONG:
                    move(self._alias, kind="FULL")
                seen = now
            except DatabaseError as error:  # another process may be opening it: try again
                log.warning("a log cannot be followed just now", database=self._alias, error=str(error))
                self._is_over.wait(EVERY)
        connections[self._alias].close()

    def _open(self) -> None:
        with connections[self._alias].cursor() as cursor:
            cursor.execute(f"PRAGMA busy_timeout={WAIT}")
            cursor.execute("SELECT 1 FROM sqlite_master")

    def _state(self) -> tuple[int, int]:
        try:
            found = os.stat(self._log)
        except OSError:
            return 0, 0
        return found.st_size, found.st_mtime_ns

    def _end(self) -> None:
        self._is_over.set()
        self.join(1)
