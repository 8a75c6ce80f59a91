import csv
import io

import pytest
from django.urls import reverse

from wayline.accounts.testing import bearer, make_key, make_member
from wayline.customers.testing import make_customer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("warehouse")]


@pytest.fixture
def maya(client):
    member = make_member(role="manager", name="Maya Brandt")
    client.force_login(member.user)
    return member


def index(member, query: str = "") -> str:
    return reverse("customers:index", args=[member.workspace.slug]) + query


@pytest.mark.parametrize("text", ["ines", "INES@EXAMPLE", "+49 30 123", "crm-17"])
def test_a_customer_is_found_by_name_mail_phone_or_id(client, maya, text):
    ines = make_customer(
        workspace=maya.workspace, email="ines@example.com", phone="+4930123456", external_id="crm-17"
    )  # fmt: skip
    make_customer(workspace=maya.workspace, name="Tom Berg", email="tom@x.test", external_id="crm-99")

    page = client.get(index(maya), {"q": text}).content.decode()

    assert reverse("home:customer", args=[maya.workspace.slug, ines.pk]) in page
    assert "Tom Berg" not in page


def test_nobody_found_is_said_apart_from_nobody_there(client, maya):
    assert "No customers yet" in client.get(index(maya)).content.decode()
    make_customer(workspace=maya.workspace)

    assert "Nobody matches" in client.get(index(maya, "?q=zzz")).content.decode()


def test_a_merged_profile_is_not_listed(client, maya):
    kept = make_customer(workspace=maya.workspace, name="Kept")
    make_customer(workspace=maya.workspace, name="Absorbed", merged_into=kept)

    assert "Absorbed" not in client.get(index(maya)).content.decode()


def test_the_list_is_long_and_asks_little(client, maya, django_assert_max_num_queries):
    for _ in range(60):
        make_customer(workspace=maya.workspace)

    with django_assert_max_num_queries(12):
        page = client.get(index(maya)).content.decode()

    assert "1 to 50 of 60 customers" in page


def test_an_export_holds_no_formula(client, maya):
    make_customer(workspace=maya.workspace, name="=HYPERLINK(1)")

    answer = client.get(reverse("customers:export", args=[maya.workspace.slug]))

    lines = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert lines[0]["name"] == "'=HYPERLINK(1)"


def test_a_viewer_may_not_export(client):
    noor = make_member(role="viewer")
    client.force_login(noor.user)

    assert client.get(reverse("customers:export", args=[noor.workspace.slug])).status_code == 403


def test_another_workspaces_customers_are_not_listed(client, maya):
    make_customer(name="Somebody Elses")

    assert "Somebody Elses" not in client.get(index(maya)).content.decode()


def test_the_api_tells_who_a_customer_is_and_why(client):
    key = make_key()
    ines = make_customer(workspace=key.workspace, external_id="crm-17", email="ines@example.com")

    answer = client.get(f"/api/v1/customers/{ines.pk}", **bearer(key)).json()

    assert [(each["kind"], each["value"]) for each in answer["identities"]] == [
        ("email", "ines@example.com"),
        ("external_id", "crm-17"),
    ]
    assert answer["merges"] == []


def test_the_api_pages_by_cursor(client):
    key = make_key()
    made = [make_customer(workspace=key.workspace).pk for _ in range(3)]

    first = client.get("/api/v1/customers/?limit=2", **bearer(key)).json()
    second = client.get(f"/api/v1/customers/?limit=2&before={first['cursor']}", **bearer(key)).json()

    assert [each["id"] for each in first["items"] + second["items"]] == made[::-1]
    assert second["cursor"] is None
