"""A database of an earlier version brought up to date: room first, each step told, words when one fails."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.management import call_command
from django.core.management.commands import migrate as django_migrate
from django.db import connections, migrations, router
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.utils import Error

from .refusals import Refusal

COPIES = 2  # SQLite changes a table by copying it, and the copy passes through its log
LEAST_BYTES = 20_000_000  # a smaller database is never refused; room to spare for a larger one
COPYING = (migrations.AddField, migrations.AlterField, migrations.RemoveField, migrations.AddConstraint)
TOLD_EVERY = 10.0  # seconds of a long step
# Whoever waits for a table of PostgreSQL holds up all who come after, so nobody here waits longer than this.
LOCK_SECONDS = 1
PAUSE = 1.0
PATIENCE = 300.0  # seconds, for a table that others hold again and again
UPGRADE_LOCK = 715_003  # beside signals.load.LOADERS_LOCK
LOCKED = "55P03"  # PostgreSQL's number for it


class NoRoom(Refusal):
    """A disk that would fill up in the middle."""


class MadeByNewer(Refusal):
    """This version cannot read what a later one wrote."""


class MigrationFailed(Refusal):
    """One step could not be taken. It is undone whole; those before it stand."""


class Steps(django_migrate.Command):
    """Django's own command, which says which step it is at and how long each took."""

    requires_system_checks: list = []

    def __init__(self, count: int, tell: Callable[[str], None]):
        super().__init__()
        self._count, self._tell, self._taken = count, tell, 0
        self._is_done = threading.Event()

    def migration_progress_callback(self, action, migration=None, fake=False):
        if action == "apply_start":
            self._taken += 1
            self._began = time.monotonic()
            self._tell(f"  {self._taken:>2} of {self._count}  {migration} ")
            self._is_done = threading.Event()
            threading.Thread(target=self._go_on_telling, args=(self._is_done,), daemon=True).start()
        elif action == "apply_success":
            self._is_done.set()
            self._tell(f"{time.monotonic() - self._began:.1f} s\n")

    def execute(self, *args, **options):
        try:
            return super().execute(*args, **options)
        finally:
            self._is_done.set()

    def _go_on_telling(self, is_done: threading.Event) -> None:
        while not is_done.wait(TOLD_EVERY):
            self._tell(f"{time.monotonic() - self._began:.0f} s … ")


def lacking(name: str) -> list[str]:
    """The migrations that the database lacks, in their order."""
    return [f"{migration.app_label}.{migration.name}" for migration in _plan(name)]


def _plan(name: str) -> list[migrations.Migration]:
    executor = MigrationExecutor(connections[name])
    return [migration for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]


def unknown(name: str) -> list[str]:
    """The steps that the database took and that this version has never heard of, in its own areas."""
    loader = MigrationLoader(connections[name])
    replaced = {step for migration in loader.disk_migrations.values() for step in migration.replaces}
    strange = set(loader.applied_migrations) - set(loader.disk_migrations) - replaced
    return sorted(f"{app}.{step}" for app, step in strange if app in loader.migrated_apps)


def in_words(names: list[str]) -> str:
    """What is lacking, short enough to be read."""
    return names[0] + (f" and {len(names) - 1} more" if len(names) > 1 else "")


def migrate(name: str, *, tell: Callable[[str], None] = lambda _: None) -> None:
    """Take every step that waits. Ended in the middle, it goes on where it stood when it is begun again."""
    until = time.monotonic() + PATIENCE
    with _alone(name):
        plan = _plan(name)
        if plan:
            _check_room(name, plan)
            tell(f"Bringing {_called(name)} up to date, {len(plan)} step{'s'[: len(plan) > 1]}:\n")
        while plan:
            try:
                steps = Steps(len(plan), tell)
                return call_command(steps, database=name, verbosity=0, interactive=False)
            except Error as error:
                if not _is_locked(error) or time.monotonic() > until:
                    raise _failed(name, error) from error
                tell("waits: others hold its table\n")
                time.sleep(PAUSE)
                plan = _plan(name)


def _failed(name: str, error: Error) -> MigrationFailed:
    step, reason = in_words(lacking(name)), str(error).strip().splitlines()[0]
    if _is_locked(error):
        reason += ". Something holds the table for longer than a moment, such as a report or a backup"
    return MigrationFailed(
        f"{step} could not be carried out: {reason}. Nothing of this step was kept; what came before it "
        "stands. Mend the cause and run wayline init again, or restore the backup with the version that "
        "made it."
    )


def _is_locked(error: Error) -> bool:
    return getattr(error.__cause__, "sqlstate", "") == LOCKED


@contextmanager
def _alone(name: str) -> Iterator[None]:
    """Of several programs that were started at once to bring PostgreSQL up to date, one does it."""
    connection = connections[name]
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [UPGRADE_LOCK])
        cursor.execute(f"SET lock_timeout = '{LOCK_SECONDS}s'")
    try:
        yield
    finally:
        if connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("RESET lock_timeout")
                cursor.execute("SELECT pg_advisory_unlock(%s)", [UPGRADE_LOCK])


def _called(name: str) -> str:
    path = str(connections[name].settings_dict["NAME"])
    return Path(path).name if connections[name].vendor == "sqlite" else f"the database {path}"


def _check_room(name: str, plan: list[migrations.Migration]) -> None:
    """A disk that fills up in the middle would undo the step; better to say it before an hour is lost."""
    connection = connections[name]
    path = Path(str(connection.settings_dict["NAME"]))
    if connection.vendor != "sqlite" or not path.is_file():
        return
    size = sum(each.stat().st_size for each in (path, Path(f"{path}-wal")) if each.is_file())
    copied = COPIES * size if any(_copies(name, migration) for migration in plan) else size // 4
    needed, free = copied + LEAST_BYTES, shutil.disk_usage(path.parent).free
    if size > LEAST_BYTES and free < needed:
        raise NoRoom(
            f"{path.name} has {size // 1_000_000} MB, and bringing it up to date may need "
            f"{needed // 1_000_000} MB more; {free // 1_000_000} MB are free in {path.parent}. Free some "
            "space first. Nothing was changed."
        )


def _copies(name: str, migration: migrations.Migration) -> bool:
    """Whether SQLite copies a table of this database for it; an index alone takes far less."""
    app = migration.app_label
    return any(
        router.allow_migrate(name, app, model_name=operation.model_name.lower())
        for operation in migration.operations
        if isinstance(operation, COPYING)
    )
