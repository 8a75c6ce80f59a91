"""What long work on many bytes says while it goes on, and the room it asks for beforehand."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path

from wayline.kit.refusals import Refusal

Say = Callable[[str], None]
EVERY = 10.0  # seconds
SPARE = 100_000_000  # bytes


class NoRoom(Refusal):
    """A disk that would be full in the middle."""


class Progress:
    """Says every few seconds how much of the whole is done."""

    def __init__(self, doing: str, total: int, say: Say):
        self._doing, self._total, self._say = doing, total, say
        self._done, self._said_at = 0, time.monotonic()

    def add(self, count: int) -> None:
        self._done += count
        if time.monotonic() - self._said_at >= EVERY:
            self._said_at = time.monotonic()
            self._say(f"{self._doing}: {size(self._done)} of {size(self._total)}")


def size(count: int) -> str:
    """Bytes as people say them."""
    return f"{count / 1e9:,.1f} GB" if count >= 1e9 else f"{count / 1e6:,.1f} MB"


def refuse_without_room(folder: Path, wanted: int) -> None:
    """Say it before anything is written. The folder need not be there yet."""
    there = next(each for each in (folder, *folder.parents) if each.exists())
    free = shutil.disk_usage(there).free
    if free < wanted + SPARE:
        raise NoRoom(
            f"About {size(wanted)} will be written, and {size(free)} are free in {there}. "
            "Free some space, or name a directory on another disk."
        )
