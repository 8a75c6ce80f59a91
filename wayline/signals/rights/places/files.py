"""Stored files: what was imported, and what was made for people to take away."""

import os
import shutil
from pathlib import Path

import structlog
from django.conf import settings

from wayline.kit.refusals import Refusal
from wayline.signals.imports import mapping as mappings
from wayline.signals.imports import readers
from wayline.signals.imports.models import Import
from wayline.signals.rights.models import AccessExport
from wayline.signals.rights.person import Person

log = structlog.get_logger()
ENCODINGS = ("utf-8", "utf-16", "latin-1")


class ImportedFiles:
    """A file that holds the person is removed whole; the signals it became stay, without theirs."""

    name, label = "imported_files", "Stored files of imports"
    is_read_whole = True

    def count(self, person: Person) -> int:
        return sum(len(files) for _, files in _holding(person))

    def erase(self, person: Person) -> int:
        gone = 0
        for run, files in _holding(person):
            for path in files:
                overwrite(path)
                gone += 1
            if run.state == Import.State.DRAFT:
                shutil.rmtree(run.path.parent, ignore_errors=True)
                run.delete()
        return gone


class AccessExports:
    name, label = "access_exports", "Access exports made for them"
    is_read_whole = False

    def count(self, person: Person) -> int:
        return AccessExport.objects.filter(customer__in=person.profiles).count()

    def erase(self, person: Person) -> int:
        found = list(AccessExport.objects.filter(customer__in=person.profiles))
        for each in found:
            remove_folder(each.path if each.folder else None)
            each.delete()
        return len(found)


IMPORTED_FILES, ACCESS_EXPORTS = ImportedFiles(), AccessExports()


def overwrite(path: Path) -> None:
    """Remove a file; its first megabyte is overwritten before."""
    try:
        size = path.stat().st_size
        with path.open("r+b") as file:
            file.write(b"\0" * min(size, 1 << 20))
            file.truncate(0)
            os.fsync(file.fileno())
    except FileNotFoundError:
        return
    path.unlink(missing_ok=True)


def remove_folder(folder: Path | None) -> None:
    """Remove a folder of made files."""
    # Whatever a row says, never a folder outside of what the product stored.
    if folder and folder.is_dir() and Path(settings.MEDIA_ROOT) in folder.parents:
        for path in folder.rglob("*"):
            if path.is_file():
                overwrite(path)
        shutil.rmtree(folder, ignore_errors=True)


def _holding(person: Person) -> list[tuple[Import, list[Path]]]:
    found = []
    for run in Import.objects.filter(workspace=person.workspace).exclude(folder=""):
        stored = [path for path in (run.path, *run.paths_beside.values()) if path.is_file()]
        files = [path for path in stored if _holds(person, run, path)]
        if files:
            found.append((run, files))
    return found


def _holds(person: Person, run: Import, path: Path) -> bool:
    """Whether a cell of the file is theirs. A file that cannot be read might be, so it counts."""
    try:
        rules = mappings.read(run.mapping).file if run.mapping and path == run.path else None
    except Refusal:
        rules = None
    try:
        with readers.opened(path, rules) if rules else readers.opened(path) as source:
            if any(person.is_cell(cell) for cell in source.columns):
                return True
            return any(person.is_cell(str(cell)) for _, row in source.rows for cell in row)
    except Exception:
        log.warning("a stored file cannot be read; it is searched as bytes", file=path.name)
        return _holds_in_bytes(person, path)


def _holds_in_bytes(person: Person, path: Path) -> bool:
    content = path.read_bytes()
    if b"\0" in content[:4096] and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True  # packed in a way we cannot look into
    return any(person.is_named_in(content.decode(encoding, "replace")) for encoding in ENCODINGS)
