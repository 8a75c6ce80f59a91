"""The command line. Each command is one function of one module; what goes wrong is one sentence."""

import os
import sys
from importlib import import_module

from .parser import build

# These tell of what goes on behind; every other command answers one question.
TELLING = {"serving:serve", "working:work", "demo:demo"}


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
        from . import sentences

        print(f"wayline: {sentences.of(error)}", file=sys.stderr)
        return 1


def _start_django(asked) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wayline.settings")
    if getattr(asked, "port", None):
        os.environ.setdefault("WAYLINE_BASE_URL", f"http://127.0.0.1:{asked.port}")
    is_telling = asked.run in TELLING or os.environ.get("WAYLINE_DEBUG") == "1"
    os.environ.setdefault("WAYLINE_LOG_LEVEL", "WARNING" if is_telling else "CRITICAL")
    import django

    django.setup()
