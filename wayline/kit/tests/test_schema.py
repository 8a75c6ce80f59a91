"""A new database is made at once; it must be the one that the migrations lead to."""

import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

BASE = Path(__file__).resolve().parents[3]
AT_ONCE = "import django; django.setup(); from wayline.kit import schema; schema.bring_up_to_date()"
STEP_BY_STEP = """
import django; django.setup()
from django.conf import settings
from django.core.management import call_command
for name in settings.DATABASES:
    call_command("migrate", database=name, verbosity=0)
"""
KILLED = """
import os, signal, django; django.setup()
from django.db.backends.sqlite3.schema import DatabaseSchemaEditor as Editor
from wayline.kit import schema
make, made = Editor.create_model, []
def create_model(self, model):
    made.append(model)
    if len(made) == 30:
        os.kill(os.getpid(), signal.SIGKILL)
    make(self, model)
Editor.create_model = create_model
schema.bring_up_to_date()
"""


def run(program: str, home: Path, *, check: bool = True) -> int:
    settings = {"WAYLINE_DATA_DIR": str(home), "DJANGO_SETTINGS_MODULE": "wayline.settings"}
    home.mkdir(exist_ok=True)
    environment = os.environ | settings
    return subprocess.run(
        [sys.executable, "-c", program], cwd=BASE, env=environment, check=check, timeout=300
    ).returncode


def tables(file: Path) -> dict[str, set[str]]:
    """What each table is made of: columns, constraints, and the indexes with their own words."""
    found: dict[str, set[str]] = {}
    with sqlite3.connect(file) as connection:
        rows = connection.execute("SELECT type, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        for kind, table, sql in rows:
            parts = split(sql[sql.index("(") + 1 : sql.rindex(")")]) if kind == "table" else [sql]
            found.setdefault(table, set()).update(parts)
    return found


def split(body: str) -> list[str]:
    """At the commas that stand in no bracket."""
    parts, depth = [""], 0
    for piece in re.split(r"([(),])", body):
        depth += (piece == "(") - (piece == ")")
        if piece == "," and not depth:
            parts.append("")
        else:
            parts[-1] += piece
    return [part.strip() for part in parts]


def migrations(file: Path) -> set[tuple[str, str]]:
    with sqlite3.connect(file) as connection:
        return set(connection.execute("SELECT app, name FROM django_migrations"))


@pytest.mark.slow
def test_at_once_and_step_by_step_end_at_the_same_tables(tmp_path):
    run(AT_ONCE, tmp_path / "new")
    run(STEP_BY_STEP, tmp_path / "old")

    for name in ("wayline.sqlite3", "journal.sqlite3"):
        new, old = tmp_path / "new" / name, tmp_path / "old" / name
        assert tables(new) == tables(old)
        assert migrations(new) == migrations(old)
    assert len(tables(tmp_path / "new" / "wayline.sqlite3")) > 60


@pytest.mark.slow
def test_who_is_killed_while_tables_are_made_begins_anew(tmp_path):
    assert run(KILLED, tmp_path, check=False) == -9
    assert not tables(tmp_path / "wayline.sqlite3")

    run(AT_ONCE, tmp_path)
    assert len(tables(tmp_path / "wayline.sqlite3")) > 60
