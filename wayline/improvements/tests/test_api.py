import pytest

from wayline.accounts.testing import bearer, make_key

pytestmark = pytest.mark.django_db


@pytest.fixture
def key():
    return make_key(role="contributor")


def post(client, key, path, body=None):
    return client.post(
        f"/api/v1/improvements/{path}", body or {}, content_type="application/json", **bearer(key)
    )


def test_a_program_writes_estimates_and_ranks(client, key, warehouse):
    number = post(client, key, "opportunities", {"title": "Say where it is"}).json()["id"]
    post(client, key, f"opportunities/{number}/estimate", {"effort_low_weeks": 1, "effort_high_weeks": 2})
    post(client, key, f"opportunities/{number}/override", {"customers": 12, "reason": "Counted by hand"})

    (row,) = client.get("/api/v1/improvements/opportunities", **bearer(key)).json()

    assert row["ranked_by"]["value"] == 12
    assert row["size"]["customers"] is None
    assert row["opportunity"]["effort_high_weeks"] == 2


def test_what_the_rules_refuse_is_a_conflict(client, key, warehouse):
    number = post(client, key, "opportunities", {"title": "Say where it is"}).json()["id"]

    answer = post(client, key, f"opportunities/{number}/override", {"customers": 12, "reason": ""})

    assert answer.status_code == 409
    assert "Say why" in answer.json()["detail"]


def test_the_shortlist_is_empty_until_something_is_quick_and_sure(client, key, warehouse):
    assert client.get("/api/v1/improvements/shortlist", **bearer(key)).json() == []
