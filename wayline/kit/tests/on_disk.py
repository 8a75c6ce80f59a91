from contextlib import contextmanager
from pathlib import Path

from django.db import connections
from django.test.utils import override_settings


@contextmanager
def database_on_disk(path: Path):
    """Tests run in memory, which another process cannot see: a migrated job table in a file instead."""
    from wayline.kit.tasks.models import Job

    connection = connections["default"]
    connection.close()
    before = connection.settings_dict["NAME"]
    keep = connection.connection
    connection.connection = None
    connection.settings_dict["NAME"] = str(path)
    try:
        with override_settings():
            with connection.schema_editor() as editor:
                editor.create_model(Job)
            yield
    finally:
        connection.connection and connection.connection.close()
        connection.connection = keep
        connection.settings_dict["NAME"] = before
