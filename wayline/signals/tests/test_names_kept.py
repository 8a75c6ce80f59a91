"""A first start, an upload and a tombstone just before the power goes, on a disk that forgets names too."""

import json
import os
import subprocess
import sys

import pytest

from wayline.kit.tests.forgetful import Disk, served

pytestmark = pytest.mark.slow

BEGIN = """
import io, json
import django; django.setup()
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from wayline.kit import schema
schema.bring_up_to_date()
from wayline.accounts.testing import make_workspace
from wayline.signals import journal
from wayline.signals.imports import run
from wayline.signals.testing import make_signal
from wayline.warehouse import connect
workspace, now = make_workspace(), timezone.now()
picture = default_storage.save("pictures/new/it.webp", ContentFile(b"seen" * 5_000))
table = io.BytesIO(b"email,score\\n" + b"ines@example.org,9\\n" * 2_000)
stored = run.store(workspace, file=table, name="scores.csv", by=None, now=now)
connect.current()
entry = journal.append(workspace.pk, "test", [make_signal()], received_at=now)
print(json.dumps([settings.SECRET_KEY, settings.ERASURE_KEY, picture, stored.pk, entry]), flush=True)
import os, signal
os.kill(os.getpid(), signal.SIGKILL)
"""
GO_ON = """
import json, sys
import django; django.setup()
from django.conf import settings
from django.core.files.storage import default_storage
from wayline.kit import schema
from wayline.signals import load
from wayline.signals.imports.models import Import
from wayline.signals.models import JournalEntry
secret, erasure, picture, stored, entry = json.loads(sys.argv[1])
table = Import.objects.get(pk=stored)
print(json.dumps({
    "keys": (settings.SECRET_KEY, settings.ERASURE_KEY) == (secret, erasure),
    "tables": not schema.lacking(),
    "picture": default_storage.open(picture).read() == b"seen" * 5_000,
    "import": table.path.stat().st_size == table.size == 12 + 19 * 2_000,
    "journal": JournalEntry.objects.filter(pk=entry).exists(),
    "loaded": load.drain().loaded,
}))
"""


def test_what_was_made_for_the_first_time_is_there_after_the_power_went(tmp_path):
    with served(tmp_path, forgets_names=True) as disk:
        found = made_and_found(disk)

    expected = dict.fromkeys(("keys", "tables", "picture", "import", "journal"), True)
    assert found == expected | {"loaded": 1}


def made_and_found(disk: Disk) -> dict:
    """What is there after the power went just behind a first start."""
    given = {"DATA_DIR": str(disk.mounted), "WAREHOUSE_URL": f"duckdb:///{disk.mounted}/signals.duckdb"}
    given["DATABASE_URL"] = f"sqlite:///{disk.mounted}/wayline.sqlite3"
    environment = os.environ | {f"WAYLINE_{name}": value for name, value in given.items()}
    environment["DJANGO_SETTINGS_MODULE"] = "wayline.settings"

    def run(program: str, *values: str) -> str:
        command = [sys.executable, "-c", program, *values]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=240)
        assert done.stdout, done.stderr
        return done.stdout.strip().splitlines()[-1]

    made = run(BEGIN)
    disk.cut()
    disk.unmount()
    disk.power_up()
    return json.loads(run(GO_ON, made))
