"""What works behind the pages: the journal's loader and the workers of tasks, whichever process has them."""

from django.utils import timezone

from wayline.kit.tasks import queue, registry
from wayline.kit.tasks.worker import Workers
from wayline.signals.loader import Loader
from wayline.signals.rights import tombstones


class Background:
    """Begun once in a process, and ended in good order: each finishes what it holds."""

    def __init__(self) -> None:
        self._loader, self._workers = Loader(), Workers()

    def start(self) -> None:
        """Plan what comes back day by day, and begin to load and to work."""
        # Before anything is loaded: a backup that was put back may hold people who were erased since.
        tombstones.restore(now=timezone.now())
        registry.load()
        queue.plan(now=timezone.now())
        self._loader.start()
        self._workers.start()

    def stop(self) -> None:
        """End, with what is at hand finished."""
        self._workers.stop()
        self._loader.stop()
