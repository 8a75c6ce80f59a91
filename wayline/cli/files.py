"""Files in and files out."""

import csv
import json
import sys
import time
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from pathlib import Path

import msgspec

from wayline.accounts.models import Workspace
from wayline.customers.models import Customer
from wayline.kit import sheets
from wayline.kit.refusals import Refusal
from wayline.signals import journal
from wayline.signals.imports.console import from_command_line
from wayline.signals.imports.models import Import
from wayline.signals.models import JournalEntry

from . import client, preparing, workspaces

SERVER_SECONDS = 0.5  # between two looks at what the server's worker has read


class DirectoryNotEmpty(Refusal):
    """An export never writes among other files."""


def import_file(asked) -> int:
    """Import a file; a running server's worker does the reading, because the warehouse is the server's."""
    if asked.suggest:
        return from_command_line(None, asked.file, None, False, True, sys.stdout)
    workspace = preparing.workspace_named(asked.workspace)
    arguments = (workspace, asked.file, asked.mapping, asked.dry_run, False, sys.stdout)
    if client.running():
        return from_command_line(*arguments, advance=wait_for_the_server)
    return from_command_line(*arguments)


def wait_for_the_server(run: Import, *, now, steps: int) -> Import:
    """Look again until the worker has gone on by a step."""
    before = (run.position, run.state)
    while (run.position, run.state) == before:
        if client.running() is None:
            raise client.ServerRefused("The server stopped. Run the command again to go on with the import.")
        time.sleep(SERVER_SECONDS)
        run.refresh_from_db()
    return run


def export(asked) -> int:
    """Write a workspace to a directory: complete, or customers, signals and journeys as plain tables."""
    if asked.format == "complete":
        return workspaces.export(asked)
    workspace = preparing.workspace_named(asked.workspace)
    folder = Path(asked.directory)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DirectoryNotEmpty(f"{folder} is not an empty directory. Name a new one.")
    folder.mkdir(parents=True, exist_ok=True)
    write = _jsonl if asked.format == "jsonl" else _csv
    for name, rows in (
        ("customers", customers(workspace)),
        ("signals", signals(workspace)),
        ("journeys", journeys(workspace)),
    ):
        path = folder / f"{name}.{asked.format}"
        print(f"{write(path, rows):,} {name} in {path}")
    return 0


def customers(workspace: Workspace) -> Iterator[dict]:
    """Every profile with what it is recognized by; a merged one names the profile that was kept."""
    found = Customer.objects.filter(workspace=workspace).order_by("pk").prefetch_related("identities")
    for customer in found.iterator(chunk_size=2000):
        yield {
            "id": customer.pk,
            "name": customer.name,
            "email": customer.email,
            "phone": customer.phone,
            "first_seen_at": customer.first_seen_at.isoformat(),
            "last_seen_at": customer.last_seen_at.isoformat(),
            "merged_into": customer.merged_into_id,
            "identities": [{"kind": one.kind, "value": one.value} for one in customer.identities.all()],
            "traits": customer.traits,
        }


def signals(workspace: Workspace) -> Iterator[dict]:
    """Every signal as it was accepted, once, in the order of arrival; straight from the journal."""
    seen: set[bytes] = set()
    entries = JournalEntry.objects.filter(workspace_id=workspace.pk).order_by("pk")
    for entry in entries.iterator(chunk_size=50):
        for signal in journal.decode(bytes(entry.body))[0]:
            digest = blake2b(signal.key.encode(), digest_size=8).digest()
            if digest not in seen:
                seen.add(digest)
                source = signal.source or entry.source
                yield msgspec.structs.asdict(signal) | {"at": signal.at.isoformat(), "source": source}


def journeys(workspace: Workspace) -> Iterator[dict]:
    for listed in client.ask("GET", "/journeys/", workspace=workspace.slug):
        yield client.ask("GET", f"/journeys/{listed['id']}", workspace=workspace.slug)


def _jsonl(path: Path, rows: Iterable[dict]) -> int:
    written = 0
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
            written += 1
    return written


def _csv(path: Path, rows: Iterable[dict]) -> int:
    """One column for each field; what has fields of its own is JSON in its cell."""
    written, lines = 0, None
    with path.open("w", encoding="utf-8", newline="") as file:
        for row in rows:
            lines = lines or csv.DictWriter(file, fieldnames=list(row), extrasaction="ignore")
            if not written:
                lines.writeheader()
            lines.writerow({name: _cell(value) for name, value in row.items()})
            written += 1
    return written


def _cell(value) -> str:
    """A cell that a spreadsheet shows and never runs."""
    if value is None:
        return ""
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(sheets.cell(value))
