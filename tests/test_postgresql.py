"""The product on a real PostgreSQL, started here and stopped again."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parent.parent

# Runs in a process of its own, because Django's databases are chosen when it starts.
STORY = """
import json, sys
import django; django.setup()
from datetime import timedelta
from wayline.kit import schema
from django.db import connection
from django.utils import timezone
schema.bring_up_to_date()

from wayline.accounts import operations as accounts
from wayline.accounts.models import User
from wayline.audit.models import Activity
from wayline.customers.models import Customer
from wayline.journeys.testing import make_journey
from wayline.kit.tasks import queue
from wayline.kit.tasks.worker import Worker
from wayline.signals.models import JournalEntry
from wayline.signals.testing import make_signal, observe
from django.test import Client

now = timezone.now()
maya = accounts.create_user("maya@northwind.test", name="Maya", password="clouds over Kiel", by=None, now=now)
workspace = accounts.create_workspace("Northwind", by=maya, now=now)
accounts.invite(workspace, email="omar@x.test", role="viewer", by=maya, now=now)
claimed = [len(queue.claim(name, now=now + timedelta(seconds=1))) for name in ("a", "b")]
journey = make_journey(workspace=workspace)
names = ["Order Placed", "Order Shipped", "Order Delivered"]
signals = [
    make_signal(name=name, external_id=f"c{n}", at=now - timedelta(days=9) + timedelta(hours=hour))
    for n in range(40) for hour, name in enumerate(names[: 2 + n % 2])
]
loaded = [observe(workspace, *signals).loaded, observe(workspace, *signals).loaded]
client = Client(SERVER_NAME="localhost")
client.force_login(maya)
pages = {}
areas = ["journeys/", "customers/", "signals/", "metrics/", "settings/people/", "activities/"]
for path in ["", *areas, f"journeys/{journey.pk}/"]:
    pages[path] = client.get(f"/northwind/{path}").status_code
print(json.dumps({
    "vendor": connection.vendor, "loaded": loaded, "claimed": claimed, "pages": pages,
    "customers": Customer.objects.count(), "journal": JournalEntry.objects.exists(),
    "activities": Activity.objects.exists(),
}))
"""


# One process has the stream open, another changes the map: only NOTIFY can tell the first of it.
LIVE_STORY = """
import asyncio, json, os, subprocess, sys, time
import django; django.setup()
from django.contrib.sessions.backends.db import SessionStore
from wayline.kit import schema
from django.utils import timezone
from wayline.accounts.testing import make_member
from wayline.journeys import announcing, operations
from wayline.journeys.models import Placement
from wayline.journeys.testing import make_card, make_journey
from wayline.kit.live import hub
from wayline.kit.live.readers import Person, Reader

if sys.argv[1:]:
    placement = Placement.objects.select_related("journey", "step").get()
    step = placement.step.phase.steps.last()
    operations.move_cards([placement], step=step, by=None, now=timezone.now())
    sys.exit()

schema.bring_up_to_date()
hub.SWEEP_SECONDS = 3600
member = make_member(role="contributor")
journey = make_journey(workspace=member.workspace)
make_card(journey.phases.get().steps.first(), title="The slot is too late")
session = SessionStore(); session.create()

async def watch():
    reader = Reader(
        topic=announcing.topic(journey.pk), user=member.user.pk, session=session.session_key,
        session_hash=member.user.get_session_auth_hash(), person=Person("t", "Noor", "N", 1), last=0,
        loop=asyncio.get_running_loop(),
    )
    hub.HUB.join(reader)
    await asyncio.to_thread(listening)
    other = await asyncio.create_subprocess_exec(sys.executable, "-c", os.environ["STORY"], "change")
    assert await other.wait() == 0
    while True:
        sent = (await asyncio.wait_for(reader.queue.get(), 60)).decode()
        if "hx-partial" in sent:
            return sent

def listening():
    from django.db import connection
    asked = "SELECT count(*) FROM pg_stat_activity WHERE query ILIKE 'LISTEN%'"
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with connection.cursor() as cursor:
            cursor.execute(asked)
            if cursor.fetchone()[0]:
                return connection.close()
        time.sleep(0.05)
    raise SystemExit("nobody listens")

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
print(json.dumps({"heard": asyncio.run(watch())}), flush=True)
os._exit(0)
"""


def told(story: str, postgresql: str, folder: Path) -> dict:
    """What the story says in its last line, told by a process of its own."""
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "wayline.settings",
        "WAYLINE_DATABASE_URL": postgresql,
        "WAYLINE_DATA_DIR": str(folder),
        "WAYLINE_WAREHOUSE_URL": "duckdb://",
        "WAYLINE_LOG_LEVEL": "WARNING",
        "PYTHONPATH": str(ROOT),
        "STORY": story,
    }
    said = subprocess.run(
        [sys.executable, "-c", story], env=environment, capture_output=True, text=True, timeout=300
    )
    assert said.returncode == 0, said.stderr[-4000:]
    return json.loads(said.stdout.splitlines()[-1])


def test_a_journey_of_signals_on_postgresql(postgresql, tmp_path):
    found = told(STORY, postgresql, tmp_path)

    assert {path for path, status in found.pop("pages").items() if status != 200} == set()
    assert found == {
        "vendor": "postgresql",
        "loaded": [100, 0],
        "claimed": [1, 0],
        "customers": 40,
        "journal": True,
        "activities": True,
    }


def test_a_change_by_another_process_is_heard_at_once(postgresql, tmp_path):
    heard = told(LIVE_STORY, postgresql, tmp_path)["heard"]

    assert "The slot is too late" in heard
    assert "<hx-partial" in heard
