"""Journeys as code: maps as YAML files in a directory that a repository keeps."""

import json
import re
from hashlib import sha256
from pathlib import Path

from wayline.journeys.exchange import document
from wayline.kit.refusals import Refusal

from . import client

LOCK = "wayline.lock"


class DirectoryMissing(Refusal):
    """There is nothing to push."""


class LockNotUnderstood(Refusal):
    """Somebody wrote into the lock file, or merged it badly."""


def pull(asked) -> int:
    """Write every map; 1 when a file was changed here and left alone."""
    folder = Path(asked.directory)
    folder.mkdir(parents=True, exist_ok=True)
    lock = _lock(folder)
    named = {known["journey"]: name for name, known in lock.items()}
    kept = 0
    listed = client.ask("GET", "/journeys/", workspace=asked.workspace)
    for journey in sorted(listed, key=lambda each: each["id"]):
        found = client.ask("GET", f"/journeys/{journey['id']}/map", workspace=asked.workspace)
        name = named.get(journey["id"]) or _free_name(folder, lock, journey["title"])
        file, known = folder / name, lock.get(name)
        if file.exists() and not asked.force and known and _digest(file) != known["file"]:
            if known["revision"] != found["revision"]:
                print(f"{name}: changed here and on the server; left alone. Push refuses it too: put your")
                print("  change aside, pull with --force, and make it again.")
            else:
                print(f"{name}: changed here; left alone. Push it, or pull with --force to give it up.")
            kept += 1
            continue
        file.write_text(found["yaml"], encoding="utf-8")
        lock[name] = _known(found, file)
    _forget(folder, lock, {each["id"] for each in listed})
    _write(folder, lock)
    print(f"{len(listed) - kept} maps in {folder}")
    return 1 if kept else 0


def push(asked) -> int:
    """Make the maps what the files say; 1 when one of them was refused."""
    folder = Path(asked.directory)
    files = sorted(folder.glob("*.yaml"))
    if not files:
        raise DirectoryMissing(
            f"There are no .yaml files in {folder}. Pull first, or name another directory."
        )
    lock, refused = _lock(folder), 0
    there = (
        {each["id"] for each in client.ask("GET", "/journeys/", workspace=asked.workspace)} if lock else set()
    )
    for file in files:
        known = lock.get(file.name)
        if known and known["journey"] not in there:
            print(
                f"{file.name}: its journey was deleted. Restore it in the library; or, to draw it anew, take"
            )
            print(f"  the file's entry out of {LOCK} and push again.")
            refused += 1
            continue
        if known and _digest(file) == known["file"]:
            continue
        try:
            written = document.read(file.read_text(encoding="utf-8"))
            if asked.dry_run:
                print(f"{file.name}: would {'change' if known else 'draw'} “{written.title}”")
                continue
            found = _send(known, written, asked.workspace)
        except (Refusal, UnicodeDecodeError) as refusal:
            print(f"{file.name}: refused. {refusal}")
            refused += 1
            continue
        # As the server writes it, so that the next pull finds no difference.
        file.write_text(found["yaml"], encoding="utf-8")
        lock[file.name] = _known(found, file)
        # After each file: a push that is cut off has noted what it sent.
        _write(folder, lock)
        print(f"{file.name}: {'changed' if known else 'drawn'}")
    return 1 if refused else 0


def _send(known: dict | None, written: document.Document, workspace: str | None) -> dict:
    written = _without_bytes(written, workspace)
    if known is None:
        return client.ask("POST", "/journeys/maps", workspace=workspace, body={"document": written.plain})
    body = {"document": written.plain, "revision": known["revision"]}
    return client.ask("POST", f"/journeys/{known['journey']}/replace", workspace=workspace, body=body)


def _without_bytes(written: document.Document, workspace: str | None) -> document.Document:
    """The map with its pictures sent ahead, one by one: together they may be more than one call may hold."""
    names = {
        name: client.ask("POST", "/journeys/pictures/keep", workspace=workspace, body={"content": encoded})[
            "name"
        ]
        for name, encoded in (written.pictures or {}).items()
    }
    if not names:
        return written
    plain = written.plain | {"pictures": {}}
    for step in (step for phase in plain["phases"] for step in phase.get("steps", ())):
        for card in step.get("cards", ()):
            if card.get("picture") in names:
                card["picture"] = names[card["picture"]]
    return document.parsed(plain)


def _known(found: dict, file: Path) -> dict:
    return {"journey": found["journey"], "revision": found["revision"], "file": _digest(file)}


def _digest(file: Path) -> str:
    return sha256(file.read_bytes()).hexdigest()[:16]


def _free_name(folder: Path, lock: dict, title: str) -> str:
    wanted, number = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60] or "journey", 2
    name = f"{wanted}.yaml"
    while name in lock or (folder / name).exists():
        name, number = f"{wanted}-{number}.yaml", number + 1
    return name


def _forget(folder: Path, lock: dict, there: set[int]) -> None:
    """A journey deleted on the server takes its file along, unless that was changed here."""
    for name in [name for name, known in lock.items() if known["journey"] not in there]:
        file = folder / name
        if file.exists() and _digest(file) == lock[name]["file"]:
            file.unlink()
            print(f"{name}: its journey was deleted; removed")
        lock.pop(name)


def _lock(folder: Path) -> dict:
    file = folder / LOCK
    if not file.exists():
        return {}
    try:
        lock = json.loads(file.read_text(encoding="utf-8"))
        return {
            name: {key: known[key] for key in ("journey", "revision", "file")} for name, known in lock.items()
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise LockNotUnderstood(
            f"{file} cannot be read. Take it from the last commit, or pull into an empty directory."
        ) from error


def _write(folder: Path, lock: dict) -> None:
    text = json.dumps(dict(sorted(lock.items())), indent=2, ensure_ascii=False)
    (folder / LOCK).write_text(text + "\n", encoding="utf-8")
