from datetime import timedelta

import pytest
from django.urls import reverse

from wayline.accounts.testing import make_member
from wayline.journeys.models import Phase, Step
from wayline.journeys.testing import make_journey, travel
from wayline.journeys.tests.pages import LATER, SHORT, WHOLE, page, post, text

pytestmark = pytest.mark.django_db


def test_the_library_shows_every_journey_with_its_biggest_loss(client, noor, warehouse):
    journey = make_journey(workspace=noor.workspace)
    make_journey(workspace=noor.workspace, title="I return it", steps=())
    travel(noor.workspace, (WHOLE, 40), (SHORT, 10), at=LATER - timedelta(days=40))
    travel(noor.workspace, (SHORT, 1), at=LATER)

    answer = client.get(reverse("journeys:library", args=[noor.workspace.slug]))

    rows = {
        row.journey.title: (row.bound, row.steps, row.loss and row.loss.dropped)
        for row in answer.context["shelf"].rows
    }
    assert rows == {journey.title: (3, 3, 10), "I return it": (0, 0, None)}


def test_an_empty_library_offers_the_templates(client, noor, warehouse):
    answer = client.get(reverse("journeys:library", args=[noor.workspace.slug]))

    assert "Start with SaaS onboarding" in text(answer)


PAGES = ["map", "people", "people_export", "paths", "edit", "settings"]


@pytest.mark.parametrize("name", PAGES)
def test_strangers_are_asked_to_sign_in(client, warehouse, name):
    answer = client.get(page(name, make_journey()))

    assert answer.status_code == 302
    assert "/account/login/" in answer.url


@pytest.mark.parametrize("name", PAGES)
def test_people_of_another_workspace_find_nothing(client, noor, warehouse, name):
    elsewhere = make_journey()
    address = page(name, elsewhere).replace(elsewhere.workspace.slug, noor.workspace.slug)

    assert client.get(page(name, elsewhere)).status_code == 404
    assert client.get(address).status_code == 404


def test_viewers_read_but_never_write(client, warehouse):
    viewer = make_member(role="viewer")
    client.force_login(viewer.user)
    journey = make_journey(workspace=viewer.workspace)
    step, phase = Step.objects.first(), Phase.objects.first()

    assert client.get(page("map", journey)).status_code == 200
    assert client.get(page("edit", journey)).status_code == 403
    library = reverse("journeys:library", args=[viewer.workspace.slug])
    assert "Add tag" not in client.get(library).content.decode()
    for name, subject in [
        ("delete", journey),
        ("add_phase", journey),
        ("delete_phase", phase),
        ("add_step", phase),
        ("rename_step", step),
        ("bind", step),
        ("unbind", step),
    ]:
        assert post(client, name, subject, name="x").status_code == 403


def test_changes_are_made_by_post(client, journey):
    assert client.get(page("delete", journey)).status_code == 405
