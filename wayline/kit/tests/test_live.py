"""Messages, readers and presence; the streams themselves run in the browser journey."""

import asyncio
import threading

import pytest
from django.contrib.auth import get_user_model
from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction
from django.utils import timezone

from wayline.kit import live
from wayline.kit.live import messages, outbox, topics
from wayline.kit.live.hub import Hub
from wayline.kit.live.models import Message
from wayline.kit.live.readers import CLOSED, LONGEST_QUEUE, Person, Reader
from wayline.kit.live.topics import Frame

pytestmark = pytest.mark.django_db
NOW = timezone.now()
TOPIC = "kit.test:1"


class Still(Hub):
    """A hub without a thread: tests hand the messages on themselves."""

    def _start(self):
        pass


@pytest.fixture
def allowed(monkeypatch):
    allowed = set()
    drawn = topics.Topic(
        draw=lambda subject, facts: [Frame(f"{subject}: {[fact['n'] for fact in facts]}")],
        readers=lambda subject, users: allowed & set(users),
    )
    monkeypatch.setitem(topics.TOPICS, "kit.test", drawn)
    return allowed


@pytest.fixture
def hub():
    return Still()


class Loop:
    """Stands where a running loop stands, and does at once what is asked of it."""

    def call_soon_threadsafe(self, call, *arguments):
        call(*arguments)

    def is_closed(self):
        return False


@pytest.fixture
def join(hub, allowed):
    def join(email="noor@x.test", tab="a", last=0):
        user, _ = get_user_model().objects.get_or_create(email=email)
        session = SessionStore()
        session.save()
        allowed.add(user.pk)
        person = Person(tab, email, "N", 1)
        reader = Reader(
            TOPIC, user.pk, session.session_key, user.get_session_auth_hash(), person, last, Loop()
        )
        hub.join(reader)
        return reader

    return join


def taken(reader) -> list[bytes]:
    found = []
    while not reader.queue.empty():
        found.append(reader.queue.get_nowait())
    return [sent for sent in found if b"presence" not in sent]


def test_a_message_is_drawn_once_for_all_who_wait_for_the_same(hub, join):
    first, second = join(), join("maya@x.test", "b")
    message = live.announce(TOPIC, {"n": 1}, now=NOW)

    hub.deliver(TOPIC)
    hub.deliver(TOPIC)

    expected = [f"id: {message.pk}\ndata: 1: [1]\n\n".encode()]
    assert taken(first) == taken(second) == expected


def test_what_its_maker_has_drawn_is_not_drawn_again(hub, join):
    first = join()
    drawn, later = (live.announce(TOPIC, {"n": n}, now=NOW) for n in (1, 2))
    hub.know(TOPIC, [drawn.pk, later.pk], [Frame("as its maker saw it")])
    hub.deliver(TOPIC)
    behind = join("maya@x.test", "b", last=drawn.pk)

    hub.deliver(TOPIC)

    assert taken(first) == [f"id: {later.pk}\ndata: as its maker saw it\n\n".encode()]
    assert taken(behind) == [f"id: {later.pk}\ndata: 1: [2]\n\n".encode()]


def test_whoever_comes_back_gets_what_was_missed(hub, join):
    seen, missed = (live.announce(TOPIC, {"n": n}, now=NOW) for n in (1, 2))
    reader = join(last=seen.pk)

    hub.deliver(TOPIC)

    assert taken(reader) == [f"id: {missed.pk}\ndata: 1: [2]\n\n".encode()]


def test_whoever_was_away_for_too_long_reloads(hub, join):
    live.announce(TOPIC, {"n": 1}, now=NOW)
    live.announce(TOPIC, {"n": 2}, now=NOW)
    last = live.announce(TOPIC, {"n": 3}, now=NOW)
    Message.objects.exclude(pk=last.pk).update(at=NOW - 2 * messages.KEPT)
    messages.prune(now=NOW)
    reader = join(last=0)

    hub.deliver(TOPIC)

    assert taken(reader) == [f"id: {last.pk}\nevent: reload\ndata: \n\n".encode()]


def test_a_message_of_a_change_that_was_rolled_back_was_never_said(hub, join):
    reader = join()
    with transaction.atomic():
        live.announce(TOPIC, {"n": 1}, now=NOW)
        transaction.set_rollback(True)

    hub.deliver(TOPIC)

    assert taken(reader) == []


def closed(reader) -> bool:
    found = taken(reader)
    return found[-1:] == [CLOSED]


def test_who_loses_the_right_gets_no_further_message(hub, join, allowed):
    reader = join()
    allowed.clear()
    live.announce(TOPIC, {"n": 1}, now=NOW)

    hub.deliver(TOPIC)

    assert closed(reader)


def test_signing_out_a_new_password_and_leaving_end_the_stream(hub, join):
    out, renewed, gone = join("a@x.test"), join("b@x.test"), join("c@x.test")
    SessionStore(out.session).delete()
    users = get_user_model().objects
    users.filter(email="b@x.test").update(password="another one entirely")
    users.filter(email="c@x.test").update(is_active=False)

    hub.sweep()

    assert all(closed(reader) for reader in (out, renewed, gone))


def test_presence_ends_with_the_stream(hub, join):
    first, second = join(tab="a"), join("maya@x.test", "b")
    hub.move(TOPIC, tab="a", user=first.user, at="cell-1")
    hub.move(TOPIC, tab="b", user=first.user, at="cell-2")  # somebody else's tab stays where it is
    assert [(person.tab, person.at) for person in hub.people(TOPIC)] == [("b", ""), ("a", "cell-1")]

    hub.leave(second)

    assert [person.tab for person in hub.people(TOPIC)] == ["a"]


def test_a_reader_too_slow_is_let_go_and_catches_up_later(hub, join):
    reader = join()
    for _ in range(LONGEST_QUEUE + 1):
        reader.send(b"x")

    assert reader.is_closed
    assert closed(reader)


def test_a_frame_says_each_line():
    assert Frame("a\nb", event="talk", id=3).encode() == b"id: 3\nevent: talk\ndata: a\ndata: b\n\n"


@pytest.mark.django_db(transaction=True)
def test_a_commit_wakes_the_hub(monkeypatch):
    woken = threading.Event()
    monkeypatch.setattr(outbox.HUB, "wake", lambda topic: woken.set())

    with transaction.atomic():
        live.announce(TOPIC, {}, now=NOW)
        assert not woken.is_set()

    assert woken.is_set()


@pytest.mark.django_db(transaction=True)
def test_others_hear_of_it_when_the_answer_is_drawn(monkeypatch):
    woken = []
    monkeypatch.setattr(outbox.HUB, "wake", woken.append)

    with live.overhearing() as heard:
        with transaction.atomic():
            live.announce(TOPIC, {}, now=NOW)
        assert (len(heard), woken) == (1, [])

    assert woken == [TOPIC]


def test_a_stream_begins_with_what_was_missed_and_leaves_when_it_ends(rf, join, hub, monkeypatch):
    from wayline.kit.live import stream

    request = rf.get("/stream/", {"since": "7", "tab": "t"})
    request.user, request.session = get_user_model().objects.create(email="omar@x.test"), SessionStore()
    monkeypatch.setattr(stream, "HUB", hub)

    async def first():
        frames = stream._frames(request, TOPIC)
        opened = await anext(frames)
        people = [person.tab for person in hub.people(TOPIC)]
        await frames.aclose()
        return opened, people

    opened, people = asyncio.run(first())

    assert opened.startswith(b": open")
    assert (people, hub.people(TOPIC)) == (["t"], [])
