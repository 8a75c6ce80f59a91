from collections.abc import Callable
from datetime import timedelta

from wayline.kit import areas

Work = Callable[[dict], None]
TASKS: dict[str, Work] = {}
EVERY: dict[str, timedelta] = {}

# Letters and cleaning take seconds, imports take minutes: each lane has a worker of its own, so that nobody's
# invitation waits for somebody's file.
QUICK, LONG = "quick", "long"
LANES = (QUICK, LONG)
LONG_TASKS: set[str] = set()


def task(name: str, *, lane: str = QUICK, every: timedelta | None = None) -> Callable[[Work], Work]:
    """Name a function so that a job can ask for it. It receives the job's payload.

    One that may run for longer than some seconds says `lane=LONG`; one that runs by itself says `every`.
    """

    def decorate(work: Work) -> Work:
        TASKS[name] = work
        if lane == LONG:
            LONG_TASKS.add(name)
        if every is not None:
            EVERY[name] = every
        return work

    return decorate


def load() -> None:
    """Import every area's tasks.py, so that a worker knows their names."""
    areas.modules("tasks")
