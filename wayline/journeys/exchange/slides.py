"""A map as slides whose tables can be edited."""

from io import BytesIO

from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.util import Emu, Inches, Pt

from .document import Document
from .tables import table

STEPS_ON_A_SLIDE = 6
ROWS_ON_A_SLIDE = 7
INK, GREEN, PAPER = RGBColor(0x22, 0x26, 0x2B), RGBColor(0x1E, 0x5C, 0x46), RGBColor(0xF4, 0xF2, 0xEC)


def as_pptx(document: Document) -> bytes:
    """A title slide, and one slide for every six steps: native tables, nothing drawn as a picture."""
    deck = Presentation()
    deck.slide_width, deck.slide_height = Inches(13.333), Inches(7.5)
    opening = deck.slides.add_slide(deck.slide_layouts[0])
    opening.shapes.title.text = document.title
    opening.placeholders[1].text = "\n".join(filter(None, (document.goal, document.persona)))
    lines = list(table(document).lines())
    head, body = [line for line in lines if line[0] in ("Phase", "Step")], lines[2:]
    body = [line for line in lines if line not in head]
    for first in range(1, len(lines[0]), STEPS_ON_A_SLIDE):
        for top in range(0, max(1, len(body)), ROWS_ON_A_SLIDE):
            part = [*head, *body[top : top + ROWS_ON_A_SLIDE]]
            _slide(
                deck, document.title, [[line[0], *line[first : first + STEPS_ON_A_SLIDE]] for line in part]
            )
    written = BytesIO()
    deck.save(written)
    return written.getvalue()


def _slide(deck, title: str, lines: list[list[str]]) -> None:
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = title
    slide.shapes.title.text_frame.paragraphs[0].runs[0].font.size = Pt(24)
    slide.shapes.title.top, slide.shapes.title.height = Inches(0.2), Inches(0.8)
    width, height = Inches(12.5), Inches(5.8)
    shape = slide.shapes.add_table(len(lines), len(lines[0]), Inches(0.4), Inches(1.1), width, height)
    columns = shape.table.columns
    columns[0].width = Inches(1.6)
    for place in range(1, len(lines[0])):
        columns[place].width = Emu((width - Inches(1.6)) // (len(lines[0]) - 1))
    for row, line in enumerate(lines):
        for column, text in enumerate(line):
            _cell(shape.table.cell(row, column), text, is_head=row == 0 or column == 0)


def _cell(cell, text: str, *, is_head: bool) -> None:
    cell.text = text
    cell.fill.solid()
    cell.fill.fore_color.rgb = GREEN if is_head else PAPER
    for paragraph in cell.text_frame.paragraphs:
        for run in paragraph.runs:
            run.font.size = Pt(10)
            run.font.bold = is_head
            run.font.color.rgb = RGBColor(0xFF, 0xFF, 0xFF) if is_head else INK
