"""How cells are drawn: by Python, and so escaped by hand."""

import pytest
from django.utils import timezone

from wayline.accounts.testing import make_user
from wayline.journeys import cells, operations
from wayline.journeys.models import Placement
from wayline.journeys.queries import board
from wayline.journeys.testing import make_card, make_journey, make_picture
from wayline.journeys.tests.pages import post

pytestmark = pytest.mark.django_db
HOSTILE = """<img src=x onerror="alert(1)"> & 'more'"""


@pytest.fixture
def step():
    return make_journey().phases.get().steps.first()


def drawn(step, **how) -> str:
    journey = step.phase.journey
    return "".join(cells.draw(cell, **how) for cell in board.some_cells(journey, {("pain", step.pk)}))


def test_nothing_people_wrote_is_markup(step):
    step.title = HOSTILE
    step.save()
    make_card(step, title=HOSTILE, channel=HOSTILE, owner=make_user(name=HOSTILE), body="more")

    assert "<img" not in drawn(step)
    assert drawn(step).count("&lt;img src=x onerror=&quot;alert(1)&quot;&gt; &amp; &#x27;more&#x27;") == 6


def test_a_card_shows_its_picture_its_link_and_who_looks_after_it(step):
    journey = step.phase.journey
    other, maya = make_journey(workspace=journey.workspace, title="I return it"), make_user(name="Maya")
    picture = make_picture(journey.workspace)
    make_card(step, linked_journey=other, owner=maya, picture=picture, channel="phone")

    assert f'<img src="../pictures/{picture.pk}/" width="1" height="1"' in drawn(step)
    assert "I return it</span>" in drawn(step)
    assert "<span>phone</span>" in drawn(step)
    assert "<span>Maya</span>" in drawn(step)


def test_for_the_public_nothing_leads_anywhere_and_nobody_is_named(step):
    make_card(step, owner=make_user(name="Maya"))

    answer = drawn(step, is_public=True)

    assert "href" not in answer
    assert "<button" not in answer
    assert "Maya" not in answer


def test_a_move_asks_the_same_few_queries_however_full_the_map_is(
    client, noor, warehouse, django_assert_max_num_queries
):
    journey = make_journey(workspace=noor.workspace)
    first, second, _ = journey.phases.get().steps.all()
    for number in range(10):
        make_card(first, title=f"card {number}")
    operations.move_cards([Placement.objects.last()], step=second, by=None, now=timezone.now())

    with django_assert_max_num_queries(24):
        answer = post(client, "move_card", Placement.objects.first(), step=second.pk)

    assert answer.status_code == 302
