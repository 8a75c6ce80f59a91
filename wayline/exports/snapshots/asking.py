"""Snapshots that are kept for some minutes, so that one question after another does not write it anew."""

import os
import secrets
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
from django.conf import settings

from wayline.accounts.models import User, Workspace
from wayline.audit import operations as audit
from wayline.kit.refusals import Refusal
from wayline.signals.rights.places.files import overwrite
from wayline.warehouse import snapshots

from . import contents

FRESH = timedelta(minutes=10)
MOST_ROWS, MOST_SECONDS = 100_000, 120.0
# Writing costs as much as the workspace is large; questions that come meanwhile wait for the same file.
_writing = threading.Lock()


class NotForEverybody(Refusal):
    """Clear personal data is for those who handle it."""

    status = 403


@dataclass(frozen=True)
class Answered:
    rows: pa.Table
    has_more: bool
    as_of: datetime
    is_masked: bool


def write(path: Path, workspace: Workspace, *, is_masked: bool, now: datetime) -> None:
    """Write the workspace's snapshot to a new file."""
    # Beside and then renamed: whoever reads the snapshot before keeps it whole.
    anew = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        snapshots.write(anew, contents.contents(workspace, is_masked=is_masked, now=now), contents.VIEWS)
        os.replace(anew, path)
    finally:
        anew.unlink(missing_ok=True)


def snapshot(workspace: Workspace, *, is_masked: bool, member, by: User | None, now: datetime) -> Path:
    """The kept snapshot, written anew when it is old. Whoever wants it clear needs the right to it."""
    if not is_masked and not member.has_right("privacy"):
        raise NotForEverybody("Clear personal data needs the right to handle people's rights. Ask an owner.")
    path = _path(workspace, is_masked=is_masked)
    with _writing:
        is_old = not path.exists() or as_of(path) < now - FRESH
        if is_old:
            path.parent.mkdir(parents=True, exist_ok=True)
            write(path, workspace, is_masked=is_masked, now=now)
    if not is_masked:
        audit.record("snapshot.opened_clear", subject=workspace, workspace=workspace, by=by, at=now)
    return path


def write_anew(workspace: Workspace, *, by: User | None, now: datetime) -> None:
    """Answer from what is there now, not from what was there some minutes ago."""
    with _writing:
        folder(workspace.pk).mkdir(parents=True, exist_ok=True)
        for is_masked in (True, False):
            path = _path(workspace, is_masked=is_masked)
            if is_masked or path.exists():
                write(path, workspace, is_masked=is_masked, now=now)
    audit.record("snapshot.written", subject=workspace, workspace=workspace, by=by, at=now)


def ask(
    workspace: Workspace,
    *,
    sql: str,
    rows: int,
    seconds: float,
    is_masked: bool,
    member,
    by: User | None,
    now: datetime,
) -> Answered:
    """One SELECT on the workspace's snapshot."""
    path = snapshot(workspace, is_masked=is_masked, member=member, by=by, now=now)
    found, has_more = snapshots.ask(path, sql, rows=min(rows, MOST_ROWS), seconds=min(seconds, MOST_SECONDS))
    return Answered(found, has_more, as_of(path), is_masked)


def folder(workspace: int) -> Path:
    return Path(settings.MEDIA_ROOT) / "exports" / str(workspace) / "snapshots"


def _path(workspace: Workspace, *, is_masked: bool) -> Path:
    return folder(workspace.pk) / ("masked.duckdb" if is_masked else "clear.duckdb")


def as_of(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def masked_as_of(workspace: Workspace) -> datetime | None:
    """When the masked snapshot that is kept was written, if one is."""
    path = _path(workspace, is_masked=True)
    return as_of(path) if path.exists() else None


def kept(workspace: int) -> list[Path]:
    """The snapshots that lie on disk."""
    return sorted(folder(workspace).glob("*.duckdb*"))


def remove(workspace: int) -> int:
    """Delete the kept snapshots."""
    found = kept(workspace)
    for path in found:
        overwrite(path)
    return len(found)


def remove_old(*, now: datetime) -> None:
    """Delete snapshots that nobody would be answered from."""
    for path in (Path(settings.MEDIA_ROOT) / "exports").glob("*/snapshots/*.duckdb*"):
        if as_of(path) < now - FRESH:
            overwrite(path)
