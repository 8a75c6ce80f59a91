from datetime import timedelta

import pytest

from wayline.accounts.testing import bearer, make_key
from wayline.journeys.models import Journey
from wayline.journeys.testing import MONDAY, make_card, make_journey, travel

pytestmark = pytest.mark.django_db


@pytest.fixture
def key():
    return make_key(role="contributor")


def ask(client, key, path, body=None, method="post"):
    address = f"/api/v1/journeys/{path}"
    if method == "get":
        return client.get(address, **bearer(key))
    return client.post(address, body or {}, content_type="application/json", **bearer(key))


def test_a_journey_is_made_filled_and_read(client, key, warehouse):
    made = ask(client, key, "", {"title": "I buy", "no_window": True}).json()
    phase = made["phases"][0]["id"]
    step = ask(client, key, f"phases/{phase}/steps", {"title": "I place my order"}).json()["phases"][0][
        "steps"
    ][0]
    condition = {"type": "signal", "names": ["Order Placed"]}

    answer = ask(client, key, f"steps/{step['id']}/bind", {"condition": condition})

    assert answer.status_code == 200
    read = ask(client, key, made["id"], method="get").json()
    assert (read["title"], read["window_days"]) == ("I buy", None)
    assert read["phases"][0]["steps"][0]["key"] == "i-place-my-order"
    assert read["phases"][0]["steps"][0]["condition"]["names"] == ["Order Placed"]
    assert [row["title"] for row in ask(client, key, "", method="get").json()] == ["I buy"]


def test_the_flow_says_what_the_map_shows(client, key, warehouse):
    journey = make_journey(workspace=key.workspace)
    travel(key.workspace, ("Order Placed > Order Shipped > Order Delivered", 40), ("Order Placed", 10))
    travel(key.workspace, ("Order Placed", 1), at=MONDAY + timedelta(days=9))

    flow = ask(client, key, f"{journey.pk}/flow", {"window_days": 1}).json()

    assert (flow["entered"], flow["completed"]) == (51, 40)
    first = flow["steps"][0]
    assert (first["key"], first["entered"], first["completed"]) == ("order-placed", 51, 40)
    assert first["median_time_seconds"]["value"] == 3600
    assert "any of its starts" in flow["definition"]


def test_the_people_and_the_paths_are_answered(client, key, warehouse):
    journey = make_journey(workspace=key.workspace)
    travel(key.workspace, ("Order Placed > Called Us > Order Shipped > Order Delivered", 3))

    people = ask(client, key, f"{journey.pk}/people", {"state": "completed"}).json()
    paths = ask(client, key, f"{journey.pk}/paths", {"from_step": "order-placed"}).json()

    assert (people["n"], len(people["items"]), people["items"][0]["step"]) == (3, 3, "Order Delivered")
    assert [node["name"] for node in paths["not_on_the_map"]] == ["Called Us"]


def test_a_refusal_is_a_409_with_its_sentence(client, key, warehouse):
    answer = ask(client, key, "", {"title": " "})

    assert (answer.status_code, answer.json()) == (
        409,
        {"detail": "Give the journey a name: one or more words."},
    )


def test_a_condition_not_understood_is_a_422(client, key, warehouse):
    step = make_journey(workspace=key.workspace).phases.get().steps.first()

    assert ask(client, key, f"steps/{step.pk}/bind", {"condition": {"type": "weather"}}).status_code == 422


def test_deleting_is_undone(client, key, warehouse):
    journey = make_journey(workspace=key.workspace)

    assert ask(client, key, f"{journey.pk}/delete").status_code == 204
    assert ask(client, key, journey.pk, method="get").status_code == 404
    assert ask(client, key, f"{journey.pk}/restore").status_code == 200
    assert Journey.objects.kept().get() == journey


@pytest.mark.parametrize(
    "path", ["{}/flow", "{}/people", "{}/paths", "{}/describe", "{}/delete", "{}/phases"]
)
def test_another_workspace_is_not_there(client, key, warehouse, path):
    elsewhere = make_journey()
    body = {"state": "entered", "name": "Return"}

    assert ask(client, key, path.format(elsewhere.pk), body).status_code == 404


def test_a_viewer_key_reads_and_does_not_change(client, warehouse):
    key = make_key(role="viewer")
    journey = make_journey(workspace=key.workspace)

    assert ask(client, key, f"{journey.pk}/flow").status_code == 200
    assert ask(client, key, f"{journey.pk}/phases", {"name": "Return"}).status_code == 403


def test_without_a_key_nothing_is_said(client, warehouse):
    assert client.get(f"/api/v1/journeys/{make_journey().pk}").status_code == 401


def test_programs_read_which_steps_lead_to_a_step(client, key, warehouse):
    helped = make_journey(workspace=key.workspace, title="I get help", steps=("Answered",))
    works = make_journey(
        workspace=key.workspace, title="I answer", steps=("Replied",), perspective="employee"
    )
    closed = make_journey(workspace=key.workspace, title="In secret", steps=("Seen",), is_restricted=True)
    target, own, hidden = (each.phases.get().steps.get() for each in (helped, works, closed))
    card = make_card(own, lane="nested", kind="step", title="They read it", linked_step=target)
    make_card(hidden, lane="nested", kind="step", linked_step=target)

    found = ask(client, key, f"steps/{target.pk}/leading", method="get").json()

    assert found == [
        {
            "card": card.card_id,
            "placement": card.pk,
            "step": own.pk,
            "step_title": "Replied",
            "step_key": "replied",
            "journey": works.pk,
            "journey_title": "I answer",
            "perspective": "employee",
        }
    ]
    viewer = make_key(workspace=key.workspace, role="viewer")
    assert len(ask(client, viewer, f"steps/{target.pk}/leading", method="get").json()) == 1
    assert ask(client, key, f"steps/{hidden.pk}/leading", method="get").status_code == 404
    assert ask(client, make_key(), f"steps/{target.pk}/leading", method="get").status_code == 404
