"""Moves what was committed from SQLite's log into the journal's file, beside the writing and not within it.

Left alone, SQLite does so within the commit that makes the log long, and every batch in it waits for the disk
once more. Only what comes meanwhile is left for the writer (journal.py), after which the log begins anew.
"""

import threading

from django.conf import settings
from django.db import connections

from wayline.kit.sqlite import moving

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
            # Every other kind would take the writer's lock (docs/decisions/0192).
            moving.move(settings.JOURNAL_DATABASE)
