import pytest
from django.urls import reverse

from wayline.accounts.testing import make_member
from wayline.improvements.models import Opportunity
from wayline.improvements.testing import make_opportunity
from wayline.insights.testing import make_insight
from wayline.journeys.models import Placement
from wayline.journeys.testing import MONDAY, make_journey, travel

pytestmark = pytest.mark.django_db


def text(answer) -> str:
    return " ".join(answer.content.decode().split())


def index(member, query=""):
    return reverse("improvements:index", args=[member.workspace.slug]) + query


def address(name, opportunity, *more):
    return reverse(f"improvements:{name}", args=[opportunity.workspace.slug, opportunity.pk, *more])


@pytest.fixture
def lossy(noor, warehouse):
    """An opportunity at a step where thirty of ninety are lost, with worth, effort and an owner."""
    journey = make_journey(workspace=noor.workspace)
    travel(noor.workspace, ("Order Placed > Order Shipped > Order Delivered", 60), ("Order Placed", 30))
    travel(noor.workspace, ("Order Placed", 1), at=MONDAY.replace(month=5))
    made = make_opportunity(
        workspace=noor.workspace,
        owner=noor.user,
        value_low=40,
        value_likely=50,
        value_high=60,
        effort_low_weeks=1,
        effort_high_weeks=2,
    )
    step = journey.phases.get().steps.first()
    Placement.objects.create(card=made.card, journey=journey, step=step, lane="opportunity", position=1)
    return made


def test_an_empty_list_says_where_to_begin(client, noor, warehouse):
    assert "Write the first opportunity" in text(client.get(index(noor)))


@pytest.mark.parametrize("view", ["table", "board", "matrix"])
def test_every_view_names_it_and_its_size(client, noor, lossy, view):
    shown = text(client.get(index(noor, f"?view={view}")))

    assert "Tell customers when the parcel is late" in shown
    assert "Three quick wins" in shown
    assert "has room" in shown


def test_the_page_shows_every_input_with_its_interval(client, noor, lossy):
    shown = text(client.get(lossy.get_absolute_url()))

    for words in ("Reach", "Severity", "Worth", "Impact", "EUR", "Lost at “Order Placed”"):
        assert words in shown


def test_it_begins_from_an_insight_on_the_steps_of_that(client, noor, warehouse):
    journey = make_journey(workspace=noor.workspace)
    insight = make_insight(workspace=noor.workspace)
    step = journey.phases.get().steps.first()
    Placement.objects.create(card=insight.card, journey=journey, step=step, lane="pain", position=1)
    new = reverse("improvements:new", args=[noor.workspace.slug])

    client.post(new, {"title": "Say where it is", "insight": insight.pk})

    made = Opportunity.objects.get()
    assert (made.insights.get(), made.card.placements.get().step) == (insight, step)


def test_a_range_upside_down_is_said_beside_the_form(client, noor, lossy):
    answer = client.post(
        address("estimate", lossy),
        {"effort_low_weeks": 5, "effort_high_weeks": 2, "confidence": 50},
    )

    assert answer.status_code == 422
    assert "from low to high" in text(answer)


def test_a_judgment_is_shown_with_name_and_reason(client, noor, lossy):
    client.post(address("override", lossy), {"customers": 7, "reason": "Shops are missing"})

    shown = text(client.get(lossy.get_absolute_url()))

    assert "Shops are missing" in shown
    assert "Go back to the computed impact" in shown


def test_it_moves_on_the_board_and_is_deleted_with_undo(client, noor, lossy):
    client.post(address("move", lossy), {"status": "doing", "from": "board"})
    deleted = client.post(address("delete", lossy), follow=True)
    client.post(address("restore", lossy))

    lossy.refresh_from_db()
    assert lossy.status == "doing"
    assert "Deleted “Tell customers when the parcel is late”." in text(deleted)
    assert Opportunity.objects.visible_to(noor).exists()


def test_viewers_read_but_never_write(client, warehouse):
    viewer = make_member(role="viewer")
    client.force_login(viewer.user)
    made = make_opportunity(workspace=viewer.workspace)

    assert "Worth and effort" not in text(client.get(made.get_absolute_url()))
    assert client.post(address("delete", made)).status_code == 403
