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


# Writes people, erases one, looks into every table, and backs up. The restore is another process's.
BACKUP_STORY = """
import json, os
import django; django.setup()
from pathlib import Path
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
call_command("migrate", verbosity=0, interactive=False)

from wayline.accounts.testing import make_workspace
from wayline.customers.models import Identity
from wayline.exports.backups import taking
from wayline.signals import journal
from wayline.signals.models import JournalEntry
from wayline.signals.rights.testing import erase_now
from wayline.signals.testing import make_signal, observe

workspace, now = make_workspace(), timezone.now()
for who in ("ines", "omar"):
    told = {"name": f"{who.title()} Duarte"}
    observe(workspace, make_signal(
        kind="identify", name="Identify", external_id=f"{who}-4711", email=f"{who}@shop.test", traits=told
    ))
    observe(workspace, make_signal(external_id=f"{who}-4711", text=f"a gift for the aunt of {who}"))

def holding(needle):
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            asked = f'SELECT count(*) FROM "{table}" AS rows WHERE rows::text ILIKE %s'
            cursor.execute(asked, [f"%{needle}%"])
            found += [table] * (cursor.fetchone()[0] > 0)
    said = [str(journal.decode(bytes(entry.body))) for entry in JournalEntry.objects.all()]
    return found + ["journal"] * any(needle in each.lower() for each in said)

before = holding("ines-4711")
certificate = erase_now(Identity.objects.get(value="ines@shop.test").customer, now=now)
after = [table for needle in ("ines-4711", "ines@shop.test", "ines duarte") for table in holding(needle)]
counts = taking.take(Path(os.environ["WAYLINE_DATA_DIR"]) / "backup", now=now)["counts"]
print(json.dumps({
    "before": len(before), "after": after, "state": certificate.state, "left": certificate.left,
    "counts": counts, "omar": len(holding("omar-4711")),
}))
"""
RESTORE_STORY = """
import contextlib, io, json, sys
from wayline import cli
told = io.StringIO()
with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
    codes = [cli.main(["restore", sys.argv[1]]), cli.main(["restore", sys.argv[1]])]
from wayline.customers.models import Identity
from wayline.signals import load
from wayline.signals.models import JournalEntry
from wayline.warehouse import connect
signals = connect.table("signals")
print(json.dumps({
    "codes": codes, "said": told.getvalue(), "journal": JournalEntry.objects.count(),
    "people": sorted(Identity.objects.values_list("value", flat=True)),
    "signals": connect.current().run(signals.select("text"))["text"].to_pylist(),
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


def told(story: str, postgresql: str, folder: Path, *words: str, **environment: str) -> dict:
    """What the story says in its last line, told by a process of its own."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "wayline.settings",
        "WAYLINE_DATABASE_URL": postgresql,
        "WAYLINE_DATA_DIR": str(folder),
        "WAYLINE_WAREHOUSE_URL": "duckdb://",
        "WAYLINE_LOG_LEVEL": "WARNING",
        "PYTHONPATH": str(ROOT),
        "STORY": story,
        **environment,
    }
    said = subprocess.run(
        [sys.executable, "-c", story, *words], env=environment, capture_output=True, text=True, timeout=300
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


def test_somebody_erased_leaves_nothing_and_a_backup_comes_back_elsewhere(postgresql_cluster, tmp_path):
    first, second = (postgresql_cluster.database(name) for name in ("backed_up", "put_back"))
    homes = [tmp_path / "first", tmp_path / "second"]
    signals = [{"WAYLINE_WAREHOUSE_URL": f"duckdb:///{home}/signals.duckdb"} for home in homes]

    found = told(BACKUP_STORY, first, homes[0], **signals[0])
    # Options of the address go to PostgreSQL's programs too.
    back = told(RESTORE_STORY, f"{second}?sslmode=disable", homes[1], str(homes[0] / "backup"), **signals[1])

    assert found["before"]
    assert found["omar"]
    assert (found["after"], found["state"], found["left"]) == ([], "finished", {})
    assert back["codes"] == [0, 1]
    assert "holds tables already" in back["said"] or "Set WAYLINE_DATA_DIR" in back["said"]
    assert found["counts"]["journal"] == back["journal"]
    assert back["people"] == ["omar-4711", "omar@shop.test"]
    assert back["signals"] == ["a gift for the aunt of omar"]
