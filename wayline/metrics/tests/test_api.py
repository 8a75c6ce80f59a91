from datetime import UTC, datetime, timedelta

import pytest

from wayline.accounts.testing import bearer, make_key, make_workspace
from wayline.metrics.catalog import METRICS
from wayline.warehouse.testing import fill

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("warehouse")]
START = datetime(2026, 6, 1, tzinfo=UTC)
JUNE = {"start": "2026-06-01T00:00:00Z", "end": "2026-07-01T00:00:00Z"}


@pytest.fixture
def key():
    return make_key(role="manager")


def fill_answers(workspace, n=40):
    rows = [
        {
            "workspace": workspace.pk,
            "customer": place,
            "at": START + timedelta(days=place % 20),
            "kind": "answer",
            "name": "NPS Answered",
            "score": 10 if place % 2 else 8,
            "scale": "nps",
            "channel": "email",
        }
        for place in range(n)
    ]
    fill(rows)


def post(client, key, path, body):
    return client.post(f"/api/v1/metrics/{path}", body, content_type="application/json", **bearer(key))


def test_the_catalog_is_listed(client, key):
    listed = client.get("/api/v1/metrics/", **bearer(key)).json()

    assert [each["slug"] for each in listed] == list(METRICS)
    assert listed[0]["method"].startswith("Normal interval")


def test_a_question_is_answered_with_its_interval(client, key):
    fill_answers(key.workspace)

    answer = post(client, key, "answer", {"metric": "nps", "period": JUNE, "by": ["channel"]}).json()

    assert (answer["total"]["estimate"]["value"], answer["total"]["estimate"]["n"]) == (50.0, 40)
    assert answer["rows"][0]["key"] == ["email"]
    assert (answer["late"]["n"], answer["late"]["late"], answer["late"]["without"]) == (40, 0, None)
    assert answer["total"]["change"]["verdict"] == "too few to say"
    assert answer["compared_to"] == {"start": "2026-05-02T00:00:00Z", "end": "2026-06-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("period", "n", "start"),
    [
        ("all", 40, "2026-06-01T00:00:00Z"),
        ({"days": 5}, 10, "2026-06-16T00:00:00Z"),
        ({"since": "2026-06-01", "until": "2026-06-02"}, 4, "2026-06-01T00:00:00Z"),
    ],
)
def test_a_period_is_said_as_on_the_pages(client, key, period, n, start):
    fill_answers(key.workspace)

    answer = post(client, key, "answer", {"metric": "nps", "period": period}).json()

    assert answer["total"]["estimate"]["n"] == n
    assert answer["period"]["start"] == start


def test_conditions_are_typed(client, key):
    fill_answers(key.workspace)
    chat = {"type": "signal", "channels": ["chat"]}

    narrowed = post(client, key, "answer", {"metric": "nps", "period": JUNE, "where": chat}).json()
    unknown = post(client, key, "answer", {"metric": "nps", "period": JUNE, "where": {"type": "mood"}})

    assert narrowed["total"]["estimate"]["n"] == 0
    assert unknown.status_code == 422


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"metric": "happiness", "period": JUNE}, 409),
        ({"metric": "nps", "period": JUNE, "by": ["moon"]}, 409),
        ({"metric": "rate", "period": JUNE}, 409),
        ({"metric": "nps", "period": {"start": JUNE["end"], "end": JUNE["start"]}}, 409),
        ({"metric": "nps", "period": {"start": "2026-06-01T00:00:00", "end": JUNE["end"]}}, 422),
        ({"metric": "nps", "period": "ever"}, 422),
        ({"metric": "nps", "period": {"days": 0}}, 422),
        ({"metric": "nps", "period": {"since": "0001-01-01", "until": "2026-01-01"}}, 422),
        ({"metric": "nps", "period": {"start": "0001-01-01T00:00:00Z", "end": JUNE["end"]}}, 422),
        ({"metric": "nps", "period": JUNE, "timezone": "Mars/Olympus"}, 422),
        ({"metric": "nps", "period": JUNE, "within_seconds": 0}, 422),
        ({"metric": "nps"}, 422),
    ],
)
def test_what_cannot_be_answered_says_why(client, key, body, status):
    answer = post(client, key, "answer", body)

    assert answer.status_code == status
    assert answer.json()["detail"]


def test_another_workspaces_signals_are_not_in_it(client, key):
    fill_answers(make_workspace())

    answer = post(client, key, "answer", {"metric": "nps", "period": JUNE}).json()

    assert answer["total"]["estimate"]["n"] == 0


def test_a_target_is_set_listed_and_removed(client, key):
    made = post(client, key, "nps/target", {"value": 40, "due_on": "2026-12-31"})
    listed = client.get("/api/v1/metrics/targets", **bearer(key)).json()
    removed = post(client, key, "nps/target/remove", {})

    assert made.status_code == 200
    assert [(each["metric"], each["value"], each["direction"]) for each in listed] == [
        ("nps", 40.0, "at_least")
    ]
    assert removed.status_code == 204
    assert post(client, key, "nps/target/remove", {}).status_code == 409


def test_a_baseline_is_frozen_and_read_by_its_workspace_only(client, key):
    fill_answers(key.workspace)
    question = {"metric": "nps", "period": JUNE}

    made = post(client, key, "baselines", {"name": "June", "question": question}).json()
    mine = client.get(f"/api/v1/metrics/baselines/{made['id']}", **bearer(key)).json()

    assert (mine["name"], mine["is_intact"], mine["answer"]["total"]["estimate"]["n"]) == ("June", True, 40)
    assert client.get(f"/api/v1/metrics/baselines/{made['id']}", **bearer(make_key())).status_code == 404
    assert client.get("/api/v1/metrics/baselines", **bearer(make_key())).json() == []


def test_a_baseline_is_taken_away_by_a_manager_of_its_workspace(client, key):
    fill_answers(key.workspace)
    question = {"metric": "nps", "period": JUNE}
    made = post(client, key, "baselines", {"name": "June", "question": question}).json()
    path = f"baselines/{made['id']}/remove"

    assert post(client, make_key(role="manager"), path, {}).status_code == 404
    assert post(client, make_key(workspace=key.workspace, role="viewer"), path, {}).status_code == 403
    assert post(client, key, path, {}).status_code == 204
    assert client.get("/api/v1/metrics/baselines", **bearer(key)).json() == []


def test_a_viewers_key_reads_and_changes_nothing(client):
    viewer = make_key(role="viewer")

    assert post(client, viewer, "nps/target", {"value": 40}).status_code == 403
    assert (
        post(client, viewer, "baselines", {"question": {"metric": "nps", "period": JUNE}}).status_code == 403
    )
    assert client.get("/api/v1/metrics/").status_code == 401
