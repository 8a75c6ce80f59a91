"""The pages of recognition, duplicates and companies."""

import pytest
from django.urls import reverse
from django.utils import timezone

from wayline.accounts.testing import bearer, make_key, make_member
from wayline.customers.models import BlockedValue, Customer, Duplicate, IdentityRules, RefusedMerge
from wayline.customers.testing import make_customer
from wayline.customers.trust import queries as trust
from wayline.signals.testing import make_signal, observe
from wayline.signals.vocabulary import IDENTIFY, Kind
from wayline.warehouse import connect

pytestmark = [pytest.mark.django_db(databases="__all__"), pytest.mark.usefixtures("warehouse")]


@pytest.fixture
def maya(client):
    member = make_member(role="manager")
    client.force_login(member.user)
    return member


def address(name: str, member, *arguments) -> str:
    return reverse(f"home:{name}", args=[member.workspace.slug, *arguments])


def make_pair(workspace) -> Duplicate:
    return Duplicate.objects.create(
        workspace=workspace,
        one=make_customer(workspace=workspace, name="Ines Duarte"),
        other=make_customer(workspace=workspace, name="Inês Duarte"),
        probability=0.93,
        weight=3.7,
        reasons=[{"field": "Name", "says": "almost the same", "weight": 9.2}],
        found_at=timezone.now(),
    )


@pytest.mark.parametrize("page", ["recognition", "duplicates", "companies"])
def test_an_empty_page_says_what_would_be_here(client, maya, page):
    shown = client.get(address(page, maya))

    assert shown.status_code == 200
    assert 'class="empty"' in shown.content.decode()


def test_two_customers_stand_side_by_side_with_the_weights_explained(client, maya):
    shown = client.get(address("duplicate", maya, make_pair(maya.workspace).pk)).content.decode()

    assert "93" in shown
    assert "almost the same" in shown
    assert "+9.2" in shown
    assert "−5.5" in shown  # what any two customers begin with


def test_a_pair_is_merged_by_a_person_and_the_signals_follow(client, maya):
    pair = make_pair(maya.workspace)
    observe(maya.workspace, make_signal(external_id=pair.other.own_identities.first().value))

    answer = client.post(address("merge_duplicate", maya, pair.pk))
    again = client.post(address("merge_duplicate", maya, pair.pk))

    signals = connect.current().table("signals")
    kept = Customer.objects.get(workspace=maya.workspace, merged_into=None)
    assert (answer.status_code, again.status_code) == (302, 409)
    assert {row["customer"] for row in connect.current().run(signals).to_pylist()} == {kept.pk}
    assert kept.merges_kept.get().by == maya.user
    pair.refresh_from_db()
    assert pair.state == Duplicate.State.MERGED


def test_not_the_same_is_remembered_and_can_be_taken_back(client, maya):
    pair = make_pair(maya.workspace)

    client.post(address("keep_apart", maya, pair.pk))
    listed = client.get(address("duplicates", maya)).content.decode()
    client.post(address("reconsider", maya, pair.pk))

    assert "Called not the same (1)" in listed
    pair.refresh_from_db()
    assert pair.state == Duplicate.State.OPEN


def test_a_value_is_blocked_once_and_allowed_again(client, maya):
    ask = {"kind": "anonymous_id", "value": "kiosk-7", "why": "The till in shop 7"}

    codes = [client.post(address("block_value", maya), ask).status_code for _ in range(2)]
    useless = client.post(address("block_value", maya), ask | {"value": "null"})
    blocked = BlockedValue.objects.get()
    client.post(address("unblock_value", maya, blocked.pk))

    assert codes == [302, 409]
    assert useless.status_code == 422
    assert "need not be blocked" in useless.content.decode()
    assert not BlockedValue.objects.exists()


def test_limits_that_contradict_each_other_are_refused(client, maya):
    ask = {"most_identities": 4, "most_external_ids": 9}

    refused = client.post(address("set_limits", maya), ask)
    client.post(address("set_limits", maya), ask | {"most_external_ids": 2})

    assert refused.status_code == 422
    assert IdentityRules.objects.get().most_external_ids == 2


def test_a_refused_merge_is_listed_and_can_be_made_by_hand(client, maya):
    one, other = make_customer(workspace=maya.workspace), make_customer(workspace=maya.workspace)
    refused = RefusedMerge.objects.create(
        workspace=maya.workspace,
        one=one,
        other=other,
        reason="Both belong to two known customers.",
        first_at=timezone.now(),
        last_at=timezone.now(),
    )

    listed = client.get(address("recognition", maya)).content.decode()
    client.post(address("join_refused", maya, refused.pk))

    assert "Both belong to two known customers." in listed
    assert Customer.objects.filter(merged_into=None).count() == 1


def test_a_company_shows_its_members_and_their_scores_with_n_and_interval(client, maya):
    group = {"group.id": "acme", "group.name": "Acme", "group.plan": "gold"}
    told = [
        make_signal(kind=IDENTIFY, name="Group", external_id=who, traits=group) for who in ("ines", "tom")
    ]
    scores = [
        make_signal(kind=Kind.ANSWER, name="Asked", external_id=who, score=score, scale="nps")
        for who, score in (("ines", 9), ("tom", 3))
    ]
    observe(maya.workspace, *told, *scores)

    listed = client.get(address("companies", maya)).content.decode()
    company = Customer.objects.first().memberships.get().company
    shown = client.get(address("company", maya, company.pk)).content.decode()

    assert "Acme" in listed
    assert ">2</span> members" in shown
    assert "Net Promoter" in shown or "NPS" in shown
    assert "gold" in shown


def test_people_and_programs_say_whom_to_believe(client, maya):
    identify = make_signal(kind=IDENTIFY, name="Identify", traits={"plan": "pro"})
    observe(maya.workspace, identify, make_signal(), source="demo")
    observe(maya.workspace, make_signal(), source="import:7")
    ines = maya.workspace.customers.get()

    page = client.get(address("recognition", maya)).content.decode()
    refused = client.post(address("set_trust", maya), {"stale_after_days": "0"})
    saved = client.post(address("set_trust", maya), {"stale_after_days": "90", "voice0": "2", "voice1": "1"})

    assert "Imports" in page
    assert (refused.status_code, saved.status_code) == (422, 302)
    assert trust.levels_of(maya.workspace_id) == {"demo": 2, "import": 1}
    shown = client.get(address("customer", maya, ines.pk)).content.decode()
    assert "demo, <time" in shown
    assert "Stale" in shown
    key = bearer(make_key(workspace=maya.workspace, role="manager"))
    asked = {"levels": {"demo": 0}, "stale_after_days": None}
    api = "/api/v1/customers/recognition/trust"
    assert client.post(api, asked, content_type="application/json", **key).status_code == 422


def test_a_viewer_does_not_say_whom_to_believe(client):
    noor = make_member(role="viewer")
    client.force_login(noor.user)

    assert client.post(address("set_trust", noor)).status_code == 403
