"""A map as slides whose tables can be edited."""

from io import BytesIO
from itertools import pairwise

from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.dml import MSO_LINE
from pptx.enum.shapes import MSO_CONNECTOR, MSO_SHAPE
from pptx.enum.text import PP_ALIGN
from pptx.util import Emu, Inches, Pt

from wayline.kit.charts import lines

from .document import Document
from .picture import Numbers, curve
from .tables import table

STEPS_ON_A_SLIDE = 6
TITLE_SLIDE, TITLE_ONLY = 0, 5  # layouts of python-pptx's own template
MAIN = "http://schemas.openxmlformats.org/drawingml/2006/main"
ROWS_ON_A_SLIDE, ROW = 7, Inches(0.45)  # rows grow with what is in them
INK, GREEN, PAPER = RGBColor(0x22, 0x26, 0x2B), RGBColor(0x1E, 0x5C, 0x46), RGBColor(0xF4, 0xF2, 0xEC)


def as_pptx(document: Document, numbers: Numbers | None = None) -> bytes:
    """A title slide, and slides for every six steps: native shapes and tables, nothing drawn as a picture."""
    deck = Presentation()
    deck.slide_width, deck.slide_height = Inches(13.333), Inches(7.5)
    opening = deck.slides.add_slide(deck.slide_layouts[TITLE_SLIDE])
    _title(opening, document.title, size=36, top=2.4)
    below = opening.placeholders[1]
    below.text = "\n".join(filter(None, (document.goal, document.persona)))
    _place(below, Inches(0.6), Inches(3.6), Inches(12.1), Inches(1.6))
    for paragraph in below.text_frame.paragraphs:
        paragraph.alignment = PP_ALIGN.LEFT
        paragraph.font.size = Pt(18)
    rows = list(table(document).lines())
    head = [line for line in rows if line[0] in ("Phase", "Step")]
    body = [line for line in rows if line not in head]
    for first in range(1, len(rows[0]), STEPS_ON_A_SLIDE):
        _curve(deck, document, numbers or Numbers(), first - 1)
        for top in range(0, max(1, len(body)), ROWS_ON_A_SLIDE):
            part = [*head, *body[top : top + ROWS_ON_A_SLIDE]]
            _slide(
                deck, document.title, [[line[0], *line[first : first + STEPS_ON_A_SLIDE]] for line in part]
            )
    written = BytesIO()
    deck.save(written)
    return written.getvalue()


def _slide(deck, title: str, lines: list[list[str]]) -> None:
    slide = deck.slides.add_slide(deck.slide_layouts[TITLE_ONLY])
    _title(slide, title)
    width, height = Inches(12.5), len(lines) * ROW
    shape = slide.shapes.add_table(len(lines), len(lines[0]), Inches(0.4), Inches(1.1), width, height)
    columns = shape.table.columns
    columns[0].width = Inches(1.6)
    for place in range(1, len(lines[0])):
        columns[place].width = Emu((width - Inches(1.6)) // (len(lines[0]) - 1))
    for row, line in enumerate(lines):
        for column, text in enumerate(line):
            _cell(shape.table.cell(row, column), text, is_head=row == 0 or column == 0)
    _join(shape.table, lines[0])


def _join(grid, phases: list[str]) -> None:
    """One cell for each phase, over all its steps."""
    first = 1
    for column in range(2, len(phases) + 1):
        if column == len(phases) or phases[column] != phases[first]:
            if column - first > 1:
                for spare in range(first + 1, column):
                    grid.cell(0, spare).text = ""  # joining would write the name once for every step
                grid.cell(0, first).merge(grid.cell(0, column - 1))
            first = column


def _title(slide, text: str, *, size: int = 24, top: float = 0.25) -> None:
    """The title over the whole width. The template is for narrower slides: all four sides must be said."""
    title = slide.shapes.title
    title.text = text
    _place(title, Inches(0.6), Inches(top), Inches(12.1), Inches(0.8 if size < 30 else 1.1))
    title.text_frame.paragraphs[0].alignment = PP_ALIGN.LEFT
    title.text_frame.paragraphs[0].runs[0].font.size = Pt(size)


def _place(shape, left: int, top: int, width: int, height: int) -> None:
    shape.left, shape.top, shape.width, shape.height = left, top, width, height


LEFT, TOP, WIDTH, HEIGHT = Inches(1.2), Inches(1.5), Inches(11.6), Inches(3.8)
GREY, BAND, DOT = RGBColor(0xB9, 0xB6, 0xAB), RGBColor(0xDC, 0xE4, 0xF6), Inches(0.26)
# The nearest to STYLES of picture.py, in the same order.
DASHES = (MSO_LINE.DASH, MSO_LINE.ROUND_DOT, MSO_LINE.DASH_DOT, MSO_LINE.LONG_DASH, MSO_LINE.LONG_DASH_DOT)


def _curve(deck, document: Document, numbers: Numbers, first: int) -> None:
    """The emotion of six steps as shapes: hollow assumed, filled measured, with its band."""
    steps = document.steps[first : first + STEPS_ON_A_SLIDE]
    found = curve(document, numbers, first, len(steps)) if steps else None
    if found is None or found.is_empty:
        return
    slide = deck.slides.add_slide(deck.slide_layouts[TITLE_ONLY])
    _title(slide, f"{document.title}: emotion")
    for mark in found.marks:
        _stroke(slide, [(0, mark["top"]), (1000, mark["top"])], GREY, 0.75)
        _words(slide, mark["word"], Inches(0.2), _y(mark["top"]) - Inches(0.14), Inches(1.0))
    _bands(slide, found.points)
    _stroke(slide, [(each.x, each.y) for each in found.points], INK, 2)
    for line, dash in zip(found.personas, DASHES, strict=False):
        color = RGBColor.from_string(line.color)
        _stroke(slide, [(each.x, each.y) for each in line.points], color, 1.75, dash)
        for each in line.points:
            _dot(slide, each, "", DOT // 2, color)
    _names(slide, found.personas)
    for each in found.ghosts:
        _dot(slide, each, "", DOT // 2, GREY)
    for each in found.points:
        _dot(slide, each, str(each.step), DOT, INK)
    for place, step in enumerate(steps):
        left = LEFT + WIDTH * place // len(steps)
        _words(slide, f"{first + place + 1} {step.title}", left, Inches(5.6), WIDTH // len(steps))
    legend = "Filled: measured, with its 95 % band. Hollow: assumed, or too few to say."
    _words(slide, " ".join(filter(None, (legend, numbers.words))), LEFT, Inches(6.8), WIDTH)


def _names(slide, personas) -> None:
    """Each persona's name at the end of its line, none over another."""
    least = 0
    for line in sorted((each for each in personas if each.points), key=lambda each: each.points[-1].y):
        last = line.points[-1]
        top = max(least, _y(last.y) - Inches(0.15))
        least = top + Inches(0.26)
        color = RGBColor.from_string(line.color)
        left = min(_x(last.x) + Inches(0.1), LEFT + WIDTH - Inches(0.9))
        _words(slide, line.name.split(",")[0], left, top, Inches(1.2), color)


def _x(place: float) -> int:
    return int(LEFT + WIDTH * place / 1000)


def _y(place: float) -> int:
    return int(TOP + HEIGHT * place / 100)


def _stroke(slide, places, color: RGBColor, width: float, dash=None) -> None:
    for (x0, y0), (x1, y1) in pairwise(places):
        shape = slide.shapes.add_connector(MSO_CONNECTOR.STRAIGHT, _x(x0), _y(y0), _x(x1), _y(y1))
        _flat(shape)
        line = shape.line
        line.color.rgb, line.width, line.dash_style = color, Pt(width), dash


def _bands(slide, points) -> None:
    """One area for each run of neighboring steps that were measured."""
    for run in lines.runs(points, lambda point: point.top is not None):
        if len(run) < 2:
            continue
        around = [(_x(each.x), _y(each.top)) for each in run]
        around += [(_x(each.x), _y(each.bottom)) for each in reversed(run)]
        builder = slide.shapes.build_freeform(*around[0], scale=1.0)
        builder.add_line_segments(around[1:], close=True)
        shape = builder.convert_to_shape()
        shape.fill.solid()
        shape.fill.fore_color.rgb = BAND
        shape.line.fill.background()
        _flat(shape)


def _dot(slide, point, text: str, size: int, color: RGBColor) -> None:
    left, top = _x(point.x) - size // 2, _y(point.y) - size // 2
    shape = slide.shapes.add_shape(MSO_SHAPE.OVAL, left, top, size, size)
    shape.fill.solid()
    shape.fill.fore_color.rgb = RGBColor(0xFF, 0xFF, 0xFF) if point.is_hollow else color
    shape.line.color.rgb, shape.line.width = color, Pt(1.25)
    _flat(shape)
    if text:
        frame = shape.text_frame
        frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
        frame.text = text
        paragraph = frame.paragraphs[0]
        paragraph.alignment = PP_ALIGN.CENTER
        paragraph.runs[0].font.size = Pt(9)
        paragraph.runs[0].font.color.rgb = color if point.is_hollow else RGBColor(0xFF, 0xFF, 0xFF)


def _flat(shape) -> None:
    """Without the theme's shadow, which makes two lines of one."""
    for effect in shape._element.iter(f"{{{MAIN}}}effectRef"):
        effect.set("idx", "0")


def _words(slide, text: str, left: int, top: int, width: int, color: RGBColor = INK) -> None:
    frame = slide.shapes.add_textbox(left, top, width, Inches(0.3)).text_frame
    frame.word_wrap = True
    frame.text = text
    frame.paragraphs[0].runs[0].font.size = Pt(10)
    frame.paragraphs[0].runs[0].font.color.rgb = color


def _cell(cell, text: str, *, is_head: bool) -> None:
    cell.text = text
    cell.fill.solid()
    cell.fill.fore_color.rgb = GREEN if is_head else PAPER
    for paragraph in cell.text_frame.paragraphs:
        for run in paragraph.runs:
            run.font.size = Pt(10)
            run.font.bold = is_head
            run.font.color.rgb = RGBColor(0xFF, 0xFF, 0xFF) if is_head else INK
