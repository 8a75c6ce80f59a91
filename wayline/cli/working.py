"""What works behind the pages, in a process of its own."""

import signal
import threading

from django.utils import timezone

from wayline.background import Background
from wayline.kit import schema
from wayline.kit.sqlite import moving
from wayline.warehouse import connect

from . import serving


def work(asked) -> int:
    """Load signals and work off tasks until stopped; several take turns at loading and share the tasks."""
    if problem := schema.newer():
        raise serving.CannotServe(problem)
    if schema.lacking():
        raise serving.CannotServe("The databases are not up to date. Run: wayline init")
    moving.begin()
    connect.ready(
        now=timezone.now()
    )  # an engine that only one process may have is refused here, with the holder's name
    is_over = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: is_over.set())
    background = Background()
    background.start()
    print("Working. Stop with Ctrl-C.", flush=True)
    is_over.wait()
    background.stop()
    connect.close()
    return 0
