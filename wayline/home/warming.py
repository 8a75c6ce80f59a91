"""The first look at the overview must not pay for caches: its questions are asked once after the start."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from django.db import close_old_connections, connections
from django.utils import timezone

from wayline.accounts.models import Membership
from wayline.metrics import periods, queries
from wayline.metrics.controls import Controls

from .queries.overview import overview

MOST_WORKSPACES = 3
BREATH_SECONDS = 1.0  # the server greets first

log = logging.getLogger(__name__)


@contextmanager
def warming() -> Iterator[None]:
    """Ask in a thread of its own while the body runs; end it between two questions."""
    stop = threading.Event()
    thread = threading.Thread(target=_run, args=(stop,), name="warming", daemon=True)
    thread.start()
    try:
        yield
    finally:
        # The warehouse is closed next, and must not be while somebody asks it.
        stop.set()
        thread.join()


def warm(stop: threading.Event) -> int:
    """Ask what the first pages ask, until told to stop; answers how many questions that were."""
    asked = 0
    for member in _members():
        for question in _questions(member):
            if stop.is_set():
                return asked
            question()
            asked += 1
    return asked


def _members() -> list[Membership]:
    """An owner of each of the first workspaces: they see everything there is."""
    found = Membership.objects.filter(role="owner").select_related("workspace").order_by("workspace", "pk")
    each = {member.workspace_id: member for member in reversed(found)}
    return [each[workspace] for workspace in sorted(each)][:MOST_WORKSPACES]


def _questions(member: Membership) -> list[Callable[[], object]]:
    now = timezone.now()
    controls = Controls({}, extent=periods.extent_of(member.workspace, now=now))
    reading = controls.reading()
    return [
        partial(queries.segments, member),
        partial(overview, member, reading, period_choice=controls.period_choice, now=now),
        partial(queries.lines, member, reading),
    ]


def _run(stop: threading.Event) -> None:
    try:
        if not stop.wait(BREATH_SECONDS):
            warm(stop)
    except Exception:
        # Nobody waits for this: what fails here fails again, and is told, where somebody asks for it.
        log.warning("warming failed", exc_info=True)
    finally:
        close_old_connections()
        connections.close_all()
