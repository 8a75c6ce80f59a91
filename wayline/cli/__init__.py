"""The command line. Each command is one function of one module; what goes wrong is one sentence."""

import errno
import os
import sys
from importlib import import_module

from .parser import build

UNUSABLE = {errno.EEXIST, errno.ENOTDIR, errno.EROFS, errno.ENAMETOOLONG}


def main(arguments: list[str] | None = None) -> int:
    """Run one command and answer its exit code: 0 done, 1 refused, 2 not understood."""
    asked = build().parse_args(arguments)
    try:
        _start_django(asked)
        module, function = asked.run.split(":")
        return getattr(import_module(f"wayline.cli.{module}"), function)(asked) or 0
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader, head for example, has seen enough
        # Or Python would fail once more when it empties its output at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if os.environ.get("WAYLINE_DEBUG") == "1":
            raise
        print(f"wayline: {_sentence(error)}", file=sys.stderr)
        return 1


def _start_django(asked) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wayline.settings")
    if getattr(asked, "port", None):
        os.environ.setdefault("WAYLINE_BASE_URL", f"http://127.0.0.1:{asked.port}")
    os.environ.setdefault("WAYLINE_LOG_LEVEL", "WARNING")
    import django

    django.setup()


def _sentence(error: Exception) -> str:
    """What to do about it, in one sentence, never a traceback."""
    from django.db.utils import DatabaseError

    from wayline.kit.refusals import Refusal

    text = str(error).strip()
    if isinstance(error, Refusal):
        return text
    if isinstance(error, PermissionError):
        place = error.filename or "The data directory"
        return f"{place} may not be used. Give yourself the right, or set WAYLINE_DATA_DIR."
    if isinstance(error, OSError) and error.errno in UNUSABLE:
        return f"{error.filename} cannot be a directory for data ({error.strerror}). Set WAYLINE_DATA_DIR."
    if isinstance(error, OSError) and error.errno == errno.ENOSPC or "disk is full" in text:
        return "The disk is full. Free some space and try again; nothing that was acknowledged is lost."
    if isinstance(error, FileNotFoundError):
        return f"There is no {error.filename}, and it cannot be made. Check the name."
    if isinstance(error, DatabaseError) and ("no such table" in text or "does not exist" in text):
        return "The databases are not set up. Run: wayline init"
    if isinstance(error, DatabaseError):
        return f"The database does not answer: {text.splitlines()[0] if text else type(error).__name__}."
    first = text.splitlines()[0] if text else ""
    return f"{type(error).__name__}: {first} (WAYLINE_DEBUG=1 shows where.)"
