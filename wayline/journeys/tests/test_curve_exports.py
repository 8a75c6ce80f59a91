from io import BytesIO

import pytest
from pptx import Presentation

from wayline.journeys.exchange import picture, printing, slides
from wayline.journeys.exchange.document import Document, FeelingPart, PhasePart, StepPart
from wayline.journeys.exchange.picture import Numbers
from wayline.journeys.testing import make_journey, travel
from wayline.journeys.tests.pages import WHOLE, page
from wayline.statistics.estimates import Estimate


def drawn(steps: int = 8) -> Document:
    """Steps that feel better and better to the team, and to Priya worse and worse."""
    parts = tuple(
        StepPart(
            title=f"I do thing {n}",
            key=f"s{n}",
            feeling=n / 4 - 1,
            feelings=(FeelingPart(persona="Priya", feeling=1 - n / 4),),
        )
        for n in range(steps)
    )
    return Document(title="I do things", phases=(PhasePart(name="Do", steps=parts),))


MEASURED = Numbers({f"s{n}": Estimate(1.0, 0.6, 1.4, 80, "t") for n in (0, 1)}, "Measured in May")


def test_measured_points_are_filled_and_keep_what_was_assumed_as_a_ghost():
    curve = picture.curve(drawn(), MEASURED, 0, 7)

    assert [each.is_hollow for each in curve.points] == [False, False, *[True] * 5]
    assert [each.step for each in curve.ghosts] == [1, 2]
    assert len(curve.bands) == 1
    assert [line.name for line in curve.personas] == ["Priya"]


def test_the_second_page_goes_on_with_the_numbers_of_its_steps():
    curve = picture.curve(drawn(), MEASURED, 7, 1)

    assert [(each.step, each.x) for each in curve.points] == [(8, 500.0)]


def test_a_map_without_any_feeling_has_no_curve():
    bare = Document(title="x", phases=(PhasePart(name="a", steps=(StepPart(title="b", key="b"),)),))

    assert picture.curve(bare, Numbers(), 0, 1).is_empty
    assert 'class="curve"' not in printing.as_html(bare)


def test_the_print_sheet_shows_the_curve_its_band_and_each_persona():
    sheet = printing.as_html(drawn(), MEASURED, pages=False)

    assert sheet.count('class="pt"') == 2
    assert sheet.count('class="pt hollow"') == 6
    assert 'fill="#dce4f6"' in sheet
    assert 'stroke-dasharray="7 4"' in sheet
    assert "Priya, assumed" in sheet
    assert "Measured in May" in sheet


def test_slides_draw_the_curve_with_shapes_that_can_be_moved():
    deck = Presentation(BytesIO(slides.as_pptx(drawn(), MEASURED)))
    first = next(slide for slide in deck.slides if "emotion" in (slide.shapes.title.text or ""))
    said = [shape.text_frame.text for shape in first.shapes if shape.has_text_frame]

    assert {"1", "2", "6", "Priya", "Delighted"} <= set(said)
    assert not any(shape.shape_type == 13 for shape in first.shapes)  # no picture
    assert len([slide for slide in deck.slides if "emotion" in (slide.shapes.title.text or "")]) == 2


@pytest.mark.django_db
def test_the_export_page_draws_with_what_was_measured(client, noor, warehouse, monkeypatch):
    journey = make_journey(workspace=noor.workspace)
    travel(noor.workspace, (WHOLE, 40), kind="answer", scale="stars5", score=5.0)
    seen = {}
    written = ("PDF", "application/pdf", lambda document, numbers: seen.update(numbers.feelings) or b"", "")
    monkeypatch.setitem(printing_formats(), "pdf", written)

    answer = client.get(page("exports", journey, "pdf/"))

    assert answer.status_code == 200
    assert seen["order-placed"].n == 40


def printing_formats() -> dict:
    from wayline.journeys.views.exchange import FORMATS

    return FORMATS
