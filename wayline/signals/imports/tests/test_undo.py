"""Undoing an import gives customers whom others know back what they were, and says what it cannot."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from wayline.accounts.testing import make_user, make_workspace
from wayline.customers.models import Company, Customer, Identity, Member, Merge
from wayline.signals import journal, load
from wayline.signals import operations as signals
from wayline.signals.imports import cleaning
from wayline.signals.imports import run as runs
from wayline.signals.imports.models import Import
from wayline.signals.imports.testing import MAPPING, make_import, run_import
from wayline.signals.vocabulary import IDENTIFY, Kind, Signal

pytestmark = [
    pytest.mark.django_db(transaction=True, databases="__all__"),
    pytest.mark.usefixtures("warehouse"),
]
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
JOINING = "who,mail,plan,at\nines,ines@example.com,gold,2026-03-03 10:00:00\n"
JOINING_MAPPING = """
defaults: {external_id: who, email: mail}
signals:
  - {kind: behavior, name: Visited, at: at}
customers:
  - {traits: [plan]}
"""


def tell(workspace, *told, source="server:1") -> None:
    """Signals from elsewhere, loaded."""
    signals_ = [
        Signal(kind=kind, name="Told", at=MONDAY, key=f"{source}:{id(each)}:{n}", **each)
        for n, (kind, each) in enumerate(told)
    ]
    journal.append(workspace.pk, source, signals_, received_at=timezone.now())
    load.drain()


def whose(value: str) -> int:
    return Identity.objects.get(value=value).customer_id


def rows_of(warehouse, customer: int) -> int:
    return sum(row["customer"] == customer for row in warehouse.run(warehouse.table("signals")).to_pylist())


@pytest.fixture
def two_known():
    """Somebody known by an id and somebody known by a mail address, each with a signal of their own."""
    workspace = make_workspace()
    tell(
        workspace,
        (Kind.BEHAVIOR, {"external_id": "ines"}),
        (Kind.BEHAVIOR, {"email": "ines@example.com"}),
    )
    return workspace


def test_undo_parts_whom_the_import_joined(two_known, warehouse):
    run = run_import(make_import(content=JOINING, workspace=two_known), JOINING_MAPPING)
    joined = whose("ines") == whose("ines@example.com")

    runs.undo(run, by=None, now=timezone.now())

    assert joined
    assert whose("ines") != whose("ines@example.com")
    assert [rows_of(warehouse, whose(value)) for value in ("ines", "ines@example.com")] == [1, 1]
    assert [each.traits for each in Customer.objects.all()] == [{}, {}]
    assert (Merge.objects.count(), run.stays) == (0, [])


def test_undo_takes_the_values_back_that_only_the_import_knew():
    workspace = make_workspace()
    tell(workspace, (Kind.BEHAVIOR, {"external_id": "ines"}))
    run = run_import(make_import(content=JOINING, workspace=workspace), JOINING_MAPPING)

    runs.undo(run, by=None, now=timezone.now())

    assert list(Identity.objects.values_list("value", flat=True)) == ["ines"]


def test_what_another_source_has_named_since_stays():
    workspace = make_workspace()
    tell(workspace, (Kind.BEHAVIOR, {"external_id": "ines"}))
    run = run_import(make_import(content=JOINING, workspace=workspace), JOINING_MAPPING)
    tell(workspace, (Kind.BEHAVIOR, {"external_id": "ines", "email": "ines@example.com"}))

    runs.undo(run, by=None, now=timezone.now())

    assert whose("ines@example.com") == whose("ines")


def test_a_merge_below_a_later_one_stays_and_the_page_says_why(two_known):
    run = run_import(make_import(content=JOINING, workspace=two_known), JOINING_MAPPING)
    tell(two_known, (Kind.BEHAVIOR, {"external_id": "older"}))
    older, ines = (Customer.objects.get(pk=whose(value)) for value in ("older", "ines"))
    Customer.objects.filter(pk=older.pk).update(first_seen_at=MONDAY - timedelta(days=9))
    signals.join_customers(older, ines, reason="Maya knows them.", by=make_user(), now=timezone.now())

    runs.undo(run, by=None, now=timezone.now())

    assert "has been joined with another since" in run.stays[0]
    assert run.state == "undone"


def test_the_companies_an_import_told_of_go_with_it():
    workspace = make_workspace()
    tell(
        workspace,
        (IDENTIFY, {"external_id": "ines", "traits": {"group.id": "acme", "group.name": "Acme"}}),
        (Kind.BEHAVIOR, {"external_id": "tom"}),
    )
    content = "who,firm,at\ntom,acme,2026-03-03\ntom,borg,2026-03-03\n"
    mapping = 'defaults: {external_id: who}\ncustomers:\n  - {traits: {"group.id": firm}}\n'
    run = run_import(make_import(content=content, workspace=workspace), mapping)
    before = sorted(Member.objects.values_list("company__external_id", flat=True))

    runs.undo(run, by=None, now=timezone.now())

    assert before == ["acme", "acme", "borg"]
    assert [str(company) for company in Company.objects.all()] == ["Acme"]
    assert Member.objects.get().customer_id == whose("ines")


def test_old_drafts_and_files_are_cleaned(files):
    now = timezone.now()
    draft, fresh = make_import(), make_import()
    done = run_import(make_import(), MAPPING)
    (files / "imports" / "1" / "left-behind").mkdir(parents=True)
    Import.objects.filter(pk=draft.pk).update(created_at=now - timedelta(days=8))

    soon = cleaning.clean(now=now)
    later = cleaning.clean(now=now + timedelta(days=31))

    assert (soon, later) == ((1, 0), (1, 2))
    assert not Import.objects.filter(pk__in=[draft.pk, fresh.pk]).exists()
    done.refresh_from_db()
    assert done.files_removed_at is not None
    assert not [path for path in files.rglob("*") if path.is_file()]


def test_an_import_whose_file_is_gone_cannot_be_tried_again():
    run = make_import()
    Import.objects.filter(pk=run.pk).update(state="failed", files_removed_at=timezone.now())
    run.refresh_from_db()

    with pytest.raises(runs.ImportStateConflict, match="bring the file again"):
        runs.retry(run, by=None, now=timezone.now())
