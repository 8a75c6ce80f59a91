"""A damaged file is put aside, never deleted: the service goes on, and the journal fills a new one."""

import os
from datetime import datetime
from pathlib import Path

SAID = ("corrupt", "checksum", "could not read enough bytes", "not a valid duckdb database")
SENTENCE = (
    "The file of signals is damaged. It is put aside and built anew from the journal, which keeps all that "
    "was acknowledged and takes what comes. Look again in some minutes."
)


def is_meant(error: Exception) -> bool:
    """Whether the engine's words speak of a damaged file, and not of a full disk or a missing right."""
    words = str(error).lower()
    return any(each in words for each in SAID)


def drop_empty(file: Path) -> None:
    """A first start on a full disk leaves a file of no bytes, which would be taken for a damaged one."""
    if file.is_file() and not file.stat().st_size and not Path(f"{file}.wal").exists():
        file.unlink()


def put_aside(path: str, *, now: datetime) -> str:
    """Rename the file and what the engine wrote beside it; answers the file's new name."""
    aside = f"{path}.damaged-{now:%Y-%m-%dT%H%M%S}"
    for end in (".wal", ""):
        if Path(f"{path}{end}").exists():
            os.replace(f"{path}{end}", f"{aside}{end}")
    return aside


def put_aside_before(path: str) -> list[str]:
    """The damaged files that still lie beside this one, the oldest first."""
    beside = Path(path).parent.glob(f"{Path(path).name}.damaged-*")
    return sorted(str(each) for each in beside if each.suffix != ".wal")
