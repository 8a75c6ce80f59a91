import shutil
import sqlite3
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.db import connections
from django.db.utils import Error

from wayline import health
from wayline.accounts.models import Workspace
from wayline.kit import schema, upgrading
from wayline.kit.refusals import Refusal
from wayline.kit.tasks.models import Job
from wayline.signals import load
from wayline.signals.models import PrunedEntries
from wayline.warehouse import connect

from . import client, sentences

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@dataclass(frozen=True)
class Finding:
    sentence: str
    is_wrong: bool = False


def doctor(asked) -> int:
    """Print one line for each check; what is wrong says what to do."""
    server = client.running()
    findings = [_found(check, server) for check in CHECKS]
    for finding in findings:
        print(f"{'✗' if finding.is_wrong else '✓'} {finding.sentence}")
    wrong = sum(finding.is_wrong for finding in findings)
    print(f"\n{wrong} of {len(findings)} checks found something wrong." if wrong else "\nAll is well.")
    return 1 if wrong else 0


def _found(check: Callable, server) -> Finding:
    try:
        return check(server)
    except (Error, Refusal, OSError, connect.WarehouseFailing) as error:
        name = check.__name__.replace("_", " ").capitalize()
        return Finding(f"{name}: {sentences.of(error)}", is_wrong=True)


def python(server) -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding(
        f"Python {version}" + ("" if sys.version_info >= (3, 11) else "; 3.11 or newer is needed"),
        sys.version_info < (3, 11),
    )


def sqlite(server) -> Finding:
    if connections["default"].vendor != "sqlite":
        return Finding("SQLite is not used")
    # docs/decisions/0082 says what older ones do.
    is_old = sqlite3.sqlite_version_info < (3, 51, 3)
    advice = "; 3.51.3 or newer is needed, older ones can corrupt a database" if is_old else ""
    return Finding(f"SQLite {sqlite3.sqlite_version}{advice}", is_old)


def data_directory(server) -> Finding:
    probe = settings.DATA_DIR / ".probe"
    probe.write_text("")
    probe.unlink()
    return Finding(f"Data directory {settings.DATA_DIR} can be written")


def disk(server) -> Finding:
    problem = health.disk()
    free = shutil.disk_usage(settings.DATA_DIR).free // 1_000_000_000
    return Finding(problem or f"Disk has {free} GB free", bool(problem))


def databases(server) -> Finding:
    if newer := schema.newer():
        return Finding(newer, is_wrong=True)
    if lacking := schema.lacking():
        told = "; ".join(f"{name} lacks {upgrading.in_words(steps)}" for name, steps in lacking.items())
        return Finding(f"Databases not up to date: {told}. Run: wayline init", is_wrong=True)
    for name in settings.DATABASES:
        if connections[name].vendor == "sqlite":
            with connections[name].cursor() as cursor:
                cursor.execute("PRAGMA quick_check(1)")
                verdict = cursor.fetchone()[0]
            if verdict != "ok":
                return Finding(f"Database {name} is damaged: {verdict}. Restore a backup.", is_wrong=True)
    return Finding("Databases are up to date and whole")


def warehouse(server) -> Finding:
    if aside := connect.put_aside():
        filled = (
            "The journal does not reach back to the beginning: put a copy of the warehouse back "
            "(docs/operating/backup.md)."
            if PrunedEntries.objects.exists()
            else "It is filled anew from the journal; once no signals are missing below, delete the old file."
        )
        return Finding(f"Warehouse was damaged and put aside as {aside[-1]}. {filled}", is_wrong=True)
    if server:
        return Finding(f"Warehouse is open in the server, process {server.pid}")
    connect.current()
    return Finding("Warehouse can be opened")


def own_tables(server) -> Finding:
    """A company's PostgreSQL tables are there, as the mapping says, and cannot be written."""
    if not settings.OWN_TABLES:
        return Finding("Own tables: none are mapped")
    found = connect.own_tables_found()
    wrong = [sentence for _, sentence in found if sentence]
    if wrong:
        return Finding(f"Own tables: {' '.join(wrong)}", is_wrong=True)
    return Finding(f"Own tables: the mapping can be read, and {len(found)} of PostgreSQL can be asked")


def server_running(server) -> Finding:
    if server:
        return Finding(f"Server answers at {server.url}")
    return Finding("Server is not running. Start it with: wayline serve")


def journal(server) -> Finding:
    # Without a server the warehouse itself can be asked: one that was put back lacks more than was noted.
    if not server and (waiting := load.waiting()):
        return Finding(f"Journal holds {waiting:,} batches that the next start loads")
    lag = health.lag()
    return Finding(lag.sentence, lag.is_late)


def signals(server) -> Finding:
    """Everything received is stored, a duplicate, refused or waiting; else something was lost."""
    totals: Counter[str] = Counter()
    for slug in Workspace.objects.values_list("slug", flat=True):
        totals.update(client.ask("GET", "/signals/account", workspace=slug))
    parts = ", ".join(
        f"{totals[name]:,} {word}"
        for name, word in (
            ("stored", "stored"),
            ("facts", "facts about customers"),
            ("duplicates", "known already"),
            ("refused", "refused"),
            ("waiting", "waiting"),
        )
    )
    sentence = f"Signals: {totals['received']:,} received = {parts}"
    if not totals["missing"]:
        return Finding(sentence)
    advice = (
        "Stop the server, put signals.duckdb back from a backup and start again: the journal adds the rest."
        if PrunedEntries.objects.exists()
        else "Stop the server, move signals.duckdb aside and start again: it is filled anew from the journal."
    )
    return Finding(f"{sentence}, but {totals['missing']:,} unexplained. {advice}", is_wrong=True)


def tasks(server) -> Finding:
    dead = Job.objects.filter(state=Job.State.DEAD)
    if dead.exists():
        last = dead.order_by("-id").first()
        return Finding(
            f"Tasks: {dead.count()} given up, the last being {last.task}: {last.error}", is_wrong=True
        )
    return Finding(f"Tasks: {Job.objects.count()} waiting, none given up")


def browser(server) -> Finding:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    return Finding(
        f"Browser for tests: {found}" if found else "Browser for tests: none (only tests need one)"
    )


CHECKS = (
    python,
    sqlite,
    data_directory,
    disk,
    databases,
    warehouse,
    own_tables,
    server_running,
    journal,
    signals,
    tasks,
    browser,
)
