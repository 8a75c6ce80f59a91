import pytest
from django.urls import reverse

from wayline.accounts.testing import make_member
from wayline.journeys.models import Journey, Step
from wayline.journeys.testing import bound_to, make_journey, make_step, travel
from wayline.signals.testing import make_signal, observe

pytestmark = pytest.mark.django_db

EVERY_SIGNAL = "?period=all"


@pytest.fixture
def noor(client):
    member = make_member(role="contributor")
    client.force_login(member.user)
    return member


def page(name, journey, query=""):
    return reverse(f"journeys:{name}", args=[journey.workspace.slug, journey.pk]) + query


def text(answer) -> str:
    return " ".join(answer.content.decode().split())


def test_the_map_shows_how_far_customers_went(client, noor, warehouse):
    journey = make_journey(workspace=noor.workspace)
    travel(noor.workspace, ("Order Placed > Order Shipped > Order Delivered", 40), ("Order Placed", 10))
    travel(noor.workspace, ("Order Placed", 1), at=make_signal().at.replace(month=6), channel="web")

    answer = client.get(page("map", journey, EVERY_SIGNAL))

    assert answer.status_code == 200
    picture = answer.context["picture"]
    assert picture.state == "alive"
    assert [(total.label, total.count) for total in picture.totals] == [
        ("Started", 51),
        ("Completed", 40),
        ("In progress", 1),
        ("Lost", 10),
    ]
    assert [(loss.step.number, loss.dropped) for loss in picture.losses] == [(1, 10)]
    assert "Any start" in text(answer)
    assert "80" in text(answer)


@pytest.mark.parametrize("name", ["map", "paths", "people", "edit", "settings"])
def test_every_page_of_a_journey_opens(client, noor, warehouse, name):
    journey = make_journey(workspace=noor.workspace)
    travel(noor.workspace, ("Order Placed > Order Shipped > Order Delivered", 3))

    assert client.get(page(name, journey, EVERY_SIGNAL)).status_code == 200
