"""Puts a backup into an empty data directory: checked first, erased people erased again, the rest loaded."""

import json
import os
import shutil
import subprocess
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connections

from wayline.kit import durable
from wayline.kit.refusals import Refusal
from wayline.signals import load
from wayline.signals.models import Erasure, JournalEntry
from wayline.signals.rights import erase, tombstones
from wayline.warehouse import connect

from . import taking
from .progress import Progress, Say, refuse_without_room

# What a data directory without anybody's data may hold: the settings make keys when they are first read.
MAY_BE_THERE = {"secret_key", "erasure_key", "erased.jsonl", "static", "demo_password", ".probe", "files"}


class BackupDamaged(Refusal):
    """The backup is not what was written."""


class DirectoryTaken(Refusal):
    """A backup is put back beside nothing else."""


class KeysDiffer(Refusal):
    """The list of erased people was made with another key."""


def check(folder: Path, *, say: Say = lambda sentence: None) -> dict:
    """The manifest of a backup whose every byte is as it was written."""
    try:
        manifest = json.loads((folder / taking.MANIFEST).read_text(encoding="utf-8"))
        if manifest["format"] != taking.FORMAT or manifest["version"] != taking.VERSION:
            raise BackupDamaged(f"{folder} is no backup that this version of Wayline can read.")
        if manifest["digest"] != taking.digest_of(manifest):
            raise BackupDamaged(f"{taking.MANIFEST} in {folder} was changed. Use another backup.")
    except FileNotFoundError:
        raise BackupDamaged(
            f"There is no {taking.MANIFEST} in {folder}: it is no backup, or writing it was cut off."
        ) from None
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise BackupDamaged(f"{taking.MANIFEST} in {folder} cannot be read: {error}.") from None
    checking = Progress("Checked", _bytes_in(manifest), say)
    for name, told in manifest["files"].items():
        path = folder / name
        # Whoever wrote the manifest, nothing outside of the folder is read or overwritten.
        if ".." in Path(name).parts or not path.is_file():
            raise BackupDamaged(f"{name} is missing from the backup. Use another one.")
        if taking.entry(path, checking) != told:
            raise BackupDamaged(f"{name} is damaged: its checksum is another one. Use another backup.")
    return manifest


def _bytes_in(manifest: dict) -> int:
    return sum(told["bytes"] for told in manifest["files"].values())


def refuse_unless_empty(data: Path, manifest: dict) -> None:
    """A backup never mixes with what is there, and never fills a disk half way."""
    found = {path.name for path in data.iterdir()} if data.exists() else set()
    if (data / "files").exists() and not any(path.is_file() for path in (data / "files").rglob("*")):
        found -= {"files"}
    elif "files" in found:
        raise DirectoryTaken(f"{data} holds stored files. Set WAYLINE_DATA_DIR to an empty directory.")
    taken = sorted(found - MAY_BE_THERE)
    if taken:
        raise DirectoryTaken(
            f"{data} holds {', '.join(taken[:3])} already. Set WAYLINE_DATA_DIR to an empty directory."
        )
    refuse_without_room(data, _bytes_in(manifest))


def put_back(folder: Path, manifest: dict, *, say: Say = lambda sentence: None) -> None:
    """Copy the checked files into the empty data directory, and let this process use their keys."""
    data = Path(settings.DATA_DIR)
    _keys(folder, data)
    copying, folders = Progress("Put back", _bytes_in(manifest), say), {data}
    for name in manifest["files"]:
        source, target = folder / name, data / name
        if name in taking.KEPT_FILES:
            continue
        if name == taking.DUMP:
            _pg_restore(source)
            continue
        if name == taking.WAREHOUSE:
            file = taking.warehouse_file()
            if file is None:
                say("WAYLINE_WAREHOUSE_URL names another engine than DuckDB, so its file is left out.")
                continue
            target = file
        elif name in taking.DATABASES.values():
            target = _database_file(name, data)
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as copy:
            if taking.entry(source, copying, copy=copy) != manifest["files"][name]:
                raise BackupDamaged(f"{name} came out of the backup changed. Check the disk, and try again.")
        durable.sync(target)
        folders.add(target.parent)
    for each in folders:
        durable.sync(each)
    say(f"{len(manifest['files']):,} files put back.")


def _database_file(name: str, data: Path) -> Path:
    for alias, file in taking.DATABASES.items():
        if file == name and alias in settings.DATABASES and connections[alias].vendor == "sqlite":
            return Path(settings.DATABASES[alias]["NAME"])
    raise BackupDamaged(
        "The backup is of SQLite, and WAYLINE_DATABASE_URL names another engine. Restore with SQLite."
    )


def _keys(folder: Path, data: Path) -> None:
    """The backup's keys. A list of erased people that is here already is younger, and stays too."""
    data.mkdir(parents=True, exist_ok=True)
    here, there = data / "erased.jsonl", folder / "erased.jsonl"
    lines = there.read_text().splitlines() if there.exists() else []
    if here.exists():
        known = folder / "erasure_key"
        if known.exists() and known.read_text().strip() != settings.ERASURE_KEY:
            raise KeysDiffer(
                "The list of erased people here was made with another erasure_key than the backup's. Put the "
                "erasure_key that belongs to erased.jsonl beside it."
            )
        lines += [line for line in here.read_text().splitlines() if line not in set(lines)]
    if lines:
        here.write_text("\n".join(lines) + "\n")
    for name in ("secret_key", "erasure_key"):
        if (folder / name).exists():
            shutil.copyfile(folder / name, data / name)
            (data / name).chmod(0o600)
            setattr(settings, name.upper(), (data / name).read_text().strip())


def _pg_restore(source: Path) -> None:
    database = connections["default"].settings_dict
    if connections["default"].introspection.table_names():
        raise DirectoryTaken(
            f"The PostgreSQL database {database['NAME']} holds tables already. Use an empty one."
        )
    if not shutil.which("pg_restore"):
        raise taking.DumpFailed("pg_restore is not installed here (Debian: apt install postgresql-client).")
    command = ["pg_restore", "--no-owner", "--exit-on-error", taking.address_of(database), str(source)]
    environment = os.environ | taking.password_of(database)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise taking.DumpFailed(f"pg_restore did not fill the database: {reason}")


def catch_up(manifest: dict, *, now: datetime, say: Say = lambda sentence: None) -> None:
    """Erase again who is on the list, then load what the journal has more than the warehouse."""
    # Before anything is loaded, so that nothing of theirs comes back from the journal.
    tombstones.restore(now=now)
    again = Erasure.objects.filter(state__in=["waiting", "running"])
    for erasure in again:
        erase.carry_out(erasure, now=now)
        say(f"Erased again: customer {erasure.customer_number}.")
    behind = JournalEntry.objects.filter(pk__gt=load.loaded_mark()).count()
    loaded = load.drain()
    say(f"{behind:,} batches were in the journal only: {loaded.loaded:,} signals loaded from them.")
    connect.close()
