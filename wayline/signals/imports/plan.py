"""A file and its mapping put together: checked, dates settled, ready to be read once or in parts."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from time import monotonic

from django.utils.text import get_valid_filename

from wayline.signals.vocabulary import IDENTIFY, Signal

from . import known, readers
from .lookups import Matches
from .mapping import Mapping, MappingNotUnderstood
from .reading import File, RowRefused
from .rows import Rows
from .used import used_columns


@dataclass(frozen=True)
class Refused:
    """A row that yields nothing, with its place in the file."""

    line: int
    reason: str
    raw: readers.Row


@dataclass(frozen=True)
class Made:
    """A row and what came of it."""

    line: int
    signals: list[Signal]

    @property
    def shown(self) -> list[tuple[Signal, list[tuple[str, object]]]]:
        """Each signal with its properties and traits as pairs."""
        return [(one, [*one.properties.items(), *one.traits.items()]) for one in self.signals]


@dataclass
class Plan:
    """A mapping fitted to a file."""

    path: Path
    mapping: Mapping
    rows: Rows
    columns: list[str]
    unit: str
    total: int | None
    notes: list[str]
    wanted: tuple[str, ...]
    repaired: int = 0

    @contextmanager
    def read(self, after: int = 0) -> Iterator[Iterator[tuple[int, int, readers.Row]]]:
        """Number, line and cells of each row after the given number."""
        with readers.opened(self.path, self.mapping.file, self.wanted) as source:
            numbered = enumerate(self.rows.grouped(source.rows), 1)
            yield ((number, line, row) for number, (line, row) in numbered if number > after)
            self.repaired = source.repaired


def kept_name(name: str) -> str:
    """A file's name as it is stored."""
    return get_valid_filename(Path(name).name)[-200:]


def digest_of(path: Path) -> str:
    """The hash of the file's bytes, by which a file is recognised when it comes again."""
    digest = sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def make(
    path: Path,
    mapping: Mapping,
    *,
    name: str,
    digest: str,
    beside: dict[str, Path],
    received_at: datetime,
    timezone: str,
    is_counted: bool = True,
) -> Plan:
    """Fit the mapping to the file. Raises MappingNotUnderstood or FileNotReadable with what to do.

    Where the whole file need not be read to settle its dates, and is not to be counted, its total is unknown.
    """
    wanted = {column for _, column in used_columns(mapping)}
    wanted |= {column for computed in mapping.compute.values() for column in computed.first_of or ()}
    lookups = _lookups(mapping, {name: path} | beside, wanted)  # a file may look itself up
    own = _own_columns(mapping, wanted, lookups)
    with readers.opened(path, mapping.file, own) as source:
        rows = Rows(mapping, source.columns, File(name, digest, received_at, timezone), lookups)
        if source.format == "xes":
            rows.open_dates.pop("time:timestamp", None)  # ISO by its standard
        is_slow = source.format == "xes" and not rows.open_dates
        key = known.key(digest, mapping, rows.open_dates, [path, *beside.values()])
        total = None if is_slow else _settle(rows, source, key, is_counted)
        notes = [*source.notes, *(note for matches in lookups.values() for note in matches.notes)]
        notes += list(_words_like_columns(mapping, source.columns))
        if source.repaired:
            notes.append(f"{source.repaired:,} texts had been decoded wrongly before and were repaired.")
    rows.unmatched.clear()
    rows.compile()
    if total == 0:
        raise readers.FileNotReadable(
            f"{name} has a header but no rows. Choose a file with at least one row."
        )
    return Plan(path, mapping, rows, source.columns, source.unit, total, notes, own)


def _settle(rows: Rows, source: readers.Source, key: str, is_counted: bool) -> int | None:
    """Settle the order of day and month, by the whole file unless it is known; how many rows it has."""
    before = known.get(key)
    if before is not None:
        rows.settled, total, source.repaired = before
        return total
    if not rows.open_dates and not is_counted:
        return None if next(source.rows, None) else 0
    total = rows.settle_dates(source.rows)
    known.keep(key, known.Settled(rows.settled, total, source.repaired))
    return total


def _words_like_columns(mapping: Mapping, columns: list[str]) -> Iterator[str]:
    """A constant that is spelled like a column was most often meant to be the column."""
    for number, entry in enumerate(mapping.signals, 1):
        for key in ("name", "channel", "step"):
            word = getattr(entry, key)
            if word in columns:
                yield (
                    f"signals {number}, {key}: every signal gets the word {word}. "
                    f'Write {key}: "{{{word}}}" to take what stands in the column.'
                )


def _lookups(mapping: Mapping, files: dict[str, Path], wanted: set[str]) -> dict[str, Matches]:
    for name, lookup in mapping.lookups.items():
        if kept_name(lookup.file) not in files:
            raise MappingNotUnderstood(
                [
                    f"lookups, {name}, file: {lookup.file} was not given. "
                    f"Give it together with {next(iter(files))}; so far: {', '.join(files)}."
                ]
            )
    return {
        name: Matches(name, lookup, files[kept_name(lookup.file)], wanted)
        for name, lookup in mapping.lookups.items()
    }


def _own_columns(mapping: Mapping, wanted: set[str], lookups: dict[str, Matches]) -> tuple[str, ...]:
    """The columns that the main file itself must have."""
    own = (column for column in wanted if not column.startswith("@") and column not in mapping.compute)
    return tuple(sorted(column for column in own if column.partition(".")[0] not in lookups))


@dataclass
class Preview:
    """What would happen: the first rows as signals, every refused row, and the counts."""

    plan: Plan
    first: list[Made] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    rows: int = 0
    signals: int = 0
    customers: int = 0
    refused_rows: int = 0
    is_whole: bool = True
    by_entry: Counter[str] = field(default_factory=Counter)
    left_out: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def reasons(self) -> list[tuple[str, str, int]]:
        """What was not made of rows that made something else, and why."""
        return [(entry, reason, count) for (entry, reason), count in self.left_out.items()]


def preview(
    plan: Plan, *, rows: int = 8, seconds: float | None = None, refused: int | None = None
) -> Preview:
    """Go through the file without storing anything, for so many seconds at most."""
    seen = Preview(plan)
    until = monotonic() + seconds if seconds is not None else None
    with plan.read() as lines:
        for number, line, row in lines:
            seen.rows = number
            if until is not None and number % 500 == 1 and monotonic() > until:
                seen.rows, seen.is_whole = number - 1, False
                break
            try:
                made = plan.rows.signals(number, row)
            except RowRefused as reason:
                seen.refused_rows += 1
                if refused is None or len(seen.refused) < refused:
                    seen.refused.append(Refused(line, str(reason), row[: len(plan.columns)]))
                continue
            if made and len(seen.first) < rows:
                seen.first.append(Made(line, made))
            people = sum(signal.kind == IDENTIFY for signal in made)
            seen.customers += people
            seen.signals += len(made) - people
    for (entry, why), count in plan.rows.counts.items():
        if not why:
            seen.by_entry[entry] += count
        else:
            seen.left_out[entry, why] += count
    return seen
