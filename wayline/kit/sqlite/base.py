"""Django's SQLite, whose log is made safe before it is read and followed while it is written."""

import os

from django.db.backends.sqlite3 import base

from . import moving


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params):
        path = str(self.settings_dict["NAME"])
        if self.is_in_memory_db():
            return super().get_new_connection(conn_params)
        is_first = moving.open_first(path)
        connection = super().get_new_connection(conn_params)
        if is_first:
            moving.follow(self.alias, path)
            _keep_names(os.path.dirname(path))
        return connection


def _keep_names(folder: str) -> None:
    """A log that was just made has a name only once its directory is synced."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
