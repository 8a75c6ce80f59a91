"""Upgrades that are cut off, that fail, and that have no room; `--kills 50` for the long run."""

import json
import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.db.migrations import (
    AddField,
    AddIndex,
    DeleteModel,
    Migration,
    RemoveField,
    RenameField,
    RenameModel,
)
from django.db.models import Index, TextField
from django.db.utils import OperationalError

import wayline
from wayline.kit import upgrading

KILLED = """
import django; django.setup()
import json, os, random, signal, sys, time
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from wayline.kit import schema, upgrading

def columns(name):
    with connections[name].cursor() as cursor:
        tables = sorted(connections[name].introspection.table_names(cursor))
        described = connections[name].introspection.get_table_description
        return {table: sorted(each.name for each in described(cursor, table)) for table in tables}

def anew():
    if sys.argv[2] == "step":
        call_command("migrate", "exports", "0002_schedules", verbosity=0)
        return
    connections.close_all()
    for name in settings.DATABASES:
        path = str(connections[name].settings_dict["NAME"])
        for end in ("", "-wal", "-shm"):
            if os.path.exists(path + end):
                os.unlink(path + end)

def fail():
    with connections["default"].cursor() as cursor:
        cursor.execute("ALTER TABLE exports_schedule ADD COLUMN cleared_by_id integer")
        try:
            schema.bring_up_to_date()
        except upgrading.MigrationFailed as error:
            said = str(error)
        cursor.execute("ALTER TABLE exports_schedule DROP COLUMN cleared_by_id")
    return said, upgrading.lacking("default")

schema.bring_up_to_date()
told = []
wanted = {name: columns(name) for name in settings.DATABASES}
kills, met, longest, failed = 0, set(), 0.5 if sys.argv[2] == "step" else 6.0, None
anew()
if sys.argv[2] == "step":
    failed = fail()
while kills < int(sys.argv[1]) or schema.lacking():
    if not schema.lacking():
        anew()
    connections.close_all()
    began, child = time.monotonic(), os.fork()
    if not child:
        for name in settings.DATABASES:
            upgrading.migrate(name)
        os._exit(0)
    if kills < int(sys.argv[1]):
        time.sleep(random.uniform(0.01, longest))
        os.kill(child, signal.SIGKILL)
        kills += 1
    os.waitpid(child, 0)
    met.add(sum(map(len, map(upgrading.lacking, settings.DATABASES))))
verdicts = []
for name in settings.DATABASES:
    with connections[name].cursor() as cursor:
        cursor.execute("PRAGMA integrity_check")
        verdicts.append(cursor.fetchone()[0])
call_command("migrate", "exports", "0002_schedules", verbosity=0)
schema.bring_up_to_date(tell=told.append)
print(json.dumps({"kills": kills, "places": len(met), "lacking": schema.lacking(), "integrity": verdicts,
                  "failed": failed, "told": "".join(told),
                  "same": {name: columns(name) for name in settings.DATABASES} == wanted}))
"""


def ran(program: str, folder: Path, *given: str):
    environment = os.environ | {
        "WAYLINE_DATA_DIR": str(folder),
        "WAYLINE_DATABASE_URL": f"sqlite:///{folder}/wayline.sqlite3",
        "DJANGO_SETTINGS_MODULE": "wayline.settings",
        "PYTHONPATH": str(Path(__file__).resolve().parents[3]),
    }
    done = subprocess.run(
        [sys.executable, "-c", program, *given],
        env=environment,
        capture_output=True,
        text=True,
        timeout=3_000,
    )
    assert done.returncode == 0, done.stderr[-3_000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_an_upgrade_that_would_fill_the_disk_is_not_begun(tmp_path, monkeypatch):
    path = tmp_path / "wayline.sqlite3"
    path.write_bytes(bytes(3_000_000))
    waits_for(monkeypatch, path, operations=[AddField("journey", "mood", TextField(default=""))])

    with pytest.raises(upgrading.NoRoom, match="3 MB.*7 MB more; 6 MB are free.*Nothing was changed"):
        upgrading.migrate("default")


def test_an_index_needs_less_room_than_a_copy(tmp_path, monkeypatch):
    path = tmp_path / "wayline.sqlite3"
    path.write_bytes(bytes(3_000_000))
    waits_for(monkeypatch, path, operations=[AddIndex("journey", Index(fields=["name"], name="by_name"))])
    begun = []
    monkeypatch.setattr(upgrading, "call_command", lambda *_, **__: begun.append(True))

    upgrading.migrate("default")

    assert begun


def waits_for(monkeypatch, path: Path, *, operations: list) -> None:
    """A step of the journeys waits, and 6 MB are free."""
    step = Migration("0099_mood", "journeys")
    step.operations = operations
    connection = SimpleNamespace(vendor="sqlite", settings_dict={"NAME": path})
    monkeypatch.setattr(upgrading, "connections", {"default": connection})
    monkeypatch.setattr(upgrading, "_plan", lambda _: [step])
    monkeypatch.setattr(upgrading, "LEAST_BYTES", 1_000_000)
    monkeypatch.setattr(upgrading.shutil, "disk_usage", lambda _: SimpleNamespace(free=6_000_000))


def test_a_step_that_fails_is_named_with_what_to_do(monkeypatch):
    def fails(*_, **__):
        raise OperationalError("duplicate column name: mood\nand more")

    monkeypatch.setattr(upgrading, "call_command", fails)
    monkeypatch.setattr(upgrading, "_plan", lambda _: [Migration("0012_mood", "signals")])
    monkeypatch.setattr(upgrading, "_check_room", lambda *_: None)
    monkeypatch.setattr(upgrading, "lacking", lambda _: ["signals.0012_mood", "signals.0013_more"])

    with pytest.raises(upgrading.MigrationFailed) as failed:
        upgrading.migrate("default")

    assert str(failed.value).startswith(
        "signals.0012_mood and 1 more could not be carried out: duplicate column name: mood. Nothing"
    )
    assert "wayline init again" in str(failed.value)


def test_no_step_takes_away_what_the_version_before_still_reads():
    """Servers of that version go on while a database is changed: see docs/operating/upgrade.md."""
    taking = (RemoveField, RenameField, DeleteModel, RenameModel)
    files = sorted(Path(wayline.__file__).parent.glob("*/migrations/0*.py"))

    found = []
    for file in files:
        step = import_module(f"wayline.{file.parts[-3]}.migrations.{file.stem}").Migration
        takes = any(isinstance(operation, taking) for operation in step.operations)
        if takes and not getattr(step, "unread_since", ""):
            found.append(f"{file.parts[-3]}.{file.stem}")

    assert len(files) > 50

    assert found == [], "say which release ceased to read it: unread_since = VERSION"


def check(found: dict) -> None:
    print(json.dumps(found))
    assert found["lacking"] == {}
    assert found["same"] is True
    assert set(found["integrity"]) == {"ok"}


@pytest.mark.slow
def test_an_upgrade_that_fails_or_is_killed_goes_on_where_it_stood(tmp_path):
    found = ran(KILLED, tmp_path, "2", "step")

    said, waits = found["failed"]
    assert said.startswith("exports.0003_who_wanted_clear_data could not be carried out: duplicate column")
    assert waits == ["exports.0003_who_wanted_clear_data"]
    check(found)
    assert re.search(
        r"wayline.sqlite3 up to date, 1 step:\n   1 of 1  exports.0003_who_wanted_clear_data \d+\.\d s\n",
        found["told"],
    )


@pytest.mark.slow
def test_so_it_is_along_the_whole_history(tmp_path, pytestconfig):
    if pytestconfig.getoption("kills") < 10:
        pytest.skip("a step of the history costs a second; ask with --kills 50")

    check(ran(KILLED, tmp_path, str(pytestconfig.getoption("kills")), "history"))
