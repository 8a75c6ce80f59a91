"""A whole workspace out of this installation, and into it."""

import tempfile
import time
import zipfile
from pathlib import Path

from django.utils import timezone

from wayline.accounts import operations as accounts
from wayline.accounts.models import Workspace
from wayline.audit import operations as audit
from wayline.exports.models import Arrival
from wayline.exports.whole import checking, operations, packing, zipped
from wayline.kit.refusals import Refusal
from wayline.kit.tasks.asked import State

from . import client, preparing

LOOK_AGAIN_SECONDS = 0.5
OPEN = (State.WAITING, State.RUNNING)


class TargetTaken(Refusal):
    """An export never writes over anything."""


class NotMade(Refusal):
    """The server said why."""


def export(asked) -> int:
    """Write everything of a workspace to a zip or an empty directory."""
    workspace, target = preparing.workspace_named(asked.workspace), Path(asked.directory)
    is_zip = target.suffix == ".zip"
    if target.exists() and (is_zip or not target.is_dir() or any(target.iterdir())):
        raise TargetTaken(f"{target} exists already. Name an empty directory, or a file that is not there.")
    target.parent.mkdir(parents=True, exist_ok=True)
    if client.running():
        _export_by_server(workspace, target, is_zip)
    else:
        _export_here(workspace, target, is_zip)
    print(f"{workspace} is in {target}, complete: rows, signals, files and a manifest with checksums.")
    return 0


def _export_here(workspace: Workspace, target: Path, is_zip: bool) -> None:
    now = timezone.now()
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        inside = Path(folder) if is_zip else target
        inside.mkdir(exist_ok=True)
        manifest = packing.pack(workspace, inside, now=now)
        if is_zip:
            zipped.write(inside, target)
    audit.record("export.asked", subject=workspace, workspace=workspace, by=None, at=now)
    for name, rows in operations.counts_of(manifest).items():
        print(f"{rows:>12,} {name}")


def _export_by_server(workspace: Workspace, target: Path, is_zip: bool) -> None:
    made = client.ask("POST", "/exports/make", workspace=workspace.slug)
    while made["state"] in ("waiting", "running"):
        time.sleep(LOOK_AGAIN_SECONDS)
        made = client.ask("GET", f"/exports/{made['id']}", workspace=workspace.slug)
    if made["state"] != "finished":
        raise NotMade(made["error"] or "The export was not made.")
    for name, rows in made["counts"].items():
        print(f"{rows:>12,} {name}")
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        path = Path(folder) / "workspace.zip"
        client.fetch(f"/exports/{made['id']}/download", workspace=workspace.slug, to=path)
        if is_zip:
            path.rename(target)
        else:
            target.mkdir(exist_ok=True)
            with zipfile.ZipFile(path) as packed:
                packed.extractall(target)
    client.ask("POST", f"/exports/{made['id']}/remove", workspace=workspace.slug)


def import_workspace(asked) -> int:
    """Put a complete export into an empty workspace, which is made when it is not there."""
    source, now = Path(asked.source), timezone.now()
    if not source.exists():
        raise checking.NotAnExport(f"There is no {source}.")
    with tempfile.TemporaryDirectory() as folder:
        _, manifest = checking.unpacked(source, Path(folder))
    slug = asked.workspace or manifest["workspace"]["slug"]
    found = Workspace.objects.filter(slug=slug).first()
    workspace = found or accounts.create_workspace(manifest["workspace"]["name"], slug=slug, by=None, now=now)
    try:
        by_server = client.running()
        arrival = _arrive_by_server(workspace, source) if by_server else _arrive_here(workspace, source)
        if arrival.state != State.FINISHED:
            raise NotMade(arrival.error or "The export was not put in.")
    except Exception:
        # What was made for an export that did not come in would only be in the way of the next try.
        if found is None and not Arrival.objects.filter(workspace=workspace, state__in=OPEN).exists():
            Workspace.objects.filter(pk=workspace.pk).delete()
        raise
    for name, rows in arrival.counts.items():
        print(f"{rows:>12,} {name}")
    for note in arrival.notes:
        print(note)
    print(f"The export of {manifest['written_at'][:16].replace('T', ' ')} UTC is the workspace {slug} now.")
    return 0


def _arrive_here(workspace: Workspace, source: Path) -> Arrival:
    now = timezone.now()
    return operations.arrive(operations.begin_arrival(workspace, by=None, now=now), now=now, source=source)


def _arrive_by_server(workspace: Workspace, source: Path) -> Arrival:
    """The server's worker does it, because the warehouse is the server's."""
    with tempfile.TemporaryDirectory() as folder:
        if source.is_dir():
            zipped.write(source, Path(folder) / "workspace.zip")
            source = Path(folder) / "workspace.zip"
        with source.open("rb") as file:
            # No size: the limit is for what comes through a browser.
            arrival = operations.ask_arrival(workspace, file=file, size=0, by=None, now=timezone.now())
    while arrival.is_open:
        if client.running() is None:
            raise client.ServerRefused("The server stopped. It goes on with the import when it starts again.")
        time.sleep(LOOK_AGAIN_SECONDS)
        arrival.refresh_from_db()
    return arrival
