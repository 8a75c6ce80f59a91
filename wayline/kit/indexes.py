"""Indexes of large tables, built while others write to them where the database can do so.

A migration that uses these says `atomic = False`. Cut off in the middle, each can be begun again.
"""

from django.db import migrations


class AddIndex(migrations.AddIndex):
    """An index that nobody waits for on PostgreSQL; what a broken attempt left there is dropped first."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        model = to_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            _drop(schema_editor, self.index.name)
            with _patient(schema_editor):
                schema_editor.add_index(model, self.index, **_beside_writing(schema_editor))


class RemoveIndex(migrations.RemoveIndex):
    """An index that may be gone already."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        model = from_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            _drop(schema_editor, self.name)


def _is_postgresql(schema_editor) -> bool:
    return schema_editor.connection.vendor == "postgresql"


def _beside_writing(schema_editor) -> dict[str, bool]:
    return {"concurrently": True} if _is_postgresql(schema_editor) else {}


def _drop(schema_editor, name: str) -> None:
    how = "CONCURRENTLY " if _is_postgresql(schema_editor) else ""
    with _patient(schema_editor):
        schema_editor.execute(f"DROP INDEX {how}IF EXISTS {schema_editor.quote_name(name)}")


class _patient:
    """Waiting for open transactions to end keeps nobody from writing here, unlike everywhere else."""

    def __init__(self, schema_editor):
        self._editor, self._before = schema_editor, ""

    def __enter__(self):
        if _is_postgresql(self._editor):
            with self._editor.connection.cursor() as cursor:
                cursor.execute("SHOW lock_timeout")
                self._before = cursor.fetchone()[0]
                cursor.execute("SET lock_timeout = 0")

    def __exit__(self, *_):
        if self._before:
            with self._editor.connection.cursor() as cursor:
                cursor.execute("SELECT set_config('lock_timeout', %s, false)", [self._before])
