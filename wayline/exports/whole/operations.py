"""Asking for an export, taking it, and putting one into a workspace."""

import secrets
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import structlog
from django.conf import settings
from django.db import transaction

from wayline.accounts.models import User, Workspace
from wayline.audit import operations as audit
from wayline.exports.models import Arrival, Export
from wayline.kit import durable, tasks
from wayline.kit.refusals import Refusal
from wayline.kit.tasks.asked import State
from wayline.signals.rights.places.files import remove_folder

from . import bringing, checking, packing, zipped

log = structlog.get_logger()
EXPORT, ARRIVE = "exports.export", "exports.arrive"
KEPT_DAYS = 3
STAGED = "staged"


class ExportGone(Refusal):
    """Exports are kept for some days only."""


class AlreadyHere(Refusal):
    """The same export was put into this workspace before."""


class ArrivalRunning(Refusal):
    """One after another."""


class TooLarge(Refusal):
    """An upload has a limit."""


@transaction.atomic
def ask_export(workspace: Workspace, *, by: User | None, now: datetime) -> Export:
    """Make a complete export in the background; one that is being made already is answered."""
    packing.refuse_while_unsettled(workspace)
    waiting = Export.objects.filter(workspace=workspace, state__in=[State.WAITING, State.RUNNING]).first()
    export = waiting or Export.objects.create(workspace=workspace, asked_at=now, asked_by=by)
    audit.record("export.asked", subject=export, by=by, at=now)
    if waiting is None:
        tasks.enqueue(EXPORT, {"export": export.pk}, now=now, workspace=workspace.pk)
    return export


def write(export: Export, *, now: datetime) -> Export:
    """Write the file; begun again after a crash, it starts over."""
    if export.state == State.FINISHED:
        return export
    folder = f"exports/{export.workspace_id}/{secrets.token_hex(16)}"
    remove_folder(export.path.parent if export.folder else None)
    Export.objects.filter(pk=export.pk).update(state=State.RUNNING, folder=folder, percent=1)
    export.refresh_from_db()
    inside = export.path.parent / STAGED
    inside.mkdir(parents=True)

    def progress(done: float) -> None:
        Export.objects.filter(pk=export.pk).update(percent=int(1 + 98 * done))

    try:
        manifest = packing.pack(export.workspace, inside, now=now, progress=progress)
        zipped.write(inside, export.path)
    except (Refusal, OSError) as error:
        remove_folder(export.path.parent)
        sentence = (
            str(error) if isinstance(error, Refusal) else f"The file cannot be written: {error.strerror}."
        )
        Export.objects.filter(pk=export.pk).update(
            state=State.FAILED, error=sentence[:500], folder="", finished_at=now
        )
        export.refresh_from_db()
        return export
    shutil.rmtree(inside)
    Export.objects.filter(pk=export.pk).update(
        state=State.FINISHED,
        percent=100,
        counts=counts_of(manifest),
        size=export.path.stat().st_size,
        finished_at=now,
        expires_at=now + timedelta(days=KEPT_DAYS),
    )
    export.refresh_from_db()
    return export


def counts_of(manifest: dict) -> dict[str, int]:
    """How many rows each file holds, without the empty ones."""
    rows = {
        name.removeprefix("rows/").rpartition(".")[0]: told["rows"]
        for name, told in manifest["files"].items()
        if told.get("rows")
    }
    files = sum(name.startswith("files/") for name in manifest["files"])
    return rows | ({"files": files} if files else {})


@transaction.atomic
def download(export: Export, *, by: User | None, now: datetime) -> Path:
    """The file, as long as it is kept. That it was taken is written down."""
    is_late = export.expires_at is None or export.expires_at <= now
    if export.state != State.FINISHED or is_late or not export.folder or not export.path.is_file():
        raise ExportGone("This export is no longer kept, or not ready. Make a new one.")
    audit.record("export.downloaded", subject=export, by=by, at=now)
    return export.path


@transaction.atomic
def remove_export(export: Export, *, by: User | None, now: datetime) -> None:
    """Delete an export's file at once."""
    if export.is_open:
        raise ExportGone("This export is still being made. Remove it when it is ready.")
    remove_folder(export.path.parent if export.folder else None)
    audit.record("export.removed", subject=export, by=by, at=now)
    export.delete()


def remove_expired(*, now: datetime) -> int:
    """Delete the files whose days are over, and what arrivals left staged."""
    late = list(Export.objects.filter(expires_at__lte=now).exclude(folder=""))
    for export in late:
        remove_folder(export.path.parent)
        Export.objects.filter(pk=export.pk).update(folder="")
    return len(late)


def ask_arrival(
    workspace: Workspace, *, file: BinaryIO, size: int, by: User | None, now: datetime
) -> Arrival:
    """Keep the uploaded export and put it into the workspace in the background."""
    if size > settings.UPLOAD_LIMIT_BYTES:
        limit = settings.UPLOAD_LIMIT_BYTES // 1_000_000
        raise TooLarge(
            f"The file is larger than {limit:,} MB. Use the command wayline import-workspace on the server."
        )
    bringing.refuse_unless_empty(workspace)
    if Arrival.objects.filter(workspace=workspace, state__in=[State.WAITING, State.RUNNING]).exists():
        raise ArrivalRunning(
            "An export is being put into this workspace already. Wait until it has finished."
        )
    folder = f"exports/{workspace.pk}/{secrets.token_hex(16)}"
    at = Path(settings.MEDIA_ROOT) / folder
    at.mkdir(parents=True)
    try:
        with (at / "workspace.zip").open("wb") as kept:
            shutil.copyfileobj(file, kept, 1 << 20)
        durable.keep(at / "workspace.zip", below=Path(settings.MEDIA_ROOT).parent)
        with transaction.atomic():
            arrival = Arrival.objects.create(workspace=workspace, folder=folder, asked_at=now, asked_by=by)
            audit.record("arrival.asked", subject=arrival, by=by, at=now)
            tasks.enqueue(ARRIVE, {"arrival": arrival.pk}, now=now, workspace=workspace.pk)
    except BaseException:
        remove_folder(at)
        raise
    return arrival


def begin_arrival(workspace: Workspace, *, by: User | None, now: datetime) -> Arrival:
    """The same for files that lie where the server can read them; the caller carries it out."""
    bringing.refuse_unless_empty(workspace)
    with transaction.atomic():
        arrival = Arrival.objects.create(workspace=workspace, asked_at=now, asked_by=by)
        audit.record("arrival.asked", subject=arrival, by=by, at=now)
    return arrival


def arrive(arrival: Arrival, *, now: datetime, source: Path | None = None) -> Arrival:
    """Check the files and put them in. What an earlier try that was cut off left is taken away first."""
    if not arrival.is_open:
        return arrival
    if arrival.kept:
        bringing.take_away(arrival.workspace, arrival.kept)
    Arrival.objects.filter(pk=arrival.pk).update(state=State.RUNNING, percent=1, kept={})
    own = arrival.path if arrival.folder else None
    staging = own or Path(settings.MEDIA_ROOT) / f"exports/{arrival.workspace_id}/{secrets.token_hex(16)}"
    outcome: dict = {"state": State.FAILED, "kept": {}}
    try:
        outcome = _carry_out(arrival, source or staging / "workspace.zip", staging / STAGED, now)
    except Refusal as no:
        outcome["error"] = str(no)[:500]
    except Exception as error:
        log.exception("an export could not be put into a workspace", arrival=arrival.pk)
        outcome["error"] = f"It could not be put in ({type(error).__name__}); nothing of it was left here."
    remove_folder(staging)
    with transaction.atomic():
        Arrival.objects.filter(pk=arrival.pk).update(**outcome, folder="", finished_at=now)
        arrival.refresh_from_db()
        if arrival.state == State.FINISHED:
            audit.record(
                "arrival.finished", subject=arrival, by=arrival.asked_by, at=now, digest=arrival.digest
            )
    return arrival


def _carry_out(arrival: Arrival, source: Path, staging: Path, now: datetime) -> dict:
    folder, manifest = checking.unpacked(source, staging)
    before = Arrival.objects.filter(workspace=arrival.workspace_id, digest=manifest["digest"]).first()
    if before is not None:
        raise AlreadyHere(f"This very export was put into the workspace on {before.finished_at:%-d %B %Y}.")
    counts, notes = bringing.bring(
        folder,
        manifest,
        arrival.workspace,
        now=now,
        keep=lambda kept: Arrival.objects.filter(pk=arrival.pk).update(kept=kept),
        progress=lambda done: Arrival.objects.filter(pk=arrival.pk).update(percent=int(5 + 94 * done)),
    )
    return {
        "state": State.FINISHED,
        "percent": 100,
        "digest": manifest["digest"],
        "counts": {name: n for name, n in counts.items() if n},
        "notes": notes,
        "kept": {},
    }
