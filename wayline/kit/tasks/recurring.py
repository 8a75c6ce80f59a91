"""Work that comes back: each run asks for the next one, so there is always exactly one open job."""

from datetime import datetime, timedelta
from functools import wraps

from django.utils import timezone

from . import queue, registry
from .models import Job

RECURRING: dict[str, timedelta] = {}


def every(period: timedelta, name: str):
    """Name a function that is to run again and again. It receives an empty payload."""

    def decorate(work: registry.Work) -> registry.Work:
        @wraps(work)
        def once_more(payload: dict) -> None:
            _ask(name, at=timezone.now() + period)
            work(payload)

        RECURRING[name] = period
        registry.TASKS[name] = once_more
        return work

    return decorate


def plan(*, now: datetime) -> None:
    """Ask for the first run of everything that comes back and is not waiting already."""
    registry.load()
    for name in RECURRING:
        if not Job.objects.filter(task=name).exclude(state=Job.State.DEAD).exists():
            _ask(name, at=now)


def _ask(name: str, *, at: datetime) -> None:
    # The running job is open too, so the key holds the minute of the next one.
    waiting = Job.objects.filter(task=name, state=Job.State.WAITING).exists()
    if not waiting:
        queue.enqueue(name, {}, now=at, run_at=at, unique_key=f"{name}@{at:%Y-%m-%dT%H:%M}")
