"""A backup of a server that takes signals, put back elsewhere, and damaged."""

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from wayline.exports.backups import progress, restoring, taking
from wayline.signals.tests.running import Server, calls

pytestmark = pytest.mark.slow
ERASE = """
import django; django.setup()
from django.utils import timezone
from wayline.customers.models import Identity
from wayline.signals.rights.testing import erase_now
found = Identity.objects.filter(kind="external_id").order_by("pk").first()
value = found.value
erase_now(found.customer, now=timezone.now())
print(value)
"""
WHO_IS_THERE = """
import django, json; django.setup()
from wayline.customers.models import Identity
print(json.dumps(list(Identity.objects.values_list("value", flat=True))))
"""


def wayline(server: Server, *words: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "wayline", *words]
    return subprocess.run(
        command, env=server.environment, capture_output=True, text=True, timeout=240, check=False
    )


def flipped(path: Path) -> bytes:
    content = path.read_bytes()
    path.write_bytes(content[:-40] + bytes([content[-40] ^ 1]) + content[-39:])
    return content


def test_a_backup_under_load_comes_back_whole_elsewhere(tmp_path):
    homes = [tmp_path / "first", tmp_path / "second"]
    for home in homes:
        home.mkdir()
    server, backup = Server(homes[0]), tmp_path / "backup"
    acknowledged: list[str] = []
    is_over = threading.Event()
    sender = threading.Thread(target=_send, args=(server, acknowledged, is_over))
    server.start()
    sender.start()
    while len(acknowledged) < 60:
        time.sleep(0.05)

    before = list(acknowledged)
    made = wayline(server, "backup", str(backup))
    after = len(acknowledged)
    is_over.set()
    sender.join(60)
    server.end()
    erased = server.run(ERASE)

    assert made.returncode == 0, made.stderr
    assert after > len(before)  # signals went on coming in
    again = wayline(server, "backup", str(backup))
    assert "is not an empty directory" in again.stderr
    refused = wayline(server, "restore", str(backup))
    assert "Set WAYLINE_DATA_DIR to an empty directory" in refused.stderr

    second = Server(homes[1])
    for path in homes[1].iterdir():
        path.unlink()
    for name in ("erased.jsonl", "erasure_key"):  # the newest list, kept beside the backups
        (homes[1] / name).write_bytes((homes[0] / name).read_bytes())
    whole = flipped(backup / "signals.duckdb")
    damaged = wayline(second, "restore", str(backup))
    (backup / "signals.duckdb").write_bytes(whole)
    restored = wayline(second, "restore", str(backup))

    assert "signals.duckdb is damaged" in damaged.stderr
    assert not (homes[1] / "signals.duckdb").exists() or restored.returncode == 0
    assert restored.returncode == 0, restored.stderr
    assert "Erased again" in restored.stdout
    found, manifest = second.stored(), json.loads((backup / taking.MANIFEST).read_text())
    stored = {each["subject"] for each in found["signals"]}
    theirs = {each for each in before if _whose(each) == erased}
    assert set(before) - theirs <= stored <= set(acknowledged)
    assert len(stored) == len(found["signals"])
    assert found["account"]["missing"] == 0
    assert found["databases"] == ["ok", "ok"]
    assert erased not in json.loads(second.run(WHO_IS_THERE))
    assert manifest["warehouse_mark"] <= manifest["counts"]["journal_mark"]


def _send(server: Server, acknowledged: list[str], is_over: threading.Event) -> None:
    number = 0
    while not is_over.is_set():
        ids = [f"m{number + each}" for each in range(20)]
        server.post(calls(ids))
        acknowledged.extend(ids)
        number += 20
        time.sleep(0.05)  # two cores have other things to do, too


def _whose(message: str) -> str:
    return json.loads(calls([message]))["batch"][0]["userId"]


@pytest.mark.parametrize(
    ("manifest", "sentence"),
    [
        (None, "writing it was cut off"),
        ("[]", "cannot be read"),
        ('{"format": "x", "version": 1}', "is no backup"),
        ('{"format": "wayline-backup", "version": 1, "digest": "x"}', "was changed"),
    ],
)
def test_what_is_no_backup_is_refused(tmp_path, manifest, sentence):
    if manifest is not None:
        (tmp_path / taking.MANIFEST).write_text(manifest)

    with pytest.raises(restoring.BackupDamaged, match=sentence):
        restoring.check(tmp_path)


def test_a_disk_without_room_is_named_before_anything_is_written(tmp_path):
    with pytest.raises(progress.NoRoom, match=r"About 1,000\.0 GB will be written") as refused:
        progress.refuse_without_room(tmp_path / "backups" / "today", 10**12)

    assert f"free in {tmp_path}." in str(refused.value)
    assert not (tmp_path / "backups").exists()


def test_long_work_says_how_far_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr(progress, "EVERY", 0.0)
    (tmp_path / "file").write_bytes(bytes(3 * taking.CHUNK // 2))
    said: list[str] = []

    taking.entry(tmp_path / "file", progress.Progress("Checked", 2_000_000_000, said.append))

    assert said == ["Checked: 1.0 MB of 2.0 GB", "Checked: 1.6 MB of 2.0 GB"]
