"""A database of an earlier version brought up to date: room first, and words when a step fails."""

import shutil
from pathlib import Path

from django.core.management import call_command
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.utils import Error

from .refusals import Refusal

COPIES = 2  # SQLite changes a table by copying it, and the copy passes through its log
LEAST_BYTES = 20_000_000  # a smaller database is never refused; room to spare for a larger one


class NoRoom(Refusal):
    """A disk that would fill up in the middle."""


class MadeByNewer(Refusal):
    """This version cannot read what a later one wrote."""


class MigrationFailed(Refusal):
    """One step could not be taken. It is undone whole; those before it stand."""


def lacking(name: str) -> list[str]:
    """The migrations that the database lacks, in their order."""
    executor = MigrationExecutor(connections[name])
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def unknown(name: str) -> list[str]:
    """The steps that the database took and that this version has never heard of, in its own areas."""
    loader = MigrationLoader(connections[name])
    replaced = {step for migration in loader.disk_migrations.values() for step in migration.replaces}
    strange = set(loader.applied_migrations) - set(loader.disk_migrations) - replaced
    return sorted(f"{app}.{step}" for app, step in strange if app in loader.migrated_apps)


def in_words(names: list[str]) -> str:
    """What is lacking, short enough to be read."""
    return names[0] + (f" and {len(names) - 1} more" if len(names) > 1 else "")


def migrate(name: str) -> None:
    """Take every step that waits. Ended in the middle, it goes on where it stood when it is begun again."""
    _check_room(name)
    try:
        call_command("migrate", database=name, verbosity=0, interactive=False)
    except Error as error:
        step, reason = in_words(lacking(name)), str(error).strip().splitlines()[0]
        raise MigrationFailed(
            f"{step} could not be carried out: {reason}. Nothing of this step was kept; what came before it "
            "stands. Mend the cause and run wayline init again, or restore the backup with the version that "
            "made it."
        ) from error


def _check_room(name: str) -> None:
    """A disk that fills up in the middle would undo the step; better to say it before an hour is lost."""
    connection = connections[name]
    path = Path(str(connection.settings_dict["NAME"]))
    if connection.vendor != "sqlite" or not path.is_file():
        return
    size = sum(each.stat().st_size for each in (path, Path(f"{path}-wal")) if each.is_file())
    needed, free = COPIES * size + LEAST_BYTES, shutil.disk_usage(path.parent).free
    if size > LEAST_BYTES and free < needed:
        raise NoRoom(
            f"{path.name} has {size // 1_000_000} MB, and bringing it up to date may need "
            f"{needed // 1_000_000} MB more; {free // 1_000_000} MB are free in {path.parent}. Free some "
            "space first. Nothing was changed."
        )
