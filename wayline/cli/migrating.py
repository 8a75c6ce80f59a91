"""Bringing databases up to date: room on the disk first, and words for what stands in the way."""

import shutil
from pathlib import Path

import structlog
from django.conf import settings
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import Error

from wayline.kit.refusals import Refusal

log = structlog.get_logger()
COPIES = 2  # SQLite changes a table by copying it, and the copy passes through its log
LEAST_BYTES = 20_000_000


class NoRoom(Refusal):
    """A disk that would fill up in the middle."""


class MigrationFailed(Refusal):
    """One step could not be taken. It is undone whole; those before it stand."""


def waiting(name: str) -> list[str]:
    """The migrations that the database lacks, in their order."""
    executor = MigrationExecutor(connections[name])
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def behind() -> dict[str, list[str]]:
    """The databases that an earlier version left behind, or nobody created yet, with what they lack."""
    return {name: lacking for name in settings.DATABASES if (lacking := waiting(name))}


def what_waits() -> str:
    """One sentence for what must be done before anything else; empty when nothing must."""
    return " ".join(
        f"The database “{name}” lacks {lacking[0]}"
        + (f" and {len(lacking) - 1} more" if len(lacking) > 1 else "")
        + ". Run: wayline init"
        for name, lacking in behind().items()
    )


def bring_up_to_date() -> None:
    """Take every step that waits. Ended in the middle, it goes on where it stood when it is begun again."""
    for name in behind():
        _check_room(name)
        executor = MigrationExecutor(connections[name], _told)
        try:
            executor.migrate(executor.loader.graph.leaf_nodes())
        except Error as error:
            lacking = waiting(name)
            raise MigrationFailed(
                f"{lacking[0]} could not be carried out: {str(error).strip().splitlines()[0]}. Nothing of "
                f"it was kept, what came before it stands, and {len(lacking)} wait. Mend the cause and run "
                "wayline init again, or restore the backup with the version that made it."
            ) from error


def _told(action: str, migration=None, is_fake: bool = False) -> None:
    if action == "apply_start" and migration is not None:
        log.info("changing the database", step=f"{migration.app_label}.{migration.name}")


def _check_room(name: str) -> None:
    """A disk that fills up in the middle would undo the step; better to say it before an hour is lost."""
    connection = connections[name]
    path = Path(str(connection.settings_dict["NAME"]))
    if connection.vendor != "sqlite" or not path.is_file():
        return
    size = sum(each.stat().st_size for each in (path, Path(f"{path}-wal")) if each.is_file())
    needed = COPIES * size + LEAST_BYTES
    free = shutil.disk_usage(path.parent).free
    if size > LEAST_BYTES and free < needed:
        raise NoRoom(
            f"{path.name} has {size // 1_000_000} MB, and bringing it up to date may need "
            f"{needed // 1_000_000} MB more; {free // 1_000_000} MB are free in {path.parent}. Free some "
            "space first. Nothing was changed."
        )
