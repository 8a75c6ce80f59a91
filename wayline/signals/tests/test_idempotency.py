"""Sent again, at once, cut off, restarted, in whatever order and at whatever hour: each id counts once.

A state machine whose model is a set of ids; `--kills 500` for the long run.
"""

import asyncio
import base64
import gzip
import json
from contextlib import ExitStack
from datetime import timedelta
from unittest import mock

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from wayline.accounts.testing import make_key, make_workspace
from wayline.signals import load
from wayline.signals.calls import endpoint
from wayline.warehouse import connect

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")

now = timezone.now
ids = st.lists(st.integers(0, 9).map(lambda n: f"id-{n}"), min_size=1, max_size=6)
# Where a process may end: before the relational part is committed, after it, and with the warehouse's rows
# written and not committed.
MOMENTS = (
    "wayline.signals.load.registry.count",
    "wayline.signals.load.rows.refresh_customers",
    "wayline.signals.load._follow_changes",
)


class KilledError(BaseException):
    """What no `except Exception` on the way catches, as no process catches `kill -9`."""


class Senders(RuleBasedStateMachine):
    def __init__(self, folder):
        super().__init__()
        self.file, self.ahead, self.acknowledged = f"{folder}/{id(self)}.duckdb", timedelta(), set()
        endpoint.keys.clear()
        self.key = make_key(kind="write", workspace=make_workspace())
        self.sent: list[tuple[bytes, set[str]]] = []
        self.process = ExitStack()
        self._start()

    def _start(self) -> None:
        self.warehouse = connect.open(f"duckdb:///{self.file}")
        self.process.callback(self.warehouse.close)
        self.process.enter_context(connect.using(self.warehouse))
        self.process.enter_context(mock.patch.object(timezone, "now", self._now))

    def _now(self):
        return now() + self.ahead

    @initialize(chosen=ids)
    def begin(self, chosen):
        self.send(chosen, is_turned=False, days_late=0)

    @precondition(lambda self: self.sent)
    @rule(which=st.integers(0, 99), days_late=st.integers(0, 40), is_loaded=st.booleans())
    def resend_in_other_bytes(self, which, days_late, is_loaded):
        if is_loaded:
            self.drain()
        self.send(sorted(self.sent[which % len(self.sent)][1]), is_turned=True, days_late=days_late)

    @rule(chosen=ids, is_turned=st.booleans(), days_late=st.integers(0, 40))
    def send(self, chosen, is_turned, days_late):
        at = (self._now() - timedelta(days=days_late)).isoformat()
        calls = [
            {"type": "track", "userId": "ines", "event": "Beat", "messageId": each, "timestamp": at,
             "properties": {"subject": each}}
            for each in chosen
        ]  # fmt: skip
        calls = [dict(reversed(each.items())) for each in reversed(calls)] if is_turned else calls
        self._deliver(json.dumps({"batch": calls}).encode(), set(chosen), 1, is_packed=False)

    @precondition(lambda self: self.sent)
    @rule(which=st.integers(0, 99), times=st.integers(1, 4), is_packed=st.booleans())
    def resend_the_same_bytes_at_once(self, which, times, is_packed):
        self._deliver(*self.sent[which % len(self.sent)], times, is_packed=is_packed)

    def _deliver(self, body: bytes, chosen: set[str], times: int, *, is_packed: bool) -> None:
        answers = asyncio.run(self._post(gzip.compress(body) if is_packed else body, times, is_packed))
        assert answers == [200] * times  # a repeat that is refused would block its sender for ever
        self.sent.append((body, chosen))
        self.acknowledged |= chosen

    async def _post(self, raw: bytes, times: int, is_packed: bool) -> list[int]:
        return await asyncio.gather(*(self._call(raw, is_packed) for _ in range(times)))

    async def _call(self, raw: bytes, is_packed: bool) -> int:
        told = []
        headers = [
            (b"authorization", b"Basic " + base64.b64encode(f"{self.key.secret}:".encode())),
            (b"content-length", str(len(raw)).encode()),
        ]
        headers += [(b"content-encoding", b"gzip")] if is_packed else []

        async def receive():
            return {"type": "http.request", "body": raw, "more_body": False}

        async def collect(message):
            told.append(message)

        scope = {"type": "http", "method": "POST", "path": "/v1/batch", "headers": headers}
        await endpoint.application(scope, receive, collect)
        return told[0]["status"]

    @rule()
    def drain(self):
        load.drain()
        self._agrees()

    @rule(moment=st.sampled_from(MOMENTS))
    def crash_while_loading(self, moment):
        try:
            with mock.patch(moment, side_effect=KilledError):
                load.drain()
        except KilledError:
            self.restart()

    @rule()
    def restart(self):
        self.process.close()
        self._start()

    @rule(hours=st.sampled_from([-2, 1, 30, 24 * 20]))
    def advance_clock(self, hours):
        self.ahead += timedelta(hours=hours)

    def _agrees(self) -> None:
        table = self.warehouse.table("signals")
        mine = table.filter(table.workspace == self.key.workspace_id).select("subject")
        stored = self.warehouse.run(mine)["subject"].to_pylist()
        assert sorted(stored) == sorted(self.acknowledged)

    def teardown(self):
        try:
            load.drain()
            self._agrees()
        finally:
            self.process.close()


def run(folder, examples: int, steps: int) -> None:
    run_state_machine_as_test(
        lambda: Senders(folder),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_whatever_senders_and_servers_do_each_id_counts_once(tmp_path):
    run(tmp_path, 2, 8)


@pytest.mark.slow
def test_so_it_is_in_many_histories(tmp_path, pytestconfig):
    run(tmp_path, max(8, pytestconfig.getoption("kills")), 20)
