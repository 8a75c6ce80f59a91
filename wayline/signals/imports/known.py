"""What the whole of a file said about its dates, so that it is not read anew for every look at a mapping."""

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import msgspec
from django.core.cache import cache

from .mapping import Mapping

SECONDS = 3600


class Settled(NamedTuple):
    orders: dict[str, bool]  # by date column, whether the day comes first
    total: int
    repaired: int


def key(digest: str, mapping: Mapping, open_dates: Iterable[str], paths: list[Path]) -> str:
    """The same file, read the same way, with the same dates to settle."""
    how = mapping.model_dump(mode="json", include={"file", "missing", "values", "lookups", "compute"})
    files = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in paths]
    said = msgspec.json.encode([digest, how, sorted(open_dates), files], order="deterministic")
    return f"imports.settled.{sha256(said).hexdigest()}"


def get(key: str) -> Settled | None:
    found = cache.get(key)
    return Settled(*found) if found is not None else None


def keep(key: str, settled: Settled) -> None:
    cache.set(key, tuple(settled), SECONDS)
