"""Moves what was committed from SQLite's log into the journal's file, beside the writing and not within it.

Left alone, SQLite does so within the commit that makes the log long, and every batch in it waits for the disk
once more. Only what comes meanwhile is left for such a commit, after which the log begins anew.
"""

import threading

import structlog
from django.conf import settings
from django.db import DatabaseError, connections

log = structlog.get_logger()

EVERY = 0.5  # seconds


class Checkpoints:
    """A thread that follows the writing; for a database that needs none it does nothing."""

    def __init__(self) -> None:
        self._wrote = threading.Event()
        if connections[settings.JOURNAL_DATABASE].vendor == "sqlite":
            threading.Thread(target=self._run, name="checkpoints", daemon=True).start()

    def wrote(self) -> None:
        """Something was committed."""
        self._wrote.set()

    def _run(self) -> None:
        pause = threading.Event()
        while self._wrote.wait():
            pause.wait(EVERY)
            self._wrote.clear()
            try:
                with connections[settings.JOURNAL_DATABASE].cursor() as cursor:
                    # Every other kind would take the writer's lock (docs/decisions/0192).
                    cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")
            except DatabaseError as error:  # a full disk: the commits say so to whom it concerns
                log.warning("the journal's log could not be moved into its file", error=str(error))
                connections[settings.JOURNAL_DATABASE].close()
