"""On PostgreSQL, NOTIFY tells every process which topics changed."""

import threading
import time

import psycopg
import structlog
from django.db import connection

from .messages import CHANNEL

log = structlog.get_logger(__name__)
WAIT_SECONDS = 3


class Listener(threading.Thread):
    def __init__(self, hub):
        super().__init__(name="wayline-live-listener", daemon=True)
        self.hub = hub

    def run(self) -> None:
        while True:
            try:
                with psycopg.connect(**_parameters(), autocommit=True) as listening:
                    listening.execute(f"LISTEN {CHANNEL}")
                    self.hub.sweep()  # what was said while nobody listened
                    for notification in listening.notifies():
                        self.hub.wake(notification.payload)
            except psycopg.Error:
                log.warning("the live listener lost its connection; connecting again")
                time.sleep(WAIT_SECONDS)


def _parameters() -> dict:
    """Django's own parameters without what only its cursors understand."""
    unknown = {"context", "cursor_factory", "server_side_binding", "isolation_level", "assume_role", "pool"}
    given = connection.get_connection_params()
    return {name: value for name, value in given.items() if name not in unknown}
