from datetime import UTC, datetime

import pytest

from wayline.signals import journal
from wayline.signals.models import JournalEntry
from wayline.signals.testing import make_signal

pytestmark = pytest.mark.django_db(databases="__all__")
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def rows_of(*digests: str, workspace: int = 1) -> list:
    return [journal._row(workspace, "key:1", [make_signal()], NOW, (), None, digest) for digest in digests]


def test_batches_of_one_commit_get_numbers_in_their_order():
    first, second, third = journal._write(rows_of("a", "b", "c"))

    assert [each.is_repeat for each in (first, second, third)] == [False] * 3
    assert first.entry < second.entry < third.entry
    assert list(journal_entries()) == [(first.entry, "a"), (second.entry, "b"), (third.entry, "c")]


@pytest.mark.parametrize(
    "again", [("a",), ("a", "b"), ("c", "a"), ("a", "c"), ("c", "b", "d", "c"), ("d", "d")]
)
def test_batches_known_already_are_told_from_new_ones_of_the_same_commit(again):
    known = {"a", "b"}
    journal._write(rows_of("a", "b"))

    receipts = journal._write(rows_of(*again))

    numbers = {digest: entry for entry, digest in journal_entries()}
    for digest, receipt in zip(again, receipts, strict=True):
        assert receipt == journal.Receipt(numbers[digest], is_repeat=digest in known)
        known.add(digest)


def test_equal_bytes_in_two_workspaces_are_two_batches():
    one, other = journal._write([*rows_of("a", workspace=1), *rows_of("a", workspace=2)])

    assert not one.is_repeat
    assert not other.is_repeat
    assert one.entry != other.entry


def journal_entries():
    return JournalEntry.objects.order_by("pk").values_list("pk", "digest")
