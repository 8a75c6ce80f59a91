from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from wayline.accounts.testing import bearer, make_key, make_member
from wayline.audit.models import Activity
from wayline.customers import consent
from wayline.customers.consents import operations, queries
from wayline.customers.consents.models import ConsentChange
from wayline.customers.models import Customer
from wayline.customers.operations import Call, recognise, undo_merge
from wayline.customers.testing import make_customer

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


def say(customer, choices, *, day=0, source="api:1"):
    said = operations.Said(customer.pk, MONDAY + timedelta(days=day), choices)
    return operations.learn(customer.workspace_id, [said], source=source)


@pytest.mark.parametrize(
    ("written", "choices"),
    [
        ("denied", {("analytics", ""): False}),
        (True, {("analytics", ""): True}),
        ("perhaps", {}),
        (None, {}),
        (
            {"categoryPreferences": {"Advertising": True, "Analytics": "no"}},
            {("advertising", ""): True, ("analytics", ""): False},
        ),
        (
            {"marketing": {"email": True, "SMS": False}},
            {("marketing", "email"): True, ("marketing", "sms"): False},
        ),
    ],
)  # fmt: skip
def test_what_programs_write_is_read_by_purpose_and_channel(written, choices):
    assert consent.said(written) == choices
    assert consent.in_traits(consent.traits_of(written)) == choices


def test_the_latest_word_counts_and_every_change_is_kept():
    ines = make_customer()
    say(ines, {("marketing", "email"): True}, day=0)
    say(ines, {("marketing", "email"): True}, day=1)
    say(ines, {("marketing", "email"): False}, day=2)

    assert not queries.allows(ines, "marketing", "email")
    changes = [(c.was_granted, c.is_granted, c.source) for c in queries.history(ines)]
    assert changes == [(True, False, "api:1"), (None, True, "api:1")]


def test_hearing_the_same_again_adds_nothing():
    ines = make_customer()
    for _ in range(2):
        say(ines, {("marketing", ""): True}, day=0)
        say(ines, {("marketing", ""): False}, day=1)

    assert ConsentChange.objects.count() == 2
    assert not queries.allows(ines, "marketing")


def test_a_late_word_is_kept_but_does_not_count():
    ines = make_customer()
    say(ines, {("marketing", ""): False}, day=5)
    say(ines, {("marketing", ""): True}, day=1)

    assert not queries.allows(ines, "marketing")
    assert queries.history(ines).count() == 2


def test_without_a_word_each_purpose_has_its_own_answer():
    ines = make_customer()

    assert queries.allows(ines, "surveys", "email")
    assert not queries.allows(ines, "marketing", "email")


def test_a_channel_stands_for_itself_and_a_later_no_to_everything_ends_it():
    ines = make_customer()
    say(ines, {("marketing", "email"): True}, day=0)

    assert queries.allows(ines, "marketing", "email")
    assert not queries.allows(ines, "marketing", "sms")
    say(ines, {("all", ""): False}, day=1)
    assert not queries.allows(ines, "marketing", "email")
    assert not queries.allows(ines, "surveys")
    ines.refresh_from_db()
    assert ines.has_declined


def test_merged_profiles_share_the_latest_word_and_parted_ones_have_their_own():
    ines = make_customer(external_id="ines", email="ines@example.com")
    browser = make_customer(workspace=ines.workspace, name="", email="b@x.test", external_id="tmp")
    browser.identities.filter(kind="external_id").delete()
    say(browser, {("marketing", ""): True}, day=0)
    say(ines, {("marketing", ""): False}, day=1)
    say(browser, {("surveys", ""): False}, day=2)
    call = Call((("external_id", "ines"), ("email", "b@x.test")), MONDAY, may_join_known=True)
    (merge,) = recognise(ines.workspace_id, [call], source="api:1").merges

    assert not queries.allows(ines, "marketing")
    assert not queries.allows(ines, "surveys")
    undo_merge(merge, by=None, now=MONDAY)
    assert queries.allows(ines, "surveys")


def test_of_a_yes_and_a_no_said_to_two_profiles_at_the_same_moment_the_no_counts():
    ines = make_customer(external_id="ines")
    browser = make_customer(workspace=ines.workspace, external_id="tmp")
    say(ines, {("marketing", ""): False}, day=0)
    say(browser, {("marketing", ""): True}, day=0)
    Customer.objects.filter(pk=browser.pk).update(merged_into=ines)

    assert not queries.allows(ines, "marketing")
    assert not queries.allowing(Customer.objects.all(), ines.workspace_id, "marketing")


def test_those_who_allow_something_are_found_at_once(django_assert_max_num_queries):
    ines = make_customer()
    tom = make_customer(workspace=ines.workspace, name="Tom Berg")
    say(ines, {("marketing", "email"): True})
    say(tom, {("surveys", ""): False})
    everybody = Customer.objects.filter(workspace=ines.workspace)

    with django_assert_max_num_queries(4):
        assert list(queries.allowing(everybody, ines.workspace_id, "marketing", "email")) == [ines]
        assert list(queries.allowing(everybody, ines.workspace_id, "surveys")) == [ines]


def test_a_person_writes_a_choice_down_with_how_they_know(client):
    noor = make_member(role="contributor")
    ines = make_customer(workspace=noor.workspace)
    client.force_login(noor.user)
    address = reverse("customers:change_consent", args=[noor.workspace.slug, ines.pk])

    missing = client.post(
        address, {"purpose": "marketing", "channel": "email", "is_granted": "no", "note": ""}
    )
    done = client.post(
        address,
        {"purpose": "Marketing", "channel": "email", "is_granted": "no", "note": "by phone"},
        follow=True,
    )

    assert missing.status_code == 422
    page = done.content.decode()
    assert "Marketing, email: not allowed" in page
    assert "by phone" in page
    assert Activity.objects.get().name == "consent.changed"


def test_a_viewer_sees_and_does_not_change(client):
    member = make_member(role="viewer")
    ines = make_customer(workspace=member.workspace)
    client.force_login(member.user)

    page = client.get(reverse("customers:consents", args=[member.workspace.slug, ines.pk]))

    assert "Write a choice down" not in page.content.decode()
    assert "Nothing has been said yet" in page.content.decode()


def test_a_program_asks_and_writes(client):
    key = make_key(role="contributor")
    ines = make_customer(workspace=key.workspace)
    base = f"/api/v1/customers/{ines.pk}/consents"
    body = {"purpose": "marketing", "channel": "sms", "is_granted": True, "note": "form 7"}

    answer = client.post(f"{base}/change", body, "application/json", **bearer(key)).json()

    assert [(c["purpose"], c["channel"], c["is_granted"]) for c in answer["standing"]] == [
        ("marketing", "sms", True)
    ]
    asked = client.get(f"{base}/allowed", {"purpose": "marketing", "channel": "sms"}, **bearer(key))
    assert asked.json() == {"is_allowed": True}
