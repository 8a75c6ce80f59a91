import os
import socket
import threading
import time
from uuid import uuid4

import structlog
from django.db import close_old_connections, transaction
from django.db.utils import Error
from django.utils import timezone

from . import queue, registry
from .models import Job

log = structlog.get_logger(__name__)
LOOKS_AFTER_PERIODIC = 600.0  # seconds


class Worker:
    """Runs the jobs of a lane one after another in a thread of its own, and keeps the running one's lease."""

    def __init__(self, *, lane: str | None = None, poll_seconds: float = 1.0):
        self.lane = lane
        self.name = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
        self.poll_seconds = poll_seconds
        registry.load()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"wayline-worker-{lane or 'any'}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float = 20) -> None:
        """Finish the running job, take no other."""
        self.take_no_more()
        self._thread.join(timeout)

    def take_no_more(self) -> None:
        self._stopping.set()

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        look_again_at = 0.0
        while not self._stopping.is_set():
            try:
                # One of the two workers is enough to ask.
                if self.lane != registry.LONG and time.monotonic() >= look_again_at:
                    self.see_to_periodic()
                    look_again_at = time.monotonic() + LOOKS_AFTER_PERIODIC
                worked = self.run_next()
            except Error:
                log.exception("the queue could not be read; trying again")
                worked = False
            close_old_connections()
            if not worked:
                self._stopping.wait(self.poll_seconds)

    def see_to_periodic(self) -> None:
        """Ask for the tasks that run by themselves and that nobody has asked for."""
        queue.plan(now=timezone.now())

    def run_next(self) -> bool:
        """Do one job; False when none is ready."""
        claimed = queue.claim(self.name, now=timezone.now(), lane=self.lane)
        for job in claimed:
            self._do(job)
        return bool(claimed)

    def _do(self, job: Job) -> None:
        if job.attempts > job.max_attempts:  # its workers died each time, so nothing ever failed it
            queue.fail(job, job.error or "Every worker that took this job died.", now=timezone.now())
            return
        done = threading.Event()
        keeper = threading.Thread(target=self._keep, args=(job, done), daemon=True)
        keeper.start()
        try:
            registry.TASKS[job.task](job.payload)
        except Exception as error:
            log.exception("task failed", task=job.task, job=job.pk, attempt=job.attempts)
            queue.fail(job, f"{type(error).__name__}: {error}", now=timezone.now())
        else:
            self._finish(job)
        finally:
            done.set()
            keeper.join()

    def _finish(self, job: Job) -> None:
        every = registry.EVERY.get(job.task)
        # The next run has the same key, so this one goes first; together, so that no death ends the series.
        with transaction.atomic():
            # A run asked for beside the series has no such key, and must not begin a second series.
            if queue.finish(job) and every is not None and job.unique_key:
                queue.come_again(job, every, now=timezone.now())

    def _keep(self, job: Job, done: threading.Event) -> None:
        while not done.wait(queue.LEASE.total_seconds() / 3):
            try:
                if not queue.extend(job, now=timezone.now()):
                    break
            except Error:
                # A long write of another thread held the database: the lease has time for two more tries.
                log.warning("a lease could not be extended; trying again", job=job.pk)
        close_old_connections()


class Workers:
    """One worker for each lane."""

    def __init__(self):
        self.each = tuple(Worker(lane=lane) for lane in registry.LANES)

    def start(self) -> None:
        for worker in self.each:
            worker.start()

    def stop(self, timeout: float = 20) -> None:
        """Let each finish what it holds; all are told first, so that the waiting is not added up."""
        for worker in self.each:
            worker.take_no_more()
        until = time.monotonic() + timeout
        for worker in self.each:
            worker.stop(max(0.0, until - time.monotonic()))
