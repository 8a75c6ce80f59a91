"""Writes a workspace to a folder: signals as Parquet, every other row as JSON lines, files as they are."""

import hashlib
import hmac
import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings
from django.db import connection, models, transaction

from wayline import __version__
from wayline.accounts.belonging import path_to_workspace
from wayline.accounts.models import User, Workspace
from wayline.journeys.models import Picture
from wayline.kit.refusals import Refusal
from wayline.signals import copies, load
from wayline.signals.models import Erasure, Import
from wayline.warehouse import tables

from . import fields

FORMAT, VERSION = "wayline-workspace", 1
MANIFEST = "manifest.json"
AT_ONCE = 2_000
Progress = Callable[[float], None]


class Unsettled(Refusal):
    """What is half done cannot be taken away whole."""


def pack(
    workspace: Workspace, folder: Path, *, now: datetime, progress: Progress = lambda done: None
) -> dict:
    """Write everything of the workspace into the empty folder; answers the manifest."""
    refuse_while_unsettled(workspace)
    with load.exclusively():
        load.drain()
        files = _signals(workspace, folder, progress)
        with _one_moment():
            files |= _rows(workspace, folder)
    progress(0.8)
    files |= _files(workspace, folder)
    manifest = {
        "format": FORMAT,
        "version": VERSION,
        "wayline": __version__,
        "written_at": now.isoformat(),
        "workspace": {
            "id": workspace.pk,
            "slug": workspace.slug,
            "name": workspace.name,
            "timezone": workspace.timezone,
            "currency": workspace.currency,
            "is_demo": workspace.is_demo,
            "created_at": workspace.created_at.isoformat(),
        },
        "installation": installation(),
        "left_out": fields.LEFT_OUT,
        "files": {name: files[name] for name in sorted(files)},
    }
    manifest["digest"] = digest_of(manifest)
    (folder / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=1), encoding="utf-8")
    return manifest


def refuse_while_unsettled(workspace: Workspace) -> None:
    """An import or an erasure that runs would leave with half of what it does."""
    running = Import.objects.filter(workspace=workspace, state__in=["waiting", "running", "undoing"])
    if running.exists():
        raise Unsettled("An import is running. Wait until it has finished, then export.")
    if Erasure.objects.filter(workspace=workspace, state__in=["waiting", "running"]).exists():
        raise Unsettled("A person is being erased. Wait until that has finished, then export.")


def installation() -> str:
    """The same for every export of this installation: only here do its hashes of erased people count."""
    key = settings.ERASURE_KEY.encode()
    return hmac.new(key, b"wayline export", hashlib.sha256).hexdigest()[:16]


def digest_of(manifest: dict) -> str:
    """The manifest's own checksum."""
    told = {name: value for name, value in manifest.items() if name != "digest"}
    return hashlib.sha256(json.dumps(told, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def entry(path: Path, rows: int | None) -> dict:
    """A file as the manifest lists it."""
    with path.open("rb") as file:
        checksum = hashlib.file_digest(file, "sha256").hexdigest()
    told: dict[str, Any] = {"sha256": checksum, "bytes": path.stat().st_size}
    return told if rows is None else told | {"rows": rows}


@contextmanager
def _one_moment() -> Iterator[None]:
    """Every row as it was at one moment, without keeping anybody from writing."""
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")  # deferred: it reads one state of the log, and never writes
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")
    else:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            yield


def _signals(workspace: Workspace, folder: Path, progress: Progress) -> dict[str, dict]:
    found = {}
    parts: dict[str, tuple[pa.Schema, Iterable[pa.Table]]] = {
        "signals": (tables.SIGNALS.to_pyarrow(), copies.leaving("signals", workspace.pk)),
        "customers": (tables.CUSTOMERS.to_pyarrow(), copies.leaving("customers", workspace.pk)),
        "journal": (copies.CALLS, copies.calls(workspace.pk)),
    }
    for number, (name, (schema, leaving)) in enumerate(parts.items(), start=1):
        path = folder / f"{name}.parquet"
        found[path.name] = entry(path, _parquet(path, schema, leaving))
        progress(0.2 * number)
    return found


def _parquet(path: Path, schema: pa.Schema, parts: Iterable[pa.Table]) -> int:
    loose = pa.schema([field.with_nullable(True) for field in schema])
    written = 0
    with pq.ParquetWriter(path, loose, compression="zstd") as writer:
        for part in parts:
            writer.write_table(part.cast(loose))
            written += part.num_rows
    return written


def _rows(workspace: Workspace, folder: Path) -> dict[str, dict]:
    (folder / "rows").mkdir()
    found: dict[str, dict] = {}
    people: set[int] = set()
    for model in fields.leaving():
        name = f"rows/{model._meta.label_lower}.jsonl"
        found[name] = entry(folder / name, _jsonl(folder / name, _of(model, workspace, people)))
    name = "rows/users.jsonl"
    found[name] = entry(folder / name, _jsonl(folder / name, _people(people)))
    return found


def _of(model: type[models.Model], workspace: Workspace, people: set[int]) -> Iterator[dict]:
    path = path_to_workspace(model) or "pk"  # type: ignore[arg-type]  # models are hashable
    columns = [field.attname for field in fields.written(model)]
    named = fields.people(model) + (["by_id"] if model._meta.label_lower == "audit.activity" else [])
    rows = model._base_manager.filter(**{path: workspace.pk}).order_by("pk").values(*columns)
    for row in rows.iterator(chunk_size=AT_ONCE):
        people.update(row[name] for name in named if row[name] is not None)
        yield row


def _people(people: set[int]) -> Iterator[dict]:
    """Who is named anywhere, without what lets them in."""
    for part in _in_parts(sorted(people)):
        yield from User.objects.filter(pk__in=part).order_by("pk").values("id", "email", "name")


def _in_parts(keys: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(keys), AT_ONCE):
        yield keys[start : start + AT_ONCE]


def _jsonl(path: Path, rows: Iterable[dict]) -> int:
    written = 0
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False, default=plain) + "\n")
            written += 1
    return written


def plain(value: Any) -> str:
    """What JSON has no word for."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot leave as JSON")


def _files(workspace: Workspace, folder: Path) -> dict[str, dict]:
    """Pictures, and the files of imports that are still kept."""
    root, found = Path(settings.MEDIA_ROOT), {}
    names = list(Picture.objects.filter(workspace=workspace).values_list("file", flat=True))
    for run in Import.objects.filter(workspace=workspace).exclude(folder=""):
        names += [str(path.relative_to(root)) for path in (run.path, *run.paths_beside.values())]
    for name in names:
        if (root / name).is_file():
            target = folder / "files" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / name, target)
            found[f"files/{name}"] = entry(target, None)
    return found
