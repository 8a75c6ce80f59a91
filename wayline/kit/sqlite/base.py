"""Django's SQLite, whose log is made safe before it is read and followed while it is written."""

import os

from django.db.backends.sqlite3 import base

from wayline.kit import durable

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
            durable.sync(os.path.dirname(path))  # only then has a log that was just made its name
        return connection
