from datetime import timedelta

import pytest
from django.utils import timezone

from wayline.accounts.testing import make_member, make_workspace
from wayline.audit.models import Activity
from wayline.signals import load, queries
from wayline.signals.rights import findings, masking, retention, search, trial
from wayline.signals.rights.models import MaskRule
from wayline.signals.testing import make_signal, observe

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("warehouse", "own_list")]


def names(warehouse):
    return sorted(row["name"] for row in warehouse.run(warehouse.table("signals")).to_pylist())


def test_what_is_too_old_goes_by_its_kind_and_does_not_come_back(warehouse):
    member, now = make_member(role="owner"), timezone.now()
    workspace = member.workspace
    observe(
        workspace,
        make_signal(name="Old Order", at=now - timedelta(days=40)),
        make_signal(name="New Order", at=now - timedelta(days=20)),
        make_signal(name="Old Message", kind="message", at=now - timedelta(days=40)),
    )
    retention.change_retention(workspace, kind="behavior", days=30, by=None, now=now)

    assert [(g.kind, g.signals) for g in retention.preview(workspace, now=now)] == [("behavior", 1)]
    assert retention.keep_all(now=now) == 1

    assert names(warehouse) == ["New Order", "Old Message"]
    assert Activity.objects.get(name="retention.kept").details == {"removed": {"behavior": 1}}
    assert queries.account(member).missing == 0
    load.rebuild()
    assert names(warehouse) == ["New Order", "Old Message"]


def test_the_rule_for_everything_else_leaves_kinds_with_their_own(warehouse):
    workspace, now = make_workspace(), timezone.now()
    observe(
        workspace,
        make_signal(at=now - timedelta(days=9)),
        make_signal(kind="page", name="Home", at=now - timedelta(days=9)),
    )
    retention.change_retention(workspace, kind="", days=5, by=None, now=now)
    retention.change_retention(workspace, kind="page", days=10, by=None, now=now)

    retention.keep_all(now=now)

    assert names(warehouse) == ["Home"]


def test_days_are_whole_days_of_the_workspaces_clock():
    workspace, now = make_workspace(timezone="Europe/Berlin"), timezone.now()
    retention.change_retention(workspace, kind="page", days=7, by=None, now=now)

    (days, before) = retention.limits(workspace, now=now)["page"]

    assert (days, before.hour, before.minute) == (7, 0, 0)


@pytest.mark.parametrize(("kind", "days"), [("pages", 5), ("page", 0), ("page", 40_000)])
def test_a_rule_that_makes_no_sense_is_refused(kind, days):
    with pytest.raises(retention.RuleNotUnderstood):
        retention.change_retention(make_workspace(), kind=kind, days=days, by=None, now=timezone.now())


@pytest.mark.parametrize(
    ("text", "sorts"),
    [
        ("write to ines.duarte@example.com.", ["email"]),
        ("my card 4111 1111 1111 1111", ["card"]),
        ("card 4111 1111 1111 1112", []),
        ("DE89 3704 0044 0532 0130 00", ["iban"]),
        ("DE89 3704 0044 0532 0130 01", []),
        ("GB82WEST12345698765432", ["iban"]),
        ("call +49 30 1234567", ["phone"]),
        ("order 20261122334455", []),
        ("SSN 078-05-1120", ["national_id"]),
        ("SSN 000-12-3456", []),
        ("DNI 12345678Z", ["national_id"]),
        ("DNI 12345678A", []),
        ("RSSMRA85T10A562S", ["national_id"]),
        ("PESEL 44051401359", ["national_id"]),
        ("NI AB 12 34 56 C", ["national_id"]),
        ("nothing at all, 12.50 EUR", []),
    ],
)
def test_personal_data_is_found_and_made_sure_of(text, sorts):
    assert list(findings.found_in(text)) == sorts


def test_what_comes_in_is_masked_by_rule_before_it_is_kept(warehouse):
    workspace, now = make_workspace(), timezone.now()
    masking.change_masking(workspace, findings=["email", "iban"], by=None, now=now)
    words = {
        "comment": "pay to GB82WEST12345698765432",
        "sender_id": "a@b.example",
        "phone": "+49 30 1234567",
    }

    observe(workspace, make_signal(text="I am ines@example.com", properties=words, email="ines@example.com"))

    (row,) = warehouse.run(warehouse.table("signals")).to_pylist()
    assert row["text"] == "I am [e-mail]"
    assert dict(row["properties"]) == words | {"comment": "pay to [bank account]"}
    assert workspace.customers.get().email == "ines@example.com"


def test_a_choice_is_tried_on_the_latest_signals_and_changes_nothing(client):
    owner, now = make_member(role="owner"), timezone.now()
    masking.change_masking(owner.workspace, findings=["iban"], by=None, now=now)
    long = "x" * 80 + " write to ines@example.com or call +49 30 1234567"
    observe(owner.workspace, make_signal(text=long, properties={"note": "GB82WEST12345698765432"}))
    observe(make_workspace(slug="theirs"), make_signal(text="omar@example.com"))
    client.force_login(owner.user)

    found = trial.try_masking(owner.workspace, findings=["email"])
    shown = client.post(f"/{owner.workspace.slug}/signals/rights/rules/masking/try/", {"findings": "email"})

    (place,) = found.places
    ((before, after),) = place.examples
    assert (found.searched, place.where, place.signals) == (1, "text", 1)
    assert before.startswith("…")
    assert "write to ines@example.com" in before
    assert "write to [e-mail]" in after
    assert found.masked_already == [("Bank account", 1)]
    assert "write to [e-mail]" in shown.content.decode()
    assert list(MaskRule.objects.values_list("finding", flat=True)) == ["iban"]
    with pytest.raises(masking.FindingUnknown):
        trial.try_masking(owner.workspace, findings=["shoe"])


def test_a_search_says_where_it_lies_already():
    workspace, now = make_workspace(), timezone.now()
    observe(
        workspace,
        *(make_signal(text="ines@example.com", properties={"note": "+49 30 1234567"}) for _ in range(3)),
    )

    report = search.carry_out(search.ask_search(workspace, by=None, now=now), now=now)

    assert sorted(report.rows) == [
        ["email", "behavior", "Order Placed", "text", 3],
        ["phone", "behavior", "Order Placed", "note", 3],
    ]
    assert report.searched == 3


def test_a_sort_nobody_can_recognise_is_refused():
    with pytest.raises(masking.FindingUnknown):
        masking.change_masking(make_workspace(), findings=["shoe"], by=None, now=timezone.now())
