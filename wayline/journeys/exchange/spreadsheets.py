"""Spreadsheets of other tools, read into documents.

Two shapes are known. Across: phases and steps stand in rows, each further row is a lane, as Smaply, UXPressia
and our own table write maps. Down: each row is a step, each column says something of it, as TheyDo lists
steps and people keep maps by hand. What a row or column means is guessed from its words, and can be said.
"""

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO, StringIO
from zipfile import BadZipFile, ZipFile

from django.utils.text import slugify
from openpyxl import load_workbook

from .document import CardPart, Document, MapNotUnderstood, PhasePart, StepPart, TouchpointPart

MOST_CELLS = 60_000
MOST_UNPACKED = 100_000_000
IGNORE, CARDS = "ignore", "notes"
ROLES = (
    ("phase", "Phase"),
    ("question", "The customer's question"),
    ("step", "Step"),
    ("touchpoint", "Touchpoints"),
    ("channel", "Channels"),
    ("feeling", "Feeling, −2 to +2"),
    ("moment", "Moment that matters"),
    ("goal", "Goals"),
    ("quote", "Quotes"),
    ("pain", "Pain points"),
    ("gain", "Gains"),
    ("opportunity", "Opportunities"),
    ("metric", "Metrics"),
    ("frontstage", "Frontstage"),
    ("backstage", "Backstage"),
    ("system", "Systems"),
    ("policy", "Policies"),
    (CARDS, "Notes"),
    (IGNORE, "Leave out"),
)
# The words that tools and people use. The longest that a label contains decides.
WORDS = {
    "phase": ("phase", "stage", "section", "episode"),
    "question": ("customer question", "phase question"),
    "step": ("step", "action", "activity", "customer action", "user action", "title", "doing"),
    "touchpoint": ("touchpoint", "touch point", "interaction"),
    "channel": ("channel",),
    "feeling": ("feeling", "emotion", "sentiment", "mood", "experience", "satisfaction"),
    "moment": ("moment that matters", "moment of truth", "moments of truth"),
    "goal": ("goal", "need", "job", "expectation"),
    "quote": ("quote", "verbatim", "thinking", "says", "thought"),
    "pain": ("pain", "problem", "friction", "barrier"),
    "gain": ("gain", "delight", "positive"),
    "opportunity": ("opportunit", "idea", "solution"),
    "metric": ("metric", "kpi"),
    "frontstage": ("frontstage", "front stage", "front-stage", "onstage"),
    "backstage": ("backstage", "back stage", "back-stage", "process"),
    "system": ("system", "support process", "technology"),
    "policy": ("polic", "rule"),
}
ONE_EACH = ("phase", "question", "step")
FEELINGS = {
    "very negative": -2, "angry": -2, "furious": -2, "terrible": -2, "very unhappy": -2,
    "negative": -1, "sad": -1, "unhappy": -1, "frustrated": -1, "anxious": -1, "bad": -1,
    "neutral": 0, "ok": 0, "okay": 0,
    "positive": 1, "happy": 1, "satisfied": 1, "good": 1, "relieved": 1,
    "very positive": 2, "delighted": 2, "very happy": 2, "great": 2, "excited": 2,
}  # fmt: skip
# A card stands in the lane of its kind, under the key that the map has for that lane.
LANE_OF = {"notes": "notes", "quote": "notes"}
KIND_OF = {"notes": "text"}
CARD_ROLES = (
    *("notes", "goal", "quote", "pain", "gain", "opportunity"),
    *("metric", "frontstage", "backstage", "system", "policy"),
)


@dataclass(frozen=True)
class Sheet:
    """A table as it was found: labels, and the cells of each label in the order of the steps."""

    title: str
    shape: str  # across or down
    labels: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]

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


def role_of(label: str) -> str:
    """What a label of a row or column means; notes when no word of it is known."""
    said = " ".join(re.findall(r"[a-z-]+", label.lower()))
    found = [(len(word), role) for role, words in WORDS.items() for word in words if word in said]
    return max(found)[1] if found else CARDS


def read(content: bytes, name: str) -> Sheet:
    """The table of a CSV or XLSX file."""
    rows = _xlsx(content) if name.lower().endswith((".xlsx", ".xlsm")) else _csv(content)
    rows = [row for row in rows if any(row)]
    if sum(map(len, rows)) > MOST_CELLS:
        raise MapNotUnderstood(f"The sheet has more than {MOST_CELLS:,} cells. Keep one map in it.")
    if len(rows) < 2 or max(map(len, rows)) < 2:
        raise MapNotUnderstood("The sheet is too small for a map: it needs two rows and two columns.")
    width = max(map(len, rows))
    rows = [[*row, *[""] * (width - len(row))] for row in rows]
    title = re.sub(r"\.\w+$", "", name).replace("_", " ").replace("-", " ").strip() or "Imported map"
    if _is_across(rows):
        labels = [row[0] or f"Row {number}" for number, row in enumerate(rows, start=1)]
        return _sheet(title, "across", labels, [tuple(row[1:]) for row in rows])
    labels = [label or f"Column {number}" for number, label in enumerate(rows[0], start=1)]
    columns = [tuple(row[place] for row in rows[1:]) for place in range(width)]
    return _sheet(title, "down", labels, columns)


def _sheet(title: str, shape: str, labels: list[str], lines: list[tuple[str, ...]]) -> Sheet:
    pairs = zip(labels, lines, strict=True)
    cells = tuple(_filled(line) if role_of(label) == "phase" else line for label, line in pairs)
    return Sheet(title, shape, tuple(labels), cells)


def document_of(sheet: Sheet, roles: Mapping[str, str] | None = None, *, title: str = "") -> Document:
    """The map that the table draws when its labels mean this."""
    meant = sheet.guess | dict(roles or {})
    places: dict[str, list[int]] = {}
    for place, role in meant.items():
        places.setdefault(role, []).append(int(place))
    if "step" not in places and "phase" not in places:
        raise MapNotUnderstood("No row or column holds the steps. Say which one does.")
    columns = len(sheet.cells[0])
    felt = feelings_of(sheet.cells[places["feeling"][0]]) if "feeling" in places else [None] * columns
    phases: dict[str, list[StepPart]] = {}
    questions: dict[str, str] = {}
    keys: set[str] = set()
    for column in range(columns):
        said = {role: [sheet.cells[place][column] for place in there] for role, there in places.items()}
        phase = _first(said, "phase") or "Journey"
        steps = phases.setdefault(phase[:120], [])
        questions.setdefault(phase[:120], _first(said, "question")[:200])
        words = _first(said, "step") or ("" if "step" in places else phase)
        if words:
            steps.append(_step(words, said, keys, felt[column]))
    return Document(
        title=(title or sheet.title)[:160],
        phases=tuple(
            PhasePart(name=name, question=questions[name], steps=tuple(steps))
            for name, steps in phases.items()
        ),
    )


def key_of(words: str, taken: set[str]) -> str:
    """A key for the step that no other has."""
    wanted, number = (slugify(words)[:70] or "step"), 2
    key = wanted
    while key in taken:
        key, number = f"{wanted}-{number}", number + 1
    taken.add(key)
    return key


def feelings_of(cells: Iterable[str]) -> list[float | None]:
    """A row of feelings, brought to −2 to +2 from the scale that its numbers show they are on.

    With a negative number, or none above 2: −2 to 2, or −5 to 5 where one is beyond. Else 1 to 5, 1 to 10, or
    0 to 100. Words such as "frustrated" are read too; what is neither says nothing.
    """
    said = [cell.strip().lower().replace("−", "-").replace(",", ".") for cell in cells]
    values = [float(each) if re.fullmatch(r"[+-]?\d{1,3}(\.\d+)?", each) else None for each in said]
    known = [value for value in values if value is not None]
    low, high = (min(known), max(known)) if known else (0, 0)
    found: list[float | None] = []
    for text, value in zip(said, values, strict=True):
        if value is None:
            found.append(float(FEELINGS[text]) if text in FEELINGS else None)
        else:
            found.append(round(max(-2.0, min(2.0, _brought(value, low, high))), 2))
    return found


def _brought(value: float, low: float, high: float) -> float:
    if low < 0 or high <= 2:
        return value if max(-low, high) <= 2 else value * 2 / 5
    if high <= 5:
        return value - 3
    return (value - 1) / 9 * 4 - 2 if high <= 10 else value / 25 - 2


def _step(words: str, said: dict[str, list[str]], keys: set[str], feeling: float | None) -> StepPart:
    channels = _lines(said.get("channel", []))
    points = _lines(said.get("touchpoint", [])) or channels
    cards = [
        CardPart(lane=LANE_OF.get(role, role), kind=KIND_OF.get(role, role), title=line[:300])
        for role in said
        if role in CARD_ROLES
        for line in _lines(said[role])
    ]
    moment = _first(said, "moment").lower()
    return StepPart(
        title=words.splitlines()[0][:200],
        key=key_of(words.splitlines()[0], keys),
        feeling=feeling,
        moment=moment in ("yes", "y", "x", "true", "1", "ja", "oui", "✓", "★"),
        touchpoints=tuple(
            TouchpointPart(name=point[:120], channel=(channels[place] if place < len(channels) else "")[:40])
            for place, point in enumerate(points)
        ),
        cards=tuple(cards),
    )


def _first(said: Mapping[str, list[str]], role: str) -> str:
    return next((text for text in said.get(role, ()) if text), "")


def _lines(texts: Iterable[str]) -> list[str]:
    """The things of a cell: one a line, with or without a bullet."""
    lines = [re.sub(r"^\s*[-–•*]\s+", "", line).strip() for text in texts for line in text.splitlines()]
    return [line for line in lines if line]


def _is_across(rows: list[list[str]]) -> bool:
    """Labels stand in the first column when more of them are known there than in the first row."""
    down = sum(role_of(label) != CARDS for label in rows[0])
    across = sum(role_of(row[0]) != CARDS for row in rows)
    return across > down


def _filled(cells: tuple[str, ...]) -> tuple[str, ...]:
    """Merged cells name a phase once, above all of its steps."""
    filled, last = [], ""
    for cell in cells:
        last = cell or last
        filled.append(last)
    return tuple(filled)


def _xlsx(content: bytes) -> list[list[str]]:
    try:
        with ZipFile(BytesIO(content)) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
        if unpacked > MOST_UNPACKED:
            raise MapNotUnderstood("The workbook unfolds into more than a map can be. Keep one sheet in it.")
        book = load_workbook(BytesIO(content), read_only=True, data_only=True)
        rows = []
        for row in book.worksheets[0].iter_rows(values_only=True, max_row=2_000, max_col=700):
            rows.append(["" if cell is None else _plain(str(cell)) for cell in row])
        return _trimmed(rows)
    except MapNotUnderstood:
        raise
    except (BadZipFile, KeyError, ValueError, OSError, IndexError, TypeError, EOFError, SyntaxError) as error:
        raise MapNotUnderstood(
            "The file is no workbook that can be opened. Save it as .xlsx or .csv."
        ) from error


def _csv(content: bytes) -> list[list[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    if "\x00" in text:
        raise MapNotUnderstood("The file is no text. Save it as .xlsx or .csv.")
    first = text.split("\n", 1)[0]
    mark = max(",;\t", key=first.count)
    try:
        rows = [[_plain(cell) for cell in row] for row in csv.reader(StringIO(text), delimiter=mark)]
    except csv.Error as error:
        raise MapNotUnderstood(f"The file is no CSV that can be read: {error}.") from error
    return _trimmed(rows)


def _plain(text: str) -> str:
    """Our own files write ' before what a spreadsheet would run."""
    text = text.strip()
    return text[1:] if text[:2] in ("'=", "'+", "'-", "'@") else text


def _trimmed(rows: list[list[str]]) -> list[list[str]]:
    width = max((place + 1 for row in rows for place, cell in enumerate(row) if cell), default=0)
    return [row[:width] for row in rows]
