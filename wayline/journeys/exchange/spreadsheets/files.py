"""The tables of a file: one for each map that it holds."""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from io import BytesIO, StringIO
from pathlib import PurePath
from zipfile import BadZipFile, ZipFile

from openpyxl import load_workbook
from openpyxl.utils import range_boundaries

from wayline.journeys.exchange.document import MapNotUnderstood
from wayline.journeys.exchange.unplaced import Unplaced

from .words import CARDS, IGNORE, MAPS, OF_MAP, plain, role_of

MOST_CELLS, MOST_ROWS, MOST_MAPS = 60_000, 5_000, 40
MOST_UNPACKED = 100_000_000
ONE_EACH = ("phase", "question", "step")

Rows = list[list[str]]


@dataclass(frozen=True)
class Sheet:
    """A table as it was found: labels, and the cells of each label in the order of the steps."""

    title: str
    shape: str  # across or down
    labels: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]
    persona: str = ""
    goal: str = ""
    unplaced: tuple[Unplaced, ...] = ()

    @property
    def guess(self) -> dict[str, str]:
        """What each label probably means, by its place."""
        taken: set[str] = set()
        guessed = {}
        for place, label in enumerate(self.labels):
            role = role_of(label)
            if role in ONE_EACH and role in taken:
                role = CARDS
            taken.add(role)
            guessed[str(place)] = role
        return guessed

    @property
    def examples(self) -> list[tuple[str, str, str]]:
        """Each label with its place and the first words below it."""
        return [
            (str(place), label, next((cell for cell in cells if cell), "")[:80])
            for place, (label, cells) in enumerate(zip(self.labels, self.cells, strict=True))
        ]


@dataclass(frozen=True)
class _Table:
    """A sheet of a workbook, with the ranges that are merged: first row and column, last row and column."""

    name: str
    rows: Rows
    merged: tuple[tuple[int, int, int, int], ...] = ()


def read(content: bytes, name: str) -> Sheet:
    """The first map of a CSV or XLSX file."""
    return read_all(content, name)[0]


def read_all(content: bytes, name: str) -> list[Sheet]:
    """Every map of a CSV or XLSX file: of each sheet, each block of a sheet, each journey of a column."""
    title = re.sub(r"[_-]+", " ", PurePath(name).stem).strip() or "Imported map"
    is_book = name.lower().endswith((".xlsx", ".xlsm"))
    tables, left = _of_workbook(content) if is_book else ([_Table(title, _of_text(content))], [])
    if sum(len(row) for table in tables for row in table.rows) > MOST_CELLS:
        raise MapNotUnderstood(f"The file has more than {MOST_CELLS:,} cells. Keep fewer maps in it.")
    tables = [table for table in tables if any(map(any, table.rows))]
    about: dict[str, str] = {}
    found: list[Sheet] = []
    for table in tables:
        described = _described(table.rows)
        blocks = [] if described else _blocks(table)
        about |= described
        for number, block in enumerate(blocks, start=1):
            ours = title if len(tables) == 1 or table.name in ("Map", "Sheet1", "Sheet") else table.name
            found += _sheets(f"{ours} {number}" if len(blocks) > 1 else ours, block)
        if not blocks and not described:
            left.append(Unplaced(f"Sheet “{table.name}”", _example(table.rows), "It holds no table of a map"))
    if not found:
        raise MapNotUnderstood("The sheet is too small for a map: it needs two rows and two columns.")
    if len(found) > MOST_MAPS:
        raise MapNotUnderstood(f"The file holds {len(found)} maps. Keep at most {MOST_MAPS} in one.")
    found = [_told(sheet, about, is_alone=len(found) == 1) for sheet in found]
    return [replace(found[0], unplaced=(*found[0].unplaced, *left)), *found[1:]]


def _told(sheet: Sheet, about: dict[str, str], *, is_alone: bool) -> Sheet:
    """With what a sheet of its own says of the whole workbook; a title is of the one map that there is."""
    return replace(
        sheet,
        title=(about.get("title", "") if is_alone else "")[:160] or sheet.title,
        persona=sheet.persona or about.get("persona", "")[:160],
        goal=sheet.goal or about.get("goal", "")[:300],
    )


def _described(rows: Rows) -> dict[str, str]:
    """What a sheet of two columns says of the whole map: its title, goal and persona."""
    pairs = [[cell for cell in row if cell] for row in rows if any(row)]
    if not all(0 < len(pair) <= 2 and plain(pair[0]) in OF_MAP for pair in pairs):
        return {}
    return {OF_MAP[plain(pair[0])]: pair[1] for pair in pairs if len(pair) == 2}


def _blocks(table: _Table) -> list[_Table]:
    """The table, or each of the maps that stand below each other in it with an empty row between."""
    starts = [0] + [place for place, row in enumerate(table.rows) if place and _parts(table.rows, place)]
    parts = [(a, b) for a, b in zip(starts, [*starts[1:], len(table.rows)], strict=True)]
    maps = [(a, b) for a, b in parts if _is_map(table.rows[a:b])]
    if len(maps) < 2:
        return [table] if _could_be(table.rows) else []
    bounds = [0, *(a for a, _ in maps[1:]), len(table.rows)]
    return [_cut(table, a, b) for a, b in zip(bounds, bounds[1:], strict=False)]


def _parts(rows: Rows, place: int) -> bool:
    return any(rows[place]) and not any(rows[place - 1])


def _cut(table: _Table, start: int, end: int) -> _Table:
    merged = tuple(
        (top - start, left, bottom - start, right)
        for top, left, bottom, right in table.merged
        if start <= top and bottom < end
    )
    return _Table(table.name, table.rows[start:end], merged)


def _could_be(rows: Rows) -> bool:
    full = [row for row in rows if any(row)]
    return len(full) >= 2 and max(sum(map(bool, row)) for row in full) >= 2


def _is_map(rows: Rows) -> bool:
    full = [row for row in rows if any(row)]
    if not _could_be(rows):
        return False
    first = {role_of(row[0]) for row in full if row[0]}
    heads = [{role_of(cell) for cell in row if cell} for row in full[:3]]
    return any({"step", "phase"} & roles and len(roles) > 1 for roles in (first, *heads))


def _sheets(title: str, table: _Table) -> Iterator[Sheet]:
    """The block as a table of labels; a table that names journeys in a column becomes one for each."""
    above, rows = _without_head(table)
    known = {OF_MAP[plain(name)]: words for name, words in above if plain(name) in OF_MAP}
    unplaced = [
        Unplaced(
            "Above the table",
            f"{name}: {words}" if name else words,
            "Only a title, persona and goal have a place",
        )
        for name, words in above
        if plain(name) not in OF_MAP and (name or words != known.get("title"))
    ]
    titled = next((words for name, words in above if not name), "")
    unplaced = [each for each in unplaced if each.words != titled]
    width = max(map(len, rows))
    rows = [[*row, *[""] * (width - len(row))] for row in rows if any(row)]
    said = {
        "title": known.get("title") or titled or title,
        "persona": known.get("persona", ""),
        "goal": known.get("goal", ""),
    }
    if _is_across(rows):
        labels = [row[0] or f"Row {number}" for number, row in enumerate(rows, start=1)]
        lines = [tuple(row[1:]) for row in rows]
        yield _sheet("across", labels, lines, unplaced, **said)
        return
    labels = [label or f"Column {number}" for number, label in enumerate(rows[0], start=1)]
    of_map = next((place for place, label in enumerate(labels) if plain(label) in MAPS.split(",")), None)
    names = [row[of_map] for row in _filled_down(rows[1:], of_map)] if of_map is not None else []
    if of_map is None or not all(names):
        yield _sheet("down", labels, list(zip(*rows[1:], strict=True)), unplaced, **said)
        return
    kept = [place for place in range(width) if place != of_map]
    for name in dict.fromkeys(names):
        own = [row for row, each in zip(rows[1:], names, strict=True) if each == name]
        lines = [tuple(row[place] for row in own) for place in kept]
        yield _sheet("down", [labels[place] for place in kept], lines, unplaced, **said | {"title": name})


def _filled_down(rows: Rows, column: int | None) -> Rows:
    filled, last = [], ""
    for row in rows:
        last = row[column or 0] or last
        filled.append([last if place == column else cell for place, cell in enumerate(row)])
    return filled


def _sheet(
    shape: str,
    labels: Sequence[str],
    lines: Sequence[Sequence[str]],
    unplaced: Sequence[Unplaced],
    *,
    title: str,
    persona: str,
    goal: str,
) -> Sheet:
    if not lines or not lines[0]:
        raise MapNotUnderstood("The sheet is too small for a map: it needs two rows and two columns.")
    pairs = zip(labels, lines, strict=True)
    cells = tuple(_filled(line) if role_of(label) == "phase" else tuple(line) for label, line in pairs)
    return Sheet(title[:160], shape, tuple(labels), cells, persona[:160], goal[:300], tuple(unplaced))


def _without_head(table: _Table) -> tuple[list[tuple[str, str]], Rows]:
    """What stands above the table, by name where it has one, and the table with its merged cells filled."""
    above: list[tuple[str, str]] = []
    start = 0
    for place, row in enumerate(table.rows):
        said = [cell for cell in row if cell]
        left = len([each for each in table.rows[place + 1 :] if any(each)])
        is_about = 0 < len(said) <= 2 and left >= 2 and plain(said[0]) in OF_MAP and len(row) > 2
        is_title = len(said) == 1 and left >= 2 and role_of(said[0]) in (CARDS, IGNORE)
        if said and not (is_about and len(said) == 2) and not is_title:
            break
        if len(said) == 2:
            above.append((said[0], said[1]))
        elif said:
            name, mark, words = said[0].partition(":")
            is_named = bool(mark) and plain(name) in OF_MAP and words.strip()
            above.append((name, words.strip()) if is_named else ("", said[0]))
        start = place + 1
    return above, _spread(table, start)


def _spread(table: _Table, start: int) -> Rows:
    """What a merged cell says is said of everything that it covers."""
    rows = [list(row) for row in table.rows]
    for top, left, bottom, right in table.merged:
        if top < start or top >= len(rows) or left >= len(rows[top]):
            continue
        words = rows[top][left]
        for row in rows[top : bottom + 1]:
            row.extend([""] * (right + 1 - len(row)) if words else [])
            row[left : right + 1] = [words] * len(row[left : right + 1])
    return rows[start:]


def _is_across(rows: Rows) -> bool:
    """Labels stand in the first column when more of them are known there than in the first row."""
    down = sum(role_of(label) != CARDS for label in rows[0])
    across = sum(role_of(row[0]) != CARDS for row in rows)
    return across > down


def _filled(cells: Sequence[str]) -> tuple[str, ...]:
    """A phase is named once, above all of its steps."""
    filled, last = [], ""
    for cell in cells:
        last = cell or last
        filled.append(last)
    return tuple(filled)


def _example(rows: Rows) -> str:
    return next((cell for row in rows for cell in row if cell), "")[:80]


def _of_workbook(content: bytes) -> tuple[list[_Table], list[Unplaced]]:
    try:
        with ZipFile(BytesIO(content)) as archive:
            parts = archive.infolist()
            if sum(part.file_size for part in parts) > MOST_UNPACKED:
                raise MapNotUnderstood(
                    "The workbook unfolds into more than a map can be. Keep one sheet in it."
                )
            book = load_workbook(BytesIO(content), read_only=True, data_only=True)
            tables = [_table(sheet, archive) for sheet in book.worksheets]
            return tables, _beside_cells(part.filename for part in parts)
    except MapNotUnderstood:
        raise
    except (BadZipFile, KeyError, ValueError, OSError, IndexError, TypeError, EOFError, SyntaxError) as error:
        raise MapNotUnderstood(
            "The file is no workbook that can be opened. Save it as .xlsx or .csv."
        ) from error


def _table(sheet, archive: ZipFile) -> _Table:
    rows: Rows = []
    for row in sheet.iter_rows(values_only=True):
        rows.append(["" if cell is None else _said(cell) for cell in row])
        if len(rows) > MOST_ROWS or sum(map(len, rows[-1:])) > MOST_CELLS:
            raise MapNotUnderstood(f"The sheet “{sheet.title}” has more than {MOST_ROWS:,} rows.")
    written = archive.read(sheet._worksheet_path.lstrip("/"))
    ranges = re.findall(rb'<(?:\w+:)?mergeCell\s+ref="([A-Z]+\d+:[A-Z]+\d+)"', written)
    merged = []
    for each in ranges[:MOST_ROWS]:
        left, top, right, bottom = (place or 1 for place in range_boundaries(each.decode()))
        merged.append((top - 1, left - 1, min(bottom, MOST_ROWS) - 1, min(right, 1_000) - 1))
    return _Table(sheet.title, _trimmed(rows), tuple(merged))


def _beside_cells(parts) -> list[Unplaced]:
    """Pictures and remarks of a workbook stand beside its cells, and are not read."""
    found = list(parts)
    kinds = (
        ("xl/media/", "Pictures", "Put them onto the map once it is drawn"),
        ("xl/comments", "Remarks at cells", "Write them as cards or comments once it is drawn"),
        ("xl/threadedComments/", "Discussions at cells", "Write them as comments once it is drawn"),
    )
    return [
        Unplaced("In the workbook", what, why)
        for start, what, why in kinds
        if any(name.startswith(start) for name in found)
    ]


def _said(cell) -> str:
    return _plain(f"{cell:g}" if isinstance(cell, float) else str(cell))


def _of_text(content: bytes) -> Rows:
    is_wide = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    try:
        text = content.decode("utf-16" if is_wide else "utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    if "\x00" in text:
        raise MapNotUnderstood("The file is no text. Save it as .xlsx or .csv.")
    bare = re.sub(r'"[^"]*"', "", text[:20_000])  # marks within quoted words part nothing
    mark = max(",;\t", key=bare.count)
    try:
        rows = [[_plain(cell) for cell in row] for row in csv.reader(StringIO(text), delimiter=mark)]
    except csv.Error as error:
        raise MapNotUnderstood(f"The file is no CSV that can be read: {error}.") from error
    return _trimmed(rows)


def _plain(text: str) -> str:
    """Our own files write ' before what a spreadsheet would run."""
    text = text.strip()
    return text[1:] if text[:2] in ("'=", "'+", "'-", "'@") else text


def _trimmed(rows: Rows) -> Rows:
    """Without the empty columns and rows around the table; merged cells count from the table's start, so
    those on the left and above stay."""
    width = max((place + 1 for row in rows for place, cell in enumerate(row) if cell), default=0)
    height = max((place + 1 for place, row in enumerate(rows) if any(row)), default=0)
    return [[*row[:width], *[""] * (width - len(row))] for row in rows[:height]]
