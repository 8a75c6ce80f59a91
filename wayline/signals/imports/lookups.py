"""Second files matched by a key: in memory while they are small, in a temporary file beyond that."""

import json
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

from . import readers
from .mapping import Lookup, MappingNotUnderstood

KEPT_IN_MEMORY = 300_000


class Matches:
    """The rows of a second file by their key, each cut to the columns that the mapping uses."""

    def __init__(self, name: str, lookup: Lookup, path: Path, wanted: set[str]):
        self.name, self.lookup = name, lookup
        self.by_key: dict[str, list[readers.Row]] = {}
        self.spilled: sqlite3.Connection | None = None
        self.rows = self.repeated = 0
        self.broken: list[int] = []
        with readers.opened(path, lookup.rules) as source:
            self._check(source.columns, path)
            prefix = f"{name}."
            self.columns = [column for column in source.columns if prefix + column in wanted]
            self.indexes = [source.columns.index(column) for column in self.columns]
            key = source.columns.index(lookup.key)
            width = len(source.columns)
            for line, row in source.rows:
                if len(row) != width:
                    self.broken.append(line)
                    continue
                self._keep(row[key].strip(), [row[index] for index in self.indexes])
            self.notes = [f"{path.name}: {note}" for note in source.notes]
            if self.broken:
                places = ", ".join(map(str, self.broken[:5])) + (
                    " and others" if len(self.broken) > 5 else ""
                )
                self.notes.append(
                    f"{path.name}: {len(self.broken):,} rows were left out because they have "
                    "more or fewer fields "
                    f"than the header ({source.unit} {places})."
                )
        if self.spilled is not None:
            self._spill()
            self.spilled.execute("CREATE INDEX by_key ON kept (key)")
        if self.repeated and lookup.many is None:
            raise MappingNotUnderstood(
                [
                    f"lookups, {name}: {self.repeated:,} rows of {path.name} have a {lookup.key} "
                    "that occurred "
                    "before. Write many: first, many: last, or many: each for a signal from each of them."
                ]
            )

    def _check(self, columns: list[str], path: Path) -> None:
        if self.lookup.key not in columns:
            raise MappingNotUnderstood(
                [
                    f"lookups, {self.name}, key: {path.name} has no column {self.lookup.key!r}. "
                    f"Its columns: {', '.join(columns)}."
                ]
            )
        self.all_columns = columns

    def _keep(self, key: str, row: readers.Row) -> None:
        self.rows += 1
        if self.spilled is None and self.rows > KEPT_IN_MEMORY:
            self.file = tempfile.NamedTemporaryFile(suffix=".lookup")  # noqa: SIM115 - lives as long as this
            self.spilled = sqlite3.connect(self.file.name, check_same_thread=False)
            # The file dies with this process, so nothing of it need survive a crash.
            self.spilled.execute("PRAGMA journal_mode=OFF")
            self.spilled.execute("PRAGMA synchronous=OFF")
            self.spilled.execute("CREATE TABLE kept (number INTEGER PRIMARY KEY, key TEXT, row TEXT)")
            self.seen = set(map(hash, self.by_key))
        if self.spilled is None:
            kept = self.by_key.setdefault(key, [])
            self.repeated += bool(kept)
            if kept and self.lookup.many == "first":
                return
            if kept and self.lookup.many == "last":
                kept.clear()
            kept.append(row)
            return
        self.repeated += hash(key) in self.seen
        self.seen.add(hash(key))
        self.by_key.setdefault(key, []).append(row)
        if self.rows % 20_000 == 0:
            self._spill()

    def _spill(self) -> None:
        assert self.spilled is not None
        rows = ((key, json.dumps(row)) for key, found in self.by_key.items() for row in found)
        self.spilled.executemany("INSERT INTO kept (key, row) VALUES (?, ?)", rows)
        self.spilled.commit()
        self.by_key = {}

    def find(self, key: str) -> list[readers.Row]:
        """The rows with this key, as many as the lookup says."""
        if self.spilled is None:
            return self.by_key.get(key, [])
        found = self.spilled.execute("SELECT row FROM kept WHERE key = ? ORDER BY number", [key])
        rows = [json.loads(row) for (row,) in found]
        if self.lookup.many == "first":
            return rows[:1]
        return rows[-1:] if self.lookup.many == "last" else rows

    def every(self) -> Iterator[readers.Row]:
        if self.spilled is None:
            for rows in self.by_key.values():
                yield from rows
        else:
            for (row,) in self.spilled.execute("SELECT row FROM kept"):
                yield json.loads(row)
