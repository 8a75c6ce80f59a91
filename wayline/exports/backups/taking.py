"""Copies everything while signals come in. The oldest part is copied first, so that each later one has more.

The warehouse knows how far it has followed the journal, so a restored one goes on exactly there. Erasures
wait meanwhile: no copy holds somebody of whom another says that they were erased.
"""

import contextlib
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.db import connections
from psycopg.conninfo import make_conninfo

from wayline import __version__
from wayline.customers.models import Customer
from wayline.kit import durable
from wayline.kit.refusals import Refusal
from wayline.signals import load
from wayline.signals.models import JournalEntry
from wayline.warehouse import connect

from .progress import Progress, Say, refuse_without_room

FORMAT, VERSION, MANIFEST = "wayline-backup", 1, "backup.json"
DATABASES = {"default": "wayline.sqlite3", "journal": "journal.sqlite3"}
WAREHOUSE, DUMP = "signals.duckdb", "database.dump"
KEPT_FILES = ("secret_key", "erasure_key", "erased.jsonl")
MADE_AGAIN = {"exports", "rights"}  # files for download, which hold people who may be erased later
CHUNK = 1 << 20


class FolderTaken(Refusal):
    """A backup is written beside nothing else."""


class DumpFailed(Refusal):
    """PostgreSQL is copied by its own program."""


def take(folder: Path, *, now: datetime, say: Say = lambda sentence: None) -> dict:
    """Write a backup into an empty folder; it is whole when its manifest is there."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FolderTaken(f"{folder} is not an empty directory. Name a new one for each backup.")
    refuse_without_pg_dump()
    refuse_without_room(folder, sum(_sizes()))
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    # Erasing takes the same lock: nobody is gone from one copy and still in another (docs/decisions/0181).
    with load.exclusively():
        marks = _warehouse(folder, say)
        _databases(folder, say)
    _files(folder, say)
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    checking = Progress("Checksums made", sum(path.stat().st_size for path in paths), say)
    manifest = {
        "format": FORMAT,
        "version": VERSION,
        "wayline": __version__,
        "written_at": now.isoformat(),
        "engines": {"operational": connections["default"].vendor, "warehouse": _engine()},
        **marks,
        "counts": _counts(folder),
        "files": {str(path.relative_to(folder)): entry(path, checking) for path in paths},
    }
    manifest["digest"] = digest_of(manifest)
    path = folder / MANIFEST
    # Last of all: without it a folder is no backup, however much of it was written.
    path.write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    durable.sync(path)
    for each in {folder, *(path.parent for path in paths)}:
        durable.sync(each)
    durable.sync(folder.parent)
    return manifest


def _sizes() -> Iterator[int]:
    """Of everything that is copied, as it is now."""
    for name in DATABASES:
        if name in settings.DATABASES and connections[name].vendor == "sqlite":
            file = str(connections[name].settings_dict["NAME"])
            yield from (os.path.getsize(file + end) for end in ("", "-wal") if os.path.exists(file + end))
    if warehouse := warehouse_file():
        yield from (each.stat().st_size for each in (warehouse, Path(f"{warehouse}.wal")) if each.exists())
    for path in Path(settings.MEDIA_ROOT).rglob("*"):
        with contextlib.suppress(FileNotFoundError):  # cleaned away in this moment
            yield path.stat().st_size


def warehouse_file() -> Path | None:
    """The embedded engine's file, if that is the engine."""
    if not settings.WAREHOUSE_URL.startswith("duckdb:///"):
        return None
    return Path(settings.WAREHOUSE_URL.removeprefix("duckdb://").replace("//", "/", 1))


def refuse_without_pg_dump() -> None:
    """Say it before anything is copied."""
    if connections["default"].vendor == "postgresql" and not shutil.which("pg_dump"):
        raise DumpFailed(
            "PostgreSQL is backed up by pg_dump, which is not installed here. Install the PostgreSQL client "
            "(Debian: apt install postgresql-client), or back the database up by its own means."
        )


def digest_of(manifest: dict) -> str:
    told = {name: value for name, value in manifest.items() if name != "digest"}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def entry(path: Path, progress: Progress | None = None, *, copy: BinaryIO | None = None) -> dict:
    """A file as the manifest lists it, copied on the way if asked for."""
    checksum, count = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            checksum.update(chunk)
            count += len(chunk)
            if copy:
                copy.write(chunk)
            if progress:
                progress.add(len(chunk))
    return {"sha256": checksum.hexdigest(), "bytes": count}


def _engine() -> str:
    return settings.WAREHOUSE_URL.partition("://")[0]


def _warehouse(folder: Path, say: Say) -> dict:
    """The embedded engine's file; the others are backed up by their own means."""
    warehouse = connect.current()
    marks = {"warehouse_mark": load.loaded_mark()}
    copy = getattr(warehouse, "copy_to", None)
    if copy is None:
        say(f"The signals lie in {_engine()}, which is backed up by its own means.")
        return marks
    copy(folder / WAREHOUSE)
    durable.sync(folder / WAREHOUSE)
    say(f"Signals copied, up to entry {marks['warehouse_mark']:,} of the journal.")
    return marks


def _databases(folder: Path, say: Say) -> None:
    for name, file in DATABASES.items():
        if name not in settings.DATABASES:
            continue
        connection = connections[name]
        if connection.vendor == "sqlite":
            _copy_sqlite(str(connection.settings_dict["NAME"]), folder / file)
            say(f"Database {name} copied.")
        else:
            _dump(connection.settings_dict, folder / DUMP)
            say("PostgreSQL dumped.")


def _copy_sqlite(source: str, target: Path) -> None:
    """One state of a database in use. In one step: in small ones it would begin anew after every write."""
    reading = sqlite3.connect(f"file:{source}?mode=ro", uri=True, timeout=60)
    writing = sqlite3.connect(target)
    try:
        reading.backup(writing, pages=-1)
        writing.execute("PRAGMA journal_mode=DELETE")  # everything in the one file
        (verdict,) = writing.execute("PRAGMA quick_check(1)").fetchone()
    finally:
        writing.close()
        reading.close()
    if verdict != "ok":
        raise DumpFailed(f"The copy of {source} is damaged: {verdict}. Run wayline doctor.")
    durable.sync(target)


def _dump(database: dict, target: Path) -> None:
    command = ["pg_dump", "--format=custom", f"--file={target}", "--no-owner", address_of(database)]
    environment = os.environ | password_of(database)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise DumpFailed(f"pg_dump did not copy the database: {reason}")
    durable.sync(target)


def address_of(database: dict) -> str:
    """Where PostgreSQL's own programs find the database, with the options of our address and no password."""
    places = {"host": "HOST", "port": "PORT", "user": "USER"}
    told = {name: database[key] for name, key in places.items() if database.get(key)}
    options = {name: value for name, value in database.get("OPTIONS", {}).items() if name != "password"}
    address = make_conninfo(dbname=str(database["NAME"]), **told, **options)
    return f"--dbname={address}"


def password_of(database: dict) -> dict[str, str]:
    """The password as PostgreSQL's programs take it, where no list of processes shows it."""
    password = database.get("PASSWORD") or database.get("OPTIONS", {}).get("password")
    return {"PGPASSWORD": str(password)} if password else {}


def _files(folder: Path, say: Say) -> None:
    for name in KEPT_FILES:
        source = Path(settings.DATA_DIR) / name
        if source.is_file():
            shutil.copyfile(source, folder / name)
            (folder / name).chmod(0o600)
            durable.sync(folder / name)
    root, copied = Path(settings.MEDIA_ROOT), 0
    for path in root.rglob("*"):
        inside = path.relative_to(root)
        if path.is_file() and inside.parts[0] not in MADE_AGAIN:
            target = folder / "files" / inside
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                shutil.copyfile(path, target)
            except FileNotFoundError:  # cleaned away in this moment
                continue
            durable.sync(target)
            copied += 1
    say(f"{copied:,} stored files copied.")


def _counts(folder: Path) -> dict[str, int]:
    """What the copies hold, to compare with after restoring. Counted in them: the originals have grown."""
    journal = folder / DATABASES["journal"]
    if not journal.exists():
        return {"journal": JournalEntry.objects.count(), "customers": Customer.objects.count()}
    with closing(sqlite3.connect(journal)) as copied:
        query = "SELECT count(*), coalesce(max(id), 0) FROM signals_journalentry"
        entries, last = copied.execute(query).fetchone()
    with closing(sqlite3.connect(folder / DATABASES["default"])) as copied:
        (customers,) = copied.execute("SELECT count(*) FROM customers_customer").fetchone()
        (workspaces,) = copied.execute("SELECT count(*) FROM accounts_workspace").fetchone()
    return {
        "workspaces": workspaces,
        "customers": customers,
        "journal": entries,
        "journal_mark": last,
    }
