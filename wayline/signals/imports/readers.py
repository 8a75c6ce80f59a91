"""Files as rows: CSV of any dialect, JSON lines, Parquet and event logs, streamed in bounded memory."""

import csv
import gzip
import io
import json
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow as pa
import pyarrow.parquet as pq

from wayline.signals import written

from .encodings import repaired, text_of
from .event_logs import xes
from .mapping import FileRules
from .sources import FileNotReadable, Row, Source, first_line

LONGEST_FIELD = 10_000_000
LARGEST_UNPACKED = 20_000_000_000  # a few kilobytes can unpack to any size
csv.field_size_limit(LONGEST_FIELD)


@contextmanager
def opened(path: Path, rules: FileRules | None = None, wanted: tuple[str, ...] = ()) -> Iterator[Source]:
    """The file as a stream of rows. `wanted` columns are kept even where only later rows have them."""
    rules = rules or FileRules()
    if path.stat().st_size == 0:
        raise FileNotReadable(f"{path.name} is empty. Choose a file with at least one row.")
    try:
        kind = rules.format or format_of(path)
        with _unpacked(path) as binary:
            if kind == "parquet":
                source = _parquet(binary)
            elif kind == "xes":
                source = xes(binary, rules, wanted)
            elif kind == "jsonl":
                source = _json_lines(binary, rules, wanted)
            else:
                source = _csv(binary, rules)
            if rules.short_rows == "fill" and kind == "csv":
                source.rows = _filled(source.rows, len(source.columns))
            if rules.repair and kind in {"csv", "jsonl"}:
                source.rows = repaired(source, source.rows)
            yield source
    except pa.ArrowException as error:
        raise FileNotReadable(
            f"{path.name} is not a Parquet file that can be read: {first_line(error)}."
        ) from None
    except (EOFError, zipfile.BadZipFile, zlib.error, OSError) as error:
        raise FileNotReadable(
            f"{path.name} cannot be unpacked or read: {first_line(error)}. Save it again and retry."
        ) from None


# What people upload by mistake, by its first bytes.
FOREIGN = (
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file. Open it and save the sheet as CSV"),
    (b"%PDF", "a PDF document. Ask for the table it shows as CSV"),
    (b"\x89PNG", "a picture. Ask for the table it shows as CSV"),
    (b"\xff\xd8\xff", "a picture. Ask for the table it shows as CSV"),
    (b"SQLite format 3", "a database. Export the table as CSV"),
)
SHEETS = ("xl/workbook.xml", "xl/workbook.bin", "content.xml")


def format_of(path: Path) -> str:
    """The format that the name says, or that the first bytes show."""
    name = inner_name(path).lower()
    for ending, kind in (
        (".parquet", "parquet"), (".xes", "xes"), (".jsonl", "jsonl"), (".ndjson", "jsonl"),
    ):  # fmt: skip
        if name.endswith(ending):
            return kind
    with _unpacked(path) as binary:
        head = binary.read(4096).lstrip(b"\xef\xbb\xbf \t\r\n")
    for beginning, what in FOREIGN:
        if head.startswith(beginning):
            raise FileNotReadable(f"{path.name} is {what}, and upload that.")
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"<") and b"<log" in head:
        return "xes"
    if head.startswith(b"{"):
        return "jsonl"
    return "csv"


def inner_name(path: Path) -> str:
    """The file's name without what it is packed in."""
    if path.suffix.lower() == ".zip" and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return _single(path, archive).filename
    return path.stem if path.suffix.lower() == ".gz" else path.name


def _opened_archive(path: Path, file: BinaryIO) -> zipfile.ZipFile:
    try:
        archive = zipfile.ZipFile(file)
    except zipfile.BadZipFile:
        raise FileNotReadable(f"{path.name} is a damaged archive. Pack it again, and upload that.") from None
    if any(name in archive.namelist() for name in SHEETS):
        raise FileNotReadable(
            f"{path.name} is a spreadsheet. Open it and save the sheet as CSV, and upload that."
        )
    return archive


def _single(path: Path, archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    files = [
        one for one in archive.infolist() if not one.is_dir() and not one.filename.startswith("__MACOSX/")
    ]
    if len(files) != 1:
        raise FileNotReadable(
            f"{path.name} holds {len(files)} files. Put exactly one file into the archive, or "
            "upload them unpacked."
        )
    if files[0].flag_bits & 1:
        raise FileNotReadable(f"{path.name} is protected by a password. Unpack it first.")
    if files[0].file_size > LARGEST_UNPACKED:
        raise FileNotReadable(_too_large(path.name))
    return files[0]


def _too_large(name: str) -> str:
    return f"{name} unpacks to more than {LARGEST_UNPACKED / 1e9:g} GB. Split it into smaller files."


class _Bounded(io.RawIOBase):
    """A stream that says nowhere how long it is, read up to the largest size there may be."""

    def __init__(self, stream: gzip.GzipFile, name: str):
        self._stream, self._name, self._left = stream, name, LARGEST_UNPACKED

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        most = self._left + 1
        chunk = self._stream.read(most if size < 0 else min(size, most))
        self._left -= len(chunk)
        if self._left < 0:
            raise FileNotReadable(_too_large(self._name))
        return chunk


@contextmanager
def _unpacked(path: Path) -> Iterator[BinaryIO]:
    with path.open("rb") as file:
        head = file.read(4)
        file.seek(0)
        if head[:2] == b"\x1f\x8b":
            with gzip.open(file) as unpacked:
                yield cast(BinaryIO, _Bounded(unpacked, path.name))
        elif head == b"PK\x03\x04":
            with _opened_archive(path, file) as archive, archive.open(_single(path, archive)) as member:
                yield cast(BinaryIO, member)
        else:
            yield file


def _filled(rows: Iterator[tuple[int, Row]], width: int) -> Iterator[tuple[int, Row]]:
    for line, row in rows:
        yield line, [*row, *[""] * (width - len(row))]


def _csv(binary: BinaryIO, rules: FileRules) -> Source:
    notes: list[str] = []
    text, encoding = text_of(binary, rules, notes)
    head = _Lines(text)
    delimiter = rules.delimiter or detect_delimiter(head.sample(), rules.quote)
    reader = csv.reader(head, delimiter=delimiter, quotechar=rules.quote)
    try:
        first = next((row for row in reader if any(cell.strip() for cell in row)), None)
    except csv.Error as error:
        raise FileNotReadable(_too_long(1, error)) from None
    if first is None:
        raise FileNotReadable("The file holds only blank lines. Choose a file with at least one row.")
    if rules.has_header and not rules.columns:
        columns, pending = _distinct([cell.strip() for cell in first]), None
    else:
        columns = list(rules.columns) or [f"column {number}" for number in range(1, len(first) + 1)]
        pending = None if rules.has_header else first
    return Source(
        "csv",
        columns,
        _csv_rows(reader, pending, reader.line_num),
        notes=notes,
        delimiter=delimiter,
        encoding=encoding,
    )


def _csv_rows(reader, pending: Row | None, line: int) -> Iterator[tuple[int, Row]]:
    if pending is not None:
        yield 1, pending
    try:
        for row in reader:
            if row:
                yield line + 1, row
            line = reader.line_num
    except csv.Error as error:
        raise FileNotReadable(_too_long(line + 1, error)) from None


def _too_long(line: int, error: csv.Error) -> str:
    if "field larger" in str(error):
        return (
            f"Line {line}: a field is longer than {LONGEST_FIELD:,} characters. "
            "Most often a quote is opened there and never closed; close it, or set file: quote."
        )
    return (
        f"Line {line}: this is not CSV ({error}). Check the quotes there, or set file: delimiter and quote."
    )


class _Lines:
    """Lines of a text, the first of which can be looked at before they are read."""

    def __init__(self, text: io.TextIOWrapper):
        self.text = text
        self.kept: list[str] = []

    def sample(self) -> str:
        size = 0
        while size < 65_536 and (line := self.text.readline(LONGEST_FIELD)):
            self.kept.append(line)
            size += len(line)
        return "".join(self.kept)

    def __iter__(self) -> Iterator[str]:
        yield from self.kept
        self.kept = []
        yield from self.text


def detect_delimiter(sample: str, quote: str = '"') -> str:
    """The delimiter by which most rows have as many fields as the first one, and more than one."""
    best, best_score = ",", 0.0
    for delimiter in ",;\t|":
        rows = []
        try:
            for row in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter, quotechar=quote):
                if row:
                    rows.append(len(row))
        except csv.Error:
            pass
        # The sample may end in the middle of a row.
        rows = rows[:-1] if len(rows) > 2 else rows
        if not rows or rows[0] < 2:
            continue
        score = sum(count == rows[0] for count in rows) / len(rows) + min(rows[0], 20) / 100
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _distinct(names: Row) -> list[str]:
    """Every column a name of its own: unnamed ones are numbered, repeated ones counted."""
    taken: set[str] = set()
    distinct = []
    for number, name in enumerate(names, 1):
        name = name or f"column {number}"
        candidate, count = name, 2
        while candidate in taken:
            candidate, count = f"{name} ({count})", count + 1
        taken.add(candidate)
        distinct.append(candidate)
    return distinct


def _json_lines(binary: BinaryIO, rules: FileRules, wanted: tuple[str, ...]) -> Source:
    notes: list[str] = []
    text, encoding = text_of(binary, rules, notes)
    head: list[tuple[int, dict[str, str] | str]] = []
    lines = _json_objects(text)
    for item in lines:
        head.append(item)
        if len(head) == 1000:
            break
    seen = [key for _, one in head if isinstance(one, dict) for key in one]
    columns = list(dict.fromkeys([*seen, *wanted]))
    if not seen:
        raise FileNotReadable('No line of the file is a JSON object such as {"a": 1}. Check the format.')

    def rows() -> Iterator[tuple[int, Row]]:
        for items in (head, lines):
            for line, one in items:
                yield line, ([one] if isinstance(one, str) else [one.get(column, "") for column in columns])

    return Source("jsonl", columns, rows(), notes=notes, encoding=encoding)


def _json_objects(text: io.TextIOWrapper) -> Iterator[tuple[int, dict[str, str] | str]]:
    """Each object flattened; a line that is none comes as its text and is refused later."""
    number = 0
    while line := text.readline(LONGEST_FIELD):
        number += 1
        if not line.strip():
            continue
        try:
            one = json.loads(line.lstrip("\ufeff"))
        except (ValueError, RecursionError):
            one = None
        yield number, flatten(one) if isinstance(one, dict) else line.rstrip("\r\n")


def flatten(value: dict, prefix: str = "") -> dict[str, str]:
    """Nested keys joined by dots, lists kept as JSON text."""
    flat: dict[str, str] = {}
    for key, inner in value.items():
        if isinstance(inner, dict):
            flat |= flatten(inner, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = as_text(inner)
    return flat


def as_text(value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool | float):
        return "" if value != value else written.scalar(value)  # what is no number equals nothing
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, list | dict | tuple):
        return json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value)


def _parquet(binary: BinaryIO) -> Source:
    if not binary.seekable() or isinstance(binary, zipfile.ZipExtFile):
        raise FileNotReadable("A Parquet file is compressed already; upload it without packing it.")
    file = pq.ParquetFile(binary)
    # A value repeated a billion times takes a few bytes there too; as text it is at least one and a comma.
    told = file.metadata
    unpacked = sum(told.row_group(group).total_byte_size for group in range(told.num_row_groups))
    if max(unpacked, told.num_rows * told.num_columns) > LARGEST_UNPACKED:
        raise FileNotReadable(_too_large("The Parquet file"))
    columns = _distinct(list(file.schema_arrow.names))

    def rows() -> Iterator[tuple[int, Row]]:
        number = 0
        for batch in file.iter_batches(5000):
            for row in zip(
                *([as_text(v) for v in column.to_pylist()] for column in batch.columns), strict=True
            ):
                number += 1
                yield number, list(row)

    return Source("parquet", columns, rows(), unit="row")
