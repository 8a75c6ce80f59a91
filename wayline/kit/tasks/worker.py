import os
import socket
import threading
from uuid import uuid4

import structlog
from django.db import close_old_connections
from django.db.utils import Error
from django.utils import timezone

from . import queue, registry
from .models import Job

log = structlog.get_logger(__name__)


class Worker:
    """Runs jobs one after another in a thread of its own, and keeps the running one's lease."""

    def __init__(self, *, poll_seconds: float = 1.0):
        self.name = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
        self.poll_seconds = poll_seconds
        registry.load()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="wayline-worker", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float = 20) -> None:
        """Finish the running job, take no other."""
        self._stopping.set()
        self._thread.join(timeout)

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                worked = self.run_next()
            except Error:
                log.exception("the queue could not be read; trying again")
                worked = False
            close_old_connections()
            if not worked:
                self._stopping.wait(self.poll_seconds)

    def run_next(self) -> bool:
        """Do one job; False when none is ready."""
        claimed = queue.claim(self.name, now=timezone.now())
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
            queue.finish(job)
        finally:
            done.set()
            keeper.join()

    def _keep(self, job: Job, done: threading.Event) -> None:
        while not done.wait(queue.LEASE.total_seconds() / 3):
            if not queue.extend(job, now=timezone.now()):
                break
        close_old_connections()
