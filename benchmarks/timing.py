"""How a measure is taken: warmed up once, repeated, and reported with its memory."""

import json
import resource
import sys
import time
from collections.abc import Callable


def seconds_of(function: Callable[[], object]) -> float:
    begun = time.perf_counter()
    function()
    return time.perf_counter() - begun


def repeated(
    functions: dict[str, Callable[[], object]],
    repeats: int,
    *,
    before: Callable[[], object] = lambda: None,
) -> dict[str, list[float]]:
    """Seconds of each function, taken in turns so that a busy moment meets all of them.

    What is done before each time is not counted.
    """
    for function in functions.values():
        function()
    taken: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(repeats):
        for name, function in functions.items():
            before()
            taken[name].append(seconds_of(function))
    return taken


def report(**found) -> None:
    """One line of JSON for the process that started this one, with the most memory this one held."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps(found | {"memory": peak}), file=sys.stdout, flush=True)


def median(values: list[float]) -> float:
    ordered = sorted(values)
    return ordered[len(ordered) // 2]
