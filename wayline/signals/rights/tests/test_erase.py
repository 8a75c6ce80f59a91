from datetime import timedelta

import pytest
from django.utils import timezone

from wayline.accounts.models import Membership
from wayline.accounts.testing import make_member, make_workspace
from wayline.audit import operations as audit
from wayline.audit.models import Activity
from wayline.customers.consents.operations import change_consent
from wayline.customers.models import Customer, Identity
from wayline.signals import journal, queries
from wayline.signals.models import JournalEntry, RefusedSignal
from wayline.signals.rights import erase, tombstones
from wayline.signals.rights.models import Erasure, Tombstone
from wayline.signals.rights.testing import erase_now
from wayline.signals.testing import make_segment, make_signal, observe

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("warehouse", "own_list")]
EMAIL = "ines.duarte@example.com"


def ines_and_tom(workspace):
    observe(
        workspace,
        make_signal(
            kind="identify", name="Identify", external_id="crm-100017", email=EMAIL,
            traits={"name": "Ines Duarte"},
        ),
        make_signal(external_id="crm-100017", properties={"note": f"mail {EMAIL}"}),
        make_signal(external_id="crm-100018", text=f"Ask Ines Duarte, {EMAIL.upper()}!"),
        make_signal(external_id="crm-100017", scale="nps", score=99),
    )  # fmt: skip
    return Identity.objects.get(value=EMAIL).customer, Identity.objects.get(value="crm-100018").customer


def rows(warehouse, table="signals"):
    return warehouse.run(warehouse.table(table)).to_pylist()


def test_everything_of_the_person_goes_and_others_stay(warehouse):
    workspace, now = make_workspace(), timezone.now()
    ines, tom = ines_and_tom(workspace)
    change_consent(ines, purpose="marketing", channel="", is_granted=True, note="by phone", by=None, now=now)
    make_segment(workspace=workspace, name=f"Like {EMAIL}")

    certificate = erase_now(ines, now=now)

    assert (certificate.state, certificate.left) == ("finished", {})
    assert list(Customer.objects.values_list("pk", flat=True)) == [tom.pk]
    (row,) = rows(warehouse)
    assert row["text"] == "Ask [erased], [erased]!"
    assert workspace.segments.get().name == "Like [erased]"
    assert [row["customer"] for row in rows(warehouse, "customers")] == [tom.pk]
    assert not Activity.objects.filter(subject_label__contains="Ines").exists()
    assert all(certificate.removed[place] for place in ("journal", "warehouse", "mentions", "profile"))


def test_a_name_with_a_letter_that_folds_into_two_goes_from_what_others_said(warehouse):
    workspace = make_workspace()
    observe(
        workspace,
        make_signal(kind="identify", name="Identify", external_id="crm-1", traits={"name": "Anna Strauß"}),
        make_signal(external_id="crm-2", text="Ask Anna Strauß!"),
    )

    certificate = erase_now(Identity.objects.get(value="crm-1").customer, now=timezone.now())

    assert certificate.left == {}
    assert [row["text"] for row in rows(warehouse)] == ["Ask [erased]!"]


def test_what_was_received_still_adds_up():
    member = make_member(role="owner")
    ines, _ = ines_and_tom(member.workspace)
    observe(member.workspace, make_signal(key="twice", external_id="crm-100017"))
    observe(member.workspace, make_signal(key="twice", external_id="crm-100017", text="again"))

    erase_now(ines, now=timezone.now())

    account = queries.account(Membership.objects.get())
    assert (account.missing, account.stored) == (0, 1)


def test_old_signals_that_come_again_are_refused_and_counted(warehouse):
    member, now = make_member(role="owner"), timezone.now()
    ines, _ = ines_and_tom(member.workspace)
    erase_now(ines, now=now)

    observe(
        member.workspace, make_signal(email=EMAIL.upper(), text="a replay"), make_signal(external_id="eva-1")
    )

    assert not Identity.objects.filter(value=EMAIL).exists()
    refused = RefusedSignal.objects.get(reason=tombstones.REASON)
    assert refused.excerpt == ""
    assert len(rows(warehouse)) == 2
    assert queries.account(member).missing == 0
    kept = [signal for entry in JournalEntry.objects.all() for signal in journal.decode(bytes(entry.body))[0]]
    assert not [signal for signal in kept if signal.email]


def test_somebody_who_comes_back_later_is_a_new_customer():
    workspace, now = make_workspace(), timezone.now()
    ines, _ = ines_and_tom(workspace)
    erase_now(ines, now=now - timedelta(minutes=5))

    observe(workspace, make_signal(email=EMAIL, at=now))

    assert Identity.objects.get(value=EMAIL).customer_id != ines.pk


def test_the_word_and_the_number_are_asked_for_and_a_reason():
    ines, _ = ines_and_tom(make_workspace())
    asked = {"planned": {}, "by": None, "now": timezone.now()}

    with pytest.raises(erase.NotConfirmed):
        erase.ask_erasure(ines, confirmation="yes", reason="a letter", **asked)
    with pytest.raises(erase.ReasonMissing):
        erase.ask_erasure(ines, confirmation=f"erase {ines.pk}", reason=" ", **asked)

    assert not Tombstone.objects.exists()


def test_a_person_is_erased_once():
    ines, _ = ines_and_tom(make_workspace())
    word, now = f"Erase {ines.pk}", timezone.now()
    erase.ask_erasure(ines, confirmation=word, reason="a letter", planned={}, by=None, now=now)

    with pytest.raises(erase.BeingErased):
        erase.ask_erasure(ines, confirmation=word, reason="a letter", planned={}, by=None, now=now)


def test_a_certificate_names_nobody_and_finds_by_value():
    workspace = make_workspace()
    ines, _ = ines_and_tom(workspace)

    certificate = erase_now(ines, now=timezone.now())

    found = tombstones.was_erased(workspace.pk, "email", EMAIL)
    assert found == certificate
    assert EMAIL not in tombstones.list_file().read_text()
    assert tombstones.was_erased(make_workspace().pk, "email", EMAIL) is None


def test_a_backup_that_was_put_back_is_erased_again(warehouse):
    workspace, now = make_workspace(), timezone.now()
    ines, _ = ines_and_tom(workspace)
    erase_now(ines, now=now)
    Erasure.objects.all().delete()  # the backup knew nothing of it
    tombstones.list_file().rename(tombstones.list_file().with_suffix(".kept"))
    tombstones.known.forget()
    back, _ = ines_and_tom(workspace)
    tombstones.list_file().with_suffix(".kept").rename(tombstones.list_file())

    assert tombstones.restore(now=now) == 1
    erase.carry_out(Erasure.objects.get(), now=now)

    assert not Customer.objects.filter(pk=back.pk).exists()
    assert tombstones.restore(now=now) == 0


def test_done_twice_it_is_done_once():
    workspace, now = make_workspace(), timezone.now()
    ines, _ = ines_and_tom(workspace)
    certificate = erase_now(ines, now=now)
    before = dict(certificate.removed)
    Erasure.objects.update(state="running")  # the worker died before it could say so

    again = erase.carry_out(Erasure.objects.get(), now=now)

    assert (again.state, again.removed) == ("finished", before)


def test_a_namesake_keeps_the_name():
    workspace, now = make_workspace(), timezone.now()
    ines, tom = ines_and_tom(workspace)
    Customer.objects.filter(pk=tom.pk).update(name="Ines Duarte")
    audit.record("consent.changed", subject=tom, by=None, at=now)

    erase_now(ines, now=now)

    tom.refresh_from_db()
    assert tom.name == "Ines Duarte"
