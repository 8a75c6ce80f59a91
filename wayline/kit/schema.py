"""The tables of a database that is new, made at once instead of along the history that led to them."""

from collections.abc import Callable

from django.apps import apps
from django.core.management.sql import emit_post_migrate_signal
from django.db import connections, router
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from . import upgrading


def bring_up_to_date(*, tell: Callable[[str], None] = lambda _: None) -> None:
    """Make or migrate every database that lacks something, telling each step; quick when none does."""
    if problem := newer():
        raise upgrading.MadeByNewer(problem)
    for name in lacking():
        if connections[name].introspection.table_names():
            upgrading.migrate(name, tell=tell)
        else:
            create(name)


def lacking() -> dict[str, list[str]]:
    """What each database lacks that an earlier version left behind, or nobody created yet."""
    return {name: steps for name in connections if (steps := upgrading.lacking(name))}


def newer() -> str | None:
    """What to do where a later version has changed a database already: there is no way down."""
    known = [step for name in connections for step in upgrading.unknown(name)]
    if not known:
        return None
    return (
        f"The databases are of a newer version of Wayline (they know {upgrading.in_words(known)}). Start "
        "that version or a later one, or restore a backup from before it (docs/operating/upgrade.md)."
    )


def create(name: str) -> None:
    """Make every table as its model is now, and note every migration as done.

    A step of the history costs a state of all models, so the whole of it costs many times what its end does.
    It is one transaction: whoever is stopped in between leaves an empty database behind.
    """
    connection = connections[name]
    recorder = MigrationRecorder(connection)
    with connection.schema_editor() as editor:
        editor.create_model(recorder.Migration)
        for model in apps.get_models():
            if model._meta.can_migrate(connection) and router.allow_migrate_model(name, model):
                editor.create_model(model)
        done = MigrationExecutor(connection).loader.disk_migrations
        recorder.Migration.objects.using(name).bulk_create(
            recorder.Migration(app=app, name=migration) for app, migration in done
        )
    # Content types and permissions are made by those who listen to this, as after `migrate`.
    emit_post_migrate_signal(verbosity=0, interactive=False, db=name)
