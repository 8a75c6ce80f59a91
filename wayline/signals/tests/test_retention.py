from datetime import timedelta

import pytest
from django.utils import timezone

from wayline.accounts.testing import make_member
from wayline.signals import load, operations, queries, retention
from wayline.signals.models import JournalEntry, LoadedEntry, PrunedEntries
from wayline.signals.testing import make_signal, observe
from wayline.warehouse import connect

pytestmark = pytest.mark.django_db
LATER = timedelta(days=31)


@pytest.fixture(autouse=True)
def thirty_days(settings):
    settings.JOURNAL_DAYS = 30


def filled():
    """A viewer of a workspace in whose journal stand a row, a fact, a repetition and a refusal."""
    member = make_member(role="viewer")
    once = make_signal()
    observe(member.workspace, once, make_signal(kind="identify", traits={"plan": "pro"}))
    observe(member.workspace, once, make_signal(name=""))
    return member


def test_what_was_loaded_long_ago_is_removed_and_still_adds_up(warehouse):
    member = filled()
    before = queries.account(member)

    removed = retention.prune(now=timezone.now() + LATER)

    assert (removed, JournalEntry.objects.count()) == (2, 0)
    assert queries.account(member) == before
    assert before.missing == 0
    assert PrunedEntries.objects.get().received == 4


def test_what_is_recent_or_waits_is_kept(warehouse):
    member = filled()
    assert retention.prune(now=timezone.now()) == 0
    with connect.current().writing() as writer:
        writer.mark(load.JOURNAL, 1)

    retention.prune(now=timezone.now() + LATER)

    assert JournalEntry.objects.visible_to(member).filter(pk__gt=1).exists()


def test_everything_is_kept_unless_somebody_says_how_long(warehouse, settings):
    settings.JOURNAL_DAYS = 0
    filled()

    assert retention.prune(now=timezone.now() + LATER) == 0


def test_entries_that_the_warehouse_lacks_are_kept(warehouse):
    member = filled()
    LoadedEntry.objects.visible_to(member).delete()

    assert retention.prune(now=timezone.now() + LATER) == 0
    assert JournalEntry.objects.count() == 2


def test_a_signal_sent_again_after_its_entry_was_removed_still_counts_once(warehouse):
    member = make_member(role="viewer")
    once = make_signal()
    observe(member.workspace, once)
    retention.prune(now=timezone.now() + LATER)

    assert observe(member.workspace, once).duplicates == 1
    assert queries.account(member).missing == 0


def test_a_pruned_journal_does_not_pretend_to_rebuild_everything(warehouse):
    filled()
    retention.prune(now=timezone.now() + LATER)

    with pytest.raises(load.JournalPruned, match="backup"):
        load.rebuild()


def test_forgetting_a_source_forgets_what_was_pruned_of_it(warehouse):
    member = filled()
    retention.prune(now=timezone.now() + LATER)

    operations.forget_source(member.workspace, source="test", by=None, now=timezone.now())

    assert queries.account(member) == queries.Account(0, 0, 0, 0, 0, 0)
