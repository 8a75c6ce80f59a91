"""The whole installation, copied and put back."""

import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from wayline.accounts.models import Workspace
from wayline.exports.backups import progress, restoring, taking
from wayline.kit.refusals import Refusal

from . import client, preparing

HOURS = 3600.0


class ServerRuns(Refusal):
    """What runs cannot be replaced."""


class NothingToBackUp(Refusal):
    """There is no workspace yet."""


def backup(asked) -> int:
    """Copy everything; a running server does it, because the signals are the server's."""
    folder = Path(asked.directory).expanduser().resolve()
    if client.running():
        first = Workspace.objects.order_by("pk").first()
        if first is None:
            raise NothingToBackUp("There is no workspace yet, so there is nothing to back up.")
        with _watching(folder):
            body = {"folder": str(folder)}
            made = client.ask("POST", "/exports/backup", workspace=first.slug, body=body, patience=12 * HOURS)
    else:
        manifest = taking.take(folder, now=timezone.now(), say=_say)
        sizes = [told["bytes"] for told in manifest["files"].values()]
        made = {"files": len(sizes), "bytes": sum(sizes), "counts": manifest["counts"]}
    counted = ", ".join(f"{n:,} {name.replace('_', ' ')}" for name, n in made["counts"].items())
    print(f"{folder}: {made['files']:,} files, {made['bytes'] / 1e6:,.1f} MB ({counted}).")
    print("It holds keys and everybody's data: keep it as carefully as the server, 35 days at most.")
    return 0


@contextmanager
def _watching(folder: Path) -> Iterator[None]:
    """Say now and then how much of it the server has written."""
    is_over = threading.Event()

    def watch() -> None:
        while not is_over.wait(progress.EVERY):
            with contextlib.suppress(OSError):  # another account's server keeps the folder to itself
                written = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
                print(f"{progress.size(written)} written so far", flush=True)

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield
    finally:
        is_over.set()
        watching.join()


def restore(asked) -> int:
    """Put a backup back, or say whether it could be."""
    folder = Path(asked.directory).expanduser().resolve()
    manifest = restoring.check(folder, say=_say)
    sentence = f"The backup of {manifest['written_at'][:16].replace('T', ' ')} UTC is whole"
    if asked.check:
        print(f"{sentence}: {len(manifest['files']):,} files.")
        return 0
    if client.running():
        raise ServerRuns("A server runs on this data directory. Stop it, and restore into an empty one.")
    restoring.refuse_unless_empty(Path(settings.DATA_DIR), manifest)
    print(f"{sentence}.", flush=True)
    restoring.put_back(folder, manifest, say=_say)
    preparing.prepare()
    restoring.catch_up(manifest, now=timezone.now(), say=_say)
    preparing.close_databases()
    print(f"Restored into {settings.DATA_DIR}. Next: wayline doctor, then wayline serve")
    return 0


def _say(sentence: str) -> None:
    print(sentence, flush=True)
