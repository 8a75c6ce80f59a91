"""What went wrong on the command line: one sentence that says what to do, never a traceback."""

import errno
import re

from django.db.utils import DatabaseError

from wayline.kit.refusals import Refusal
from wayline.warehouse.engine import WarehouseDamaged, WarehouseFailing

UNUSABLE = {errno.EEXIST, errno.ENOTDIR, errno.EROFS, errno.ENAMETOOLONG}
FULL = "The disk is full. Free some space and try again; nothing that was acknowledged is lost."


def of(error: Exception) -> str:
    """What to do about it."""
    text = str(error).strip()
    first = text.splitlines()[0] if text else type(error).__name__
    if isinstance(error, OSError) and error.errno == errno.ENOSPC or _is_full(text):
        return FULL
    if isinstance(error, WarehouseDamaged):
        return f"{first} wayline serve puts the file aside and fills a new one from the journal."
    if isinstance(error, Refusal):
        return text
    if isinstance(error, WarehouseFailing):
        # What a library says of itself goes on for lines.
        reason = re.split(r" \(Caused by|: Max retries| executing HTTP", first)[0]
        return f"{reason}. Check that the engine runs and that WAYLINE_WAREHOUSE_URL names it."
    if isinstance(error, DatabaseError):
        return _of_database(first)
    if isinstance(error, OSError):
        return _of_file(error, first)
    return f"{type(error).__name__}: {first} (WAYLINE_DEBUG=1 shows where.)"


def _is_full(text: str) -> bool:
    return "disk is full" in text or "No space left on device" in text


def _of_database(first: str) -> str:
    if "no such table" in first or ("relation" in first and "does not exist" in first):
        return "The databases are not set up. Run: wayline init"
    if "malformed" in first or "not a database" in first:
        return f"The database is damaged ({first}). Restore a backup (docs/operating/backup.md)."
    if "onnect" in first:
        return f"The database does not answer: {first}. Check that it runs, and WAYLINE_DATABASE_URL."
    return f"The database does not answer: {first}."


def _of_file(error: OSError, first: str) -> str:
    if isinstance(error, PermissionError):
        place = error.filename or "The data directory"
        return f"{place} may not be used. Give yourself the right, or set WAYLINE_DATA_DIR."
    if error.errno in UNUSABLE:
        return f"{error.filename} cannot be a directory for data ({error.strerror}). Set WAYLINE_DATA_DIR."
    if isinstance(error, FileNotFoundError):
        return f"There is no {error.filename}, and it cannot be made. Check the name."
    return f"{type(error).__name__}: {first} (WAYLINE_DEBUG=1 shows where.)"
