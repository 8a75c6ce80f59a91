import pytest

from wayline.accounts.testing import bearer, make_key
from wayline.insights.models import Insight

pytestmark = pytest.mark.django_db


@pytest.fixture
def key():
    return make_key(role="contributor")


def post(client, key, path, body=None):
    return client.post(f"/api/v1/insights/{path}", body or {}, content_type="application/json", **bearer(key))


def test_a_program_writes_an_insight_with_evidence_and_reads_it_weighed(client, key, warehouse):
    made = post(client, key, "", {"title": "Parcel never came", "certainty": "factual"})
    number = made.json()["id"]
    post(
        client,
        key,
        f"{number}/evidence",
        {"kind": "signals", "condition": {"type": "signal", "names": ["Lost"]}},
    )

    read = client.get(f"/api/v1/insights/{number}", **bearer(key)).json()

    assert made.status_code == 201
    assert read["insight"]["title"] == "Parcel never came"
    assert (read["support"]["customers"], read["is_stale"]) == (0, True)


def test_what_the_rules_refuse_is_a_conflict(client, key, warehouse):
    number = post(client, key, "", {"title": "Parcel never came"}).json()["id"]

    answer = post(client, key, f"{number}/evidence", {"kind": "note"})

    assert (answer.status_code, answer.json()["detail"]) == (409, "Write down what was said or seen.")


def test_a_deleted_insight_is_restored(client, key, warehouse):
    number = post(client, key, "", {"title": "Parcel never came"}).json()["id"]

    assert post(client, key, f"{number}/delete").status_code == 204
    assert client.get(f"/api/v1/insights/{number}", **bearer(key)).status_code == 404
    assert post(client, key, f"{number}/restore").json()["id"] == number
    assert Insight.objects.get().is_deleted is False
