"""PostgreSQL for two versions at once: a new column keeps its default, for programs that do not know it."""

from django.db.backends.postgresql import base, schema


class DatabaseSchemaEditor(schema.DatabaseSchemaEditor):
    _is_adding = False

    def add_field(self, model, field):
        """Add the column; what its former rows get, rows of a former version get too."""
        self._is_adding = True
        try:
            super().add_field(model, field)
        finally:
            self._is_adding = False

    def skip_default_on_alter(self, field):
        """Django asks this before it drops the default that it has just given."""
        return self._is_adding and not field.null


class DatabaseWrapper(base.DatabaseWrapper):
    SchemaEditorClass = DatabaseSchemaEditor
