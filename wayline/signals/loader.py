"""The thread that keeps the warehouse up to date while the server runs."""

import math
import threading
import time

import structlog
from django.db import connections
from django.utils import timezone

from wayline.warehouse import connect

from . import journal, load, retention, upkeep

log = structlog.get_logger()

LONGEST_REST = 1.0  # seconds
MANY = 1_000  # signals in one go
GATHERED = 0.5  # seconds: then one large chunk is loaded in place of many small ones, at half their cost
QUIET = 60.0  # seconds without signals, after which there is time to sort
PRUNED_EVERY = 3_600.0  # seconds


class Loader:
    """The thread that keeps the warehouse up to date while the server runs."""

    def __init__(self, every: float = 1.0):
        self._every = every  # journal rows of other processes do not wake this one
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, with whatever a former process left in the journal."""
        if self._thread is None or not self._thread.is_alive():
            self._stopping.clear()
            self._thread = threading.Thread(target=self._run, name="loader", daemon=True)
            self._thread.start()

    def wake(self) -> None:
        """Look at the journal now."""
        journal.arrived.set()

    def stop(self, timeout: float = 5.0) -> None:
        """Finish the chunk at hand and end."""
        self._stopping.set()
        self.wake()
        if self._thread is not None:
            self._thread.join(timeout)
            self._thread = None

    @property
    def is_running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _rest(self, took: float) -> bool:
        """While signals are coming in, leave the processor to them as long again as the chunk took."""
        if journal.is_busy():
            self._stopping.wait(min(took, LONGEST_REST))
        return self._stopping.is_set()

    def _run(self) -> None:
        pause, heard_at = self._every, time.monotonic()
        prune_at, is_kept_up = heard_at, False
        while not self._stopping.is_set():
            if journal.arrived.wait(pause):
                heard_at = time.monotonic()
            journal.arrived.clear()
            if self._stopping.is_set():
                break
            try:
                _let_go_of_lost_connections()
                if aside := connect.current().mend():
                    log.error("the warehouse was damaged; it is filled anew from the journal", kept_as=aside)
                began = time.monotonic()
                loaded = load.drain(rest=self._rest)
                if loaded != load.Loaded() or not is_kept_up:
                    upkeep.ask(now=timezone.now())
                    is_kept_up = True
                if time.monotonic() - heard_at > QUIET:
                    load.put_in_order()
                    heard_at = math.inf  # once in each quiet time
                if time.monotonic() > prune_at:
                    prune_at = time.monotonic() + PRUNED_EVERY
                    retention.prune(now=timezone.now())
                    connect.current().tidy()
                pause = self._every
                if loaded.loaded > MANY:
                    self._stopping.wait(GATHERED - (time.monotonic() - began))
            except connect.WarehouseDamaged:
                pause = self._every  # the next turn begins with mending it
            except Exception:
                pause = min(pause * 2, 30.0)
                log.exception("loading failed; the journal keeps the signals", again_in_seconds=pause)
                connections.close_all()
                self._stopping.wait(pause)
        connections.close_all()


def _let_go_of_lost_connections() -> None:
    """A file's connection lasts as long as this thread: opening one anew empties its cache of pages."""
    for connection in connections.all(initialized_only=True):
        if connection.vendor != "sqlite":
            connection.close_if_unusable_or_obsolete()
