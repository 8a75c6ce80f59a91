"""A map as a table: phases and steps across, lanes down. CSV and XLSX files are this table."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from wayline.journeys import conditions
from wayline.journeys.queries import lanes
from wayline.kit import sheets

from .document import Document

FIXED = ("Touchpoints", "Channels", "Feeling", "Moment that matters", "Measured by")


@dataclass(frozen=True)
class Table:
    """`head` are the rows of phases, questions and steps; `rows` one for each lane, by its words."""

    phases: tuple[str, ...]
    questions: tuple[str, ...]
    steps: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]

    def lines(self) -> Iterator[list[str]]:
        yield ["Phase", *self.phases]
        if any(self.questions):
            yield ["Question", *self.questions]
        yield ["Step", *self.steps]
        for name, cells in self.rows:
            yield [name, *cells]


def table(document: Document) -> Table:
    """The map's table; a phase without steps has one empty column."""
    columns = [(phase, step) for phase in document.phases for step in (phase.steps or (None,))]
    titles = {lane.key: lane.label for lane in lanes.LANES} | {
        lane.key: lane.title for lane in document.lanes if lane.title
    }
    used = dict.fromkeys(card.lane for step in document.steps for card in step.cards)
    ordered = [key for key in titles if key in used] + [key for key in used if key not in titles]
    rows = [(name, tuple(_fixed(step, name) for _, step in columns)) for name in FIXED]
    rows += [(titles.get(key, key), tuple(_cards(step, key) for _, step in columns)) for key in ordered]
    return Table(
        tuple(phase.name for phase, _ in columns),
        tuple(phase.question for phase, _ in columns),
        tuple(step.title if step else "" for _, step in columns),
        tuple((name, cells) for name, cells in rows if any(cells)),
    )


def as_csv(document: Document) -> str:
    return "".join(sheets.lines(table(document).lines()))


def as_xlsx(document: Document) -> bytes:
    """A workbook: the map as people read it, with texts that no spreadsheet runs."""
    book = Workbook()
    book.remove(book.worksheets[0])
    sheet = book.create_sheet("Map")
    found = table(document)
    for row, line in enumerate(found.lines(), start=1):
        for column, text in enumerate(line, start=1):
            cell = sheet.cell(row, column)
            # A cell of Excel holds 32,767 characters.
            cell.value, cell.data_type = text[:32_000], "s"
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if row == 1 or column == 1:
                cell.font = Font(bold=True)
                cell.fill = PatternFill("solid", fgColor="E8EFEA")
    _merge_equal(sheet, found.phases, 1)
    for column in range(1, len(found.steps) + 2):
        sheet.column_dimensions[get_column_letter(column)].width = 18 if column == 1 else 28
    sheet.freeze_panes = "B2"
    about = book.create_sheet("About")
    for pair in (("Title", document.title), ("Goal", document.goal), ("Persona", document.persona)):
        about.append(pair)
        about.cell(about.max_row, 2).data_type = "s"
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def _merge_equal(sheet, names: tuple[str, ...], row: int) -> None:
    start = 0
    for place in range(1, len(names) + 1):
        if place == len(names) or names[place] != names[start]:
            if place - start > 1:
                sheet.merge_cells(start_row=row, end_row=row, start_column=start + 2, end_column=place + 1)
            start = place


def _fixed(step, name: str) -> str:
    if step is None:
        return ""
    match name:
        case "Touchpoints":
            return "\n".join(each.name for each in step.touchpoints)
        case "Channels":
            return "\n".join(dict.fromkeys(each.channel for each in step.touchpoints if each.channel))
        case "Feeling":
            return "" if step.feeling is None else f"{step.feeling:g}"
        case "Moment that matters":
            return "yes" if step.moment else ""
    return conditions.sentence(step.condition) if step.condition else ""


def _cards(step, lane: str) -> str:
    cards = [card for card in step.cards if card.lane == lane] if step else []
    return "\n".join(f"{card.title}: {card.body}" if card.body else card.title for card in cards)
