"""R-11 and R-14: clocks that jump, more than can be written, and a database that is away."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError

from wayline.accounts.testing import make_workspace
from wayline.signals import journal
from wayline.signals.calls import endpoint
from wayline.signals.models import JournalEntry

from .test_segment_api import key, send, stored, track  # noqa: F401 - a fixture

pytestmark = [
    pytest.mark.django_db(transaction=True, databases="__all__"),
    pytest.mark.usefixtures("warehouse"),
]


class Clock(datetime):
    """The server's clock, which somebody sets while it runs."""

    step = timedelta()

    @classmethod
    def now(cls, zone=None):
        return datetime.now(zone) + cls.step


@pytest.fixture
def clock(monkeypatch):
    monkeypatch.setattr(endpoint, "datetime", Clock)
    yield Clock
    Clock.step = timedelta()


def test_a_server_whose_clock_jumps_stores_each_signal_once(clock, key, warehouse):  # noqa: F811
    batches = [{"batch": [track(messageId=f"{n}-{each}") for each in range(5)]} for n in range(9)]
    for n, batch in enumerate(batches):
        clock.step = timedelta(hours=(0, -1, 1)[n % 3])
        assert send("/v1/batch", batch, key)[0] == 200
    clock.step = timedelta(hours=-1)
    again = [send("/v1/batch", batch, key)[1] for batch in batches]

    rows = stored(warehouse)
    assert all(answer["repeated"] for answer in again)
    assert len({row["key"] for row in rows}) == len(rows) == 45
    now = datetime.now(UTC).replace(tzinfo=None)
    assert all(abs(row["at"] - now) < timedelta(hours=1, minutes=5) for row in rows)


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({"timestamp": "2016-11-22T00:00:00Z"}, "2016-11-22"),
        ({"timestamp": "2036-11-22T00:00:00Z"}, "today"),
        ({"timestamp": "9999-12-31T23:59:59Z"}, "today"),
        ({"timestamp": "1999-12-31T23:59:60Z"}, "1999-12-31"),
        ({"timestamp": "0001-01-01T00:00:00Z"}, "refused"),
        ({"timestamp": "soon"}, "refused"),
        ({"timestamp": None}, "today"),
    ],
)
def test_a_sender_with_a_wrong_clock_is_heard_or_told_why_not(key, warehouse, fields, outcome):  # noqa: F811
    _, answer, _ = send("/v1/batch", {"batch": [track(**fields)]}, key)

    days = [f"{row['at']:%Y-%m-%d}" for row in stored(warehouse)]
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    assert days == ([] if outcome == "refused" else [today if outcome == "today" else outcome])
    assert [each["index"] for each in answer["refused"]] == ([0] if outcome == "refused" else [])


@pytest.mark.parametrize("years", [-10, 10])
def test_a_clock_ten_years_off_is_put_right_by_when_it_sent(key, warehouse, years):  # noqa: F811
    there = datetime.now(UTC) + timedelta(days=365 * years)
    batch = {
        "sentAt": there.isoformat(),
        "batch": [track(timestamp=(there - timedelta(hours=2)).isoformat())],
    }

    send("/v1/batch", batch, key)

    (row,) = stored(warehouse)
    off = row["at"] - (datetime.now(UTC) - timedelta(hours=2)).replace(tzinfo=None)
    assert abs(off) < timedelta(minutes=5)


def test_a_noisy_workspace_is_told_to_wait_and_leaves_room_for_another(monkeypatch, key):  # noqa: F811
    gate, write = threading.Event(), journal._write
    monkeypatch.setattr(journal, "_write", lambda rows: gate.wait(20) and write(rows))
    writer = journal.Writer(waiting=40)
    noisy, quiet = key.workspace_id, make_workspace(slug="quiet").pk

    def put(workspace: int, n: int):
        return writer.put(journal._Row(workspace, "key:1", datetime.now(UTC), 1, 0, b"x", f"{workspace}-{n}"))

    taken, turned_away = [], 0
    for n in range(200):
        try:
            taken.append(put(noisy, n))
        except journal.JournalFull:
            turned_away += 1
    taken += [put(quiet, n) for n in range(15)]
    gate.set()

    assert turned_away >= 150
    assert all(each.result(20).entry for each in taken)
    assert JournalEntry.objects.filter(workspace_id=quiet).count() == 15
    assert put(noisy, 999).result(20).entry  # there is room again


def test_a_batch_that_cannot_be_written_fails_alone_and_gives_its_room_back(monkeypatch, key):  # noqa: F811
    gate, write = threading.Event(), journal._write

    def write_all_but(rows):
        gate.wait(20)
        if any(row.digest == "bad" for row in rows):
            raise ValueError("this cannot be bound")
        return write(rows)

    monkeypatch.setattr(journal, "_write", write_all_but)
    writer = journal.Writer()
    first, good, bad = (
        writer.put(journal._Row(key.workspace_id, "key:1", datetime.now(UTC), 1, 0, b"x", digest))
        for digest in ("first", "good", "bad")
    )
    gate.set()

    assert first.result(20).entry
    assert good.result(20).entry
    with pytest.raises(journal.JournalUnavailable):
        bad.result(20)
    assert (writer._bytes, writer._batches_of[key.workspace_id]) == (0, 0)


def test_a_sender_who_has_gone_does_not_keep_the_others_from_their_answer(monkeypatch, key):  # noqa: F811
    gate = threading.Event()

    def locked(rows):
        gate.wait(20)
        raise OperationalError("database is locked")

    monkeypatch.setattr(journal, "_write", locked)
    writer = journal.Writer()
    gone, waiting = (
        writer.put(journal._Row(key.workspace_id, "key:1", datetime.now(UTC), 1, 0, b"x", digest))
        for digest in ("gone", "waiting")
    )
    gone.cancel()
    gate.set()

    with pytest.raises(journal.JournalUnavailable):
        waiting.result(5)


def test_too_much_is_answered_with_when_to_come_again(monkeypatch, key):  # noqa: F811
    monkeypatch.setattr(journal, "_writer", journal.Writer(waiting=0))

    status, answer, headers = send("/v1/batch", {"batch": [track()]}, key)

    assert (status, headers["retry-after"]) == (429, "1")
    assert "Send this one again" in answer["error"]


def test_a_key_that_cannot_be_looked_up_is_a_503_and_no_error_of_ours(monkeypatch, key):  # noqa: F811
    def away(digest):
        raise OperationalError("connection refused")

    monkeypatch.setattr(endpoint, "_look_up", away)

    status, answer, headers = send("/v1/batch", {"batch": [track()]}, key)

    assert (status, headers["retry-after"]) == (503, "5")
    assert "not stored" in answer["error"]


def test_a_journal_that_hangs_is_not_waited_for_for_ever(monkeypatch, key, warehouse):  # noqa: F811
    gate, write = threading.Event(), journal._write
    monkeypatch.setattr(journal, "_write", lambda rows: gate.wait(20) and write(rows))
    monkeypatch.setattr(journal, "_writer", journal.Writer())
    monkeypatch.setattr(endpoint, "PATIENCE", 0.05)

    status, _, headers = send("/v1/batch", {"batch": [track()]}, key)
    gate.set()
    monkeypatch.setattr(endpoint, "PATIENCE", 20)
    again = send("/v1/batch", {"batch": [track()]}, key)

    assert (status, headers["retry-after"]) == (503, "5")
    assert again[0] == 200
    assert len(stored(warehouse)) == 1
