"""The way in as programs see it: requests to the ASGI application, without a socket."""

import asyncio
import base64
import gzip
import json

import pytest

from wayline.accounts.testing import make_key, make_workspace
from wayline.signals import load
from wayline.signals.calls import endpoint
from wayline.signals.models import JournalEntry, RefusedSignal

pytestmark = [
    pytest.mark.django_db(transaction=True, databases="__all__"),
    pytest.mark.usefixtures("warehouse"),
]


@pytest.fixture
def key():
    endpoint.keys.clear()
    return make_key(kind="write", workspace=make_workspace())


def send(path: str, body, key=None, *, method: str = "POST", headers=()) -> tuple[int, dict, dict]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = [(name.encode(), value.encode()) for name, value in headers]
    if key:
        given.append((b"authorization", b"Basic " + base64.b64encode(f"{key.secret}:".encode())))
    given.append((b"content-length", str(len(raw)).encode()))
    sent = []

    async def receive():
        return {"type": "http.request", "body": raw, "more_body": False}

    async def collect(message):
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "headers": given}
    asyncio.run(endpoint.application(scope, receive, collect))
    answered = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], json.loads(sent[1]["body"]), answered


def track(**fields) -> dict:
    return {"type": "track", "userId": "ines", "event": "Order Placed", "messageId": "m1"} | fields


def stored(warehouse) -> list[dict]:
    load.drain()
    return warehouse.run(warehouse.table("signals").order_by("seq")).to_pylist()


def test_a_batch_is_on_disk_when_it_is_answered(key):
    status, answer, _ = send("/v1/batch", {"batch": [track()]}, key)

    assert (status, answer["success"], answer["accepted"], answer["refused"]) == (200, True, 1, [])
    assert JournalEntry.objects.get().count == 1


def test_the_same_bytes_sent_again_are_acknowledged_and_stored_once(key, warehouse):
    first = send("/v1/batch", {"batch": [track()]}, key)
    second = send("/v1/batch", {"batch": [track()]}, key)

    assert (first[1]["repeated"], second[1]["repeated"]) == (False, True)
    assert len(stored(warehouse)) == 1


def test_a_message_in_another_batch_counts_once(key, warehouse):
    send("/v1/batch", {"batch": [track()], "sentAt": "2026-03-02T09:00:00Z"}, key)
    send("/v1/batch", {"batch": [track(), track(messageId="m2")]}, key)

    assert [row["name"] for row in stored(warehouse)] == ["Order Placed", "Order Placed"]


def test_what_cannot_be_understood_is_named_by_its_place_and_kept_as_refused(key, warehouse):
    calls = [
        track(),
        track(messageId="m2", event=None),
        {"type": "wave"},
        track(messageId="m3", properties=7),
    ]

    status, answer, _ = send("/v1/batch", {"batch": calls}, key)

    assert (status, answer["accepted"]) == (200, 1)
    assert [each["index"] for each in answer["refused"]] == [1, 2, 3]
    assert 'needs "event"' in answer["refused"][0]["reason"]
    assert len(stored(warehouse)) == 1
    assert list(RefusedSignal.objects.order_by("index").values_list("index", flat=True)) == [1, 2, 3]


def test_a_single_call_that_cannot_be_understood_is_a_400(key):
    status, answer, _ = send("/v1/track", {"userId": "ines"}, key)

    assert status == 400
    assert 'needs "event"' in answer["error"]


def test_a_compressed_batch_is_unpacked(key):
    body = gzip.compress(json.dumps({"batch": [track()]}).encode())

    assert send("/v1/batch", body, key, headers=[("content-encoding", "gzip")])[1]["accepted"] == 1


def test_a_compressed_bomb_is_refused_before_it_is_unpacked(key):
    bomb = gzip.compress(b" " * 50_000_000)

    status, answer, _ = send("/v1/batch", bomb, key, headers=[("content-encoding", "gzip")])

    assert status == 400
    assert "500,000 bytes; split it" in answer["error"]


@pytest.mark.parametrize("cut", [b"\x1f\x8b", gzip.compress(b"{}", mtime=0)[:-6], b"\x1f\x8bnonsense"])
def test_broken_gzip_is_a_400(key, cut):
    assert send("/v1/batch", cut, key, headers=[("content-encoding", "gzip")])[0] == 400


def test_a_call_that_is_too_long_is_refused_and_the_others_are_kept(key):
    calls = [track(), track(messageId="m2", properties={"note": "x" * 40_000})]

    status, answer, _ = send("/v1/batch", {"batch": calls}, key)

    assert (status, answer["accepted"]) == (200, 1)
    assert "a call may have 32,000" in answer["refused"][0]["reason"]


def test_a_request_too_long_to_read_is_a_413(key):
    assert send("/v1/batch", b" " * 4_000_001, key)[0] == 413


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"batch": 7}', b"\xff\xfe", b'{"batch": [{]}', b"[" * 100_000]
)
def test_a_body_that_is_no_batch_is_a_400_that_says_why(key, body):
    status, answer, _ = send("/v1/batch", body, key)

    assert status == 400
    assert answer["error"]


def test_a_key_may_stand_in_the_body(key):
    assert send("/v1/track", track(writeKey=key.secret))[0] == 200


def test_without_a_key_nothing_is_taken(key):
    status, answer, headers = send("/v1/batch", {"batch": [track()]})

    assert status == 401
    assert "write key" in answer["error"]
    assert "www-authenticate" in headers
    assert not JournalEntry.objects.exists()


def test_a_revoked_key_stops_working_within_five_seconds(key):
    from django.utils import timezone

    now = [0.0]
    endpoint.keys._clock = lambda: now[0]
    assert send("/v1/track", track(), key)[0] == 200
    key.revoked_at = timezone.now()
    key.save()

    now[0] = 5.1

    assert send("/v1/track", track(messageId="m2"), key)[0] == 401


def test_an_api_key_needs_a_role_that_may_write(key):
    reads = make_key(role="viewer", workspace=key.workspace)
    writes = make_key(role="contributor", workspace=key.workspace)

    assert send("/v1/track", track(), reads)[0] == 401
    assert send("/v1/track", track(), writes)[0] == 200


def test_signals_of_one_workspace_are_its_own(key, warehouse):
    other = make_key(kind="write")
    send("/v1/track", track(), key)
    send("/v1/track", track(), other)

    rows = stored(warehouse)

    assert {row["workspace"] for row in rows} == {key.workspace_id, other.workspace_id}
    assert len({row["customer"] for row in rows}) == 2


def test_browsers_may_ask_first():
    status, _, headers = send("/v1/batch", b"", method="OPTIONS")

    assert status == 200
    assert headers["access-control-allow-origin"] == "*"


def test_a_wrong_path_and_a_wrong_method_say_so(key):
    assert send("/v1/teleport", {}, key)[0] == 404
    assert send("/v1/batch", b"", key, method="GET")[0] == 405


def test_a_score_with_its_scale_is_an_answer(key, warehouse):
    properties = {
        "score": "9",
        "scale": "nps",
        "text": "Quick.",
        "step": "set-up",
        "channel": "email",
        "q": {"n": 1},
    }
    send("/v1/track", track(event="Survey Answered", properties=properties), key)

    (row,) = stored(warehouse)

    assert (row["kind"], row["score"], row["scale"], row["text"]) == ("answer", 9.0, "nps", "Quick.")
    assert (row["step"], row["channel"], dict(row["properties"])) == ("set-up", "email", {"q.n": "1"})


def test_an_order_carries_its_subject_and_value(key, warehouse):
    send("/v1/track", track(properties={"order_id": "o-7", "revenue": 49.5, "items": [1, 2]}), key)

    (row,) = stored(warehouse)

    assert (row["subject"], row["value"]) == ("o-7", 49.5)
    assert dict(row["properties"])["items"] == "[1,2]"


def test_a_kind_may_be_named(key, warehouse):
    send("/v1/track", track(event="Ticket Opened", properties={"kind": "contact", "ticket_id": 7}), key)

    (row,) = stored(warehouse)

    assert (row["kind"], row["subject"]) == ("contact", "7")


def test_a_slow_clock_is_corrected_by_when_it_says_it_sent(key, warehouse):
    send(
        "/v1/batch",
        {"batch": [track(timestamp="2020-01-01T00:00:00Z")], "sentAt": "2020-01-01T01:00:00Z"},
        key,
    )

    (row,) = stored(warehouse)

    assert 3599 < (row["received_at"] - row["at"]).total_seconds() < 3601


def test_identify_group_and_alias_change_the_profile_and_leave_no_row(key, warehouse):
    send("/v1/track", {"anonymousId": "a1", "event": "Visited"}, key)
    send("/v1/identify", {"userId": "ines", "traits": {"email": "Ines@Example.com", "plan": "pro"}}, key)
    send("/v1/group", {"userId": "ines", "groupId": "g1", "traits": {"name": "Fern"}}, key)
    send("/v1/alias", {"userId": "ines", "previousId": "a1"}, key)

    (row,) = stored(warehouse)

    customer = key.workspace.customers.get(merged_into=None)
    assert row["customer"] == customer.pk
    assert customer.email == "ines@example.com"
    assert customer.traits == {
        "email": "Ines@Example.com",
        "plan": "pro",
        "group.id": "g1",
        "group.name": "Fern",
    }


def test_who_has_not_consented_leaves_nothing_but_the_reason(key, warehouse):
    context = {"consent": {"categoryPreferences": {"Analytics": False}}}

    _, answer, _ = send("/v1/batch", {"batch": [track(context=context)]}, key)

    assert "not consented" in answer["refused"][0]["reason"]
    assert stored(warehouse) == []
    assert RefusedSignal.objects.get().excerpt == ""


def test_card_numbers_never_reach_the_disk(key, warehouse):
    text = "My card 4111 1111 1111 1111 was charged twice"
    send("/v1/track", track(properties={"comment": text, "order_id": "4111111111111111"}), key)

    (row,) = stored(warehouse)

    assert row["text"] == "My card [card ending 1111] was charged twice"
    assert row["subject"] == "4111111111111111"


def test_a_full_disk_is_a_503_that_asks_to_come_back(key, monkeypatch):
    from django.db import OperationalError

    from wayline.signals import journal

    def full(rows):
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(journal, "_write", full)

    status, answer, headers = send("/v1/track", track(), key)

    assert (status, headers["retry-after"]) == (503, "5")
    assert "disk is full" in answer["error"]


def test_a_full_queue_is_a_429_that_asks_to_come_back(key, monkeypatch):
    from wayline.signals import journal

    monkeypatch.setattr(journal, "_writer", journal.Writer(waiting_bytes=1))

    status, _, headers = send("/v1/track", track(), key)

    assert (status, headers["retry-after"]) == (429, "1")
