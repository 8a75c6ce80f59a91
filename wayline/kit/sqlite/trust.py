"""What of a database's log may be believed after a disk answered a sync with an error.

The system takes what waited for a failed sync as written: every program sees it, no later sync writes it,
and a power cut takes it away. The bytes and locks used here are those of https://sqlite.org/walformat.html.
It runs as a program too: closing the index in a process that uses it would drop all locks of that process.
"""

import fcntl
import mmap
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MOVING, OPEN = 121, 128  # bytes of the index: locked by who moves the log, and by whoever has it open
MOVED = 96  # where the index keeps how much of the log has been moved
VERSION = 3007000  # of the index's format, its first number
PATIENCE = 20.0  # seconds
CHUNK = 1 << 20


class IndexUnknown(Exception):
    """The index is of another format than the one described there."""


def write_anew(database: str) -> bool:
    """Sync the whole log once more before SQLite reads it, unless somebody has the database open.

    Who opens it first reads the log as programs see it, takes a batch whose sync had failed for committed,
    and writes behind it: behind a hole, that is, once the power was cut.
    """
    log = Path(f"{database}-wal")
    if not log.exists() or not log.stat().st_size:
        return False
    with _index(database, os.O_CREAT) as index:
        if not _lock(index, OPEN):
            return False
        with log.open("r+b") as file:
            while part := file.read(CHUNK):
                file.seek(-len(part), os.SEEK_CUR)
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
        return True


def move_anew(database: str) -> bool:
    """Have the whole log moved into the database again: of what was moved, a failed sync may have lost some.

    SQLite itself goes on behind what it moved without a sync, and lets the log begin anew.
    """
    if not os.path.exists(f"{database}-shm"):
        return False
    with _index(database) as index:
        if os.fstat(index).st_size <= MOVED:
            return False
        patience = time.monotonic() + PATIENCE
        while not _lock(index, MOVING):
            if time.monotonic() > patience:
                raise TimeoutError(f"{database} is being moved for {PATIENCE:.0f} seconds already")
            time.sleep(0.005)
        with mmap.mmap(index, 0) as seen:
            version = int.from_bytes(seen[:4], sys.byteorder)
            if version != VERSION:
                raise IndexUnknown(f"{database}-shm is of version {version}, not {VERSION}")
            seen[MOVED : MOVED + 4] = bytes(4)
        return True


@contextmanager
def _index(database: str, flags: int = 0) -> Iterator[int]:
    found = os.stat(database)
    index = os.open(f"{database}-shm", os.O_RDWR | os.O_NOFOLLOW | flags, found.st_mode & 0o777)
    try:
        if os.fstat(index).st_uid != found.st_uid:
            os.fchown(index, found.st_uid, found.st_gid)
        yield index
    finally:
        os.close(index)


def _lock(index: int, byte: int) -> bool:
    try:
        fcntl.lockf(index, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    move_anew(sys.argv[1])
