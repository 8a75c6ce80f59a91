"""Many people on one map over the loopback: how long until everybody has a change that one of them makes.

Each person has a session and a live stream of their own; they take turns at moving a card. Measured is the
time from sending the move to its arrival on each of the streams. It ends by itself.
"""

import http.client
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlencode

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402

from benchmarks import timing  # noqa: E402
from wayline.accounts.models import User  # noqa: E402
from wayline.accounts.testing import make_member, make_workspace  # noqa: E402
from wayline.cli import preparing  # noqa: E402
from wayline.journeys.models import Placement, Step  # noqa: E402
from wayline.journeys.testing import make_card, make_journey, make_step  # noqa: E402

PEOPLE = 50
TOKEN = "x" * 32  # of the forms, sent as the cookie and as the header
WAIT_SECONDS = 30


def session_of(user: User) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return session.session_key


class Person(threading.Thread):
    """One stream: notes when each message came in."""

    def __init__(self, port: int, path: str, session: str):
        super().__init__(daemon=True)
        self.port, self.path = port, path
        self.headers = {
            "Cookie": f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={TOKEN}"
        }
        self.came: list[float] = []
        self.is_open = threading.Event()
        self.problem = ""

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        connection.request("GET", f"{self.path}stream/?tab=t{id(self)}&since=0", headers=self.headers)
        answer = connection.getresponse()
        if answer.status != 200:
            self.problem = f"{answer.status} {answer.read(300)!r}"
            self.is_open.set()
            return
        for line in answer:
            if line.startswith(b": open"):
                self.is_open.set()
            if line.startswith(b"id: "):  # one for each message
                self.came.append(time.perf_counter())

    def move(self, placement: int, step: int, base: str) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        body = urlencode({"step": step})
        more = {"X-CSRFToken": TOKEN, "HX-Request": "true"}
        more |= {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", f"{base}cards/{placement}/move/", body, self.headers | more)
        answer = connection.getresponse()
        assert answer.status == 200, (answer.status, answer.read()[:300])


def latencies(people: list[Person], moves: int, placement: int, steps: list[int], base: str) -> list[float]:
    """For every move the seconds until each stream had it."""
    found = []
    for turn in range(1, moves + 1):
        begun = time.perf_counter()
        people[turn % len(people)].move(placement, steps[turn % 2], base)
        patience = begun + WAIT_SECONDS
        while any(len(each.came) < turn for each in people) and time.perf_counter() < patience:
            time.sleep(0.002)
        found += [each.came[turn - 1] - begun for each in people if len(each.came) >= turn]
        assert all(len(each.came) >= turn for each in people), "a stream missed a change"
    return found


def main(folder: Path, moves: int) -> None:
    preparing.prepare()
    workspace = make_workspace()
    journey = make_journey(workspace=workspace, steps=())
    steps = [make_step(journey.phases.get(), key=f"s{n}").pk for n in range(2)]
    make_card(Step.objects.get(pk=steps[0]))
    # Without passwords, whose hashing would take longer than the whole measure.
    users = [User.objects.create(email=f"p{n}@x.test", password=f"!{n}") for n in range(PEOPLE)]
    for user in users:
        make_member(workspace=workspace, user=user, role="contributor")
    sessions = [session_of(user) for user in users]
    port = 8471 + os.getpid() % 1000
    server = subprocess.Popen(
        [sys.executable, "-m", "wayline", "serve", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        base = f"/{workspace.slug}/journeys/"
        wait_for(port)
        people = [Person(port, f"{base}{journey.pk}/", session) for session in sessions]
        for person in people:
            person.start()
        for person in people:
            assert person.is_open.wait(60), "a stream did not open"
            assert not person.problem, person.problem
        found = sorted(latencies(people, moves, Placement.objects.get().pk, steps, base))
        timing.report(wayline=found, p95=[found[int(len(found) * 0.95)]], people=[PEOPLE])
    finally:
        server.terminate()
        server.wait(30)


def wait_for(port: int) -> None:
    patience = time.monotonic() + 120
    while time.monotonic() < patience:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/health")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("the server did not start")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
