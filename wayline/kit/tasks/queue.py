"""Enqueue, claim, keep, finish. Each is one conditional statement; `docs/decisions/0083` says why our own."""

import json
from datetime import datetime, timedelta

from django.db import IntegrityError, connection, transaction

from . import registry
from .models import Job

LEASE = timedelta(seconds=60)  # extended at each third; a dead worker's job waits this long
PAYLOAD_BYTES = 16_000


def enqueue(
    task: str,
    payload: dict,
    *,
    now: datetime,
    run_at: datetime | None = None,
    workspace: int | None = None,
    unique_key: str | None = None,
    max_attempts: int = 5,
) -> Job | None:
    """Ask for work in the caller's transaction; None when an open job has the same unique key.

    The payload holds ids only: a job must not keep what a customer had erased.
    """
    if len(json.dumps(payload)) > PAYLOAD_BYTES:
        raise ValueError(f"The payload of {task} is larger than {PAYLOAD_BYTES} bytes; pass ids.")
    try:
        # A savepoint: on PostgreSQL the refused row would otherwise spoil the caller's whole transaction.
        with transaction.atomic():
            return Job.objects.create(
                task=task,
                payload=payload,
                workspace_id=workspace,
                run_at=run_at or now,
                enqueued_at=now,
                unique_key=unique_key,
                max_attempts=max_attempts,
            )
    except IntegrityError:
        return None


def claim(worker: str, *, now: datetime, limit: int = 1, lane: str | None = None) -> list[Job]:
    """Take up to `limit` ready jobs of the lane under a lease.

    On PostgreSQL rows locked by another worker are skipped; on SQLite the transaction is the only writer.
    """
    # Most looks find nothing. On SQLite a transaction waits for the one writer, so only a find is worth one.
    if not Job.objects.ready(now).in_lane(lane).exists():
        return []
    with transaction.atomic():
        return _claim(worker, now=now, limit=limit, lane=lane)


def _claim(worker: str, *, now: datetime, limit: int, lane: str | None) -> list[Job]:
    ready = Job.objects.ready(now).in_lane(lane)
    if connection.features.has_select_for_update_skip_locked:
        ready = ready.select_for_update(skip_locked=True)
    taken = list(ready[:limit])
    for job in taken:
        job.state, job.worker, job.lease_until = Job.State.RUNNING, worker, now + LEASE
        job.attempts += 1
    Job.objects.bulk_update(taken, ["state", "worker", "lease_until", "attempts"])
    return taken


def extend(job: Job, *, now: datetime) -> bool:
    """Keep the lease while the work goes on; False when another worker has the job."""
    return bool(_held(job).update(lease_until=now + LEASE))


def finish(job: Job) -> bool:
    """The work is done. A worker that came too late finishes nothing."""
    return bool(_held(job).delete()[0])


def fail(job: Job, error: str, *, now: datetime) -> None:
    """Try again later, each time after a longer wait; give up after the last attempt and keep the error."""
    is_last = job.attempts >= job.max_attempts
    _held(job).update(
        state=Job.State.DEAD if is_last else Job.State.WAITING,
        run_at=now + timedelta(seconds=5 * 4 ** (job.attempts - 1)),  # 5, 20, 80, 320 s
        lease_until=None,
        worker="",
        error=error[-4000:],
    )


def retry(job: Job, *, now: datetime) -> bool:
    """Give a job that was given up another round of attempts."""
    dead = Job.objects.filter(pk=job.pk, state=Job.State.DEAD)
    return bool(dead.update(state=Job.State.WAITING, attempts=0, run_at=now))


def plan(*, now: datetime) -> None:
    """Ask for every task that runs by itself and that nobody has asked for."""
    for task, every in registry.EVERY.items():
        keep_coming(task, every, now=now)


def keep_coming(task: str, every: timedelta, *, now: datetime) -> None:
    """See to it that the task's next job waits. What was given up is tried anew after a whole period."""
    has_failed = Job.objects.filter(task=task, state=Job.State.DEAD, run_at__gt=now - every).exists()
    enqueue(task, {}, now=now, run_at=now + every if has_failed else now, unique_key=key_of(task))


def come_again(job: Job, every: timedelta, *, now: datetime) -> None:
    """Ask for the next run of a task that runs by itself; the run before it is no longer open."""
    enqueue(job.task, {}, now=now, run_at=now + every, unique_key=key_of(job.task))


def key_of(task: str) -> str:
    """What makes the next run of a task that runs by itself the only one."""
    return f"every:{task}"


def _held(job: Job):
    # With the attempt: the same worker may hold the job a second time after its lease ran out.
    return Job.objects.filter(pk=job.pk, state=Job.State.RUNNING, worker=job.worker, attempts=job.attempts)
