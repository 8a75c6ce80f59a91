"""How many customers left a drawn path: by taking its signals out of order, or by doing something else."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from wayline.metrics import cache, trails
from wayline.metrics.questions import Period
from wayline.metrics.trails import Follow, Trails
from wayline.signals.conditions import CustomerCondition

_answers = cache.Kept(128)
Places = Callable[[str], tuple[int, ...]]  # a signal's name -> the numbers of the steps that it is


@dataclass(frozen=True)
class Departures:
    """Customers with any signal of the path; how many skipped or went back, how many did something else."""

    customers: int
    out_of_order: int
    beside: int


def departures(
    workspace: int,
    period: Period,
    places: Places,
    *,
    path: object,
    segment: CustomerCondition | None = None,
    follow: Follow = "customer",
) -> Departures:
    """Every customer counts once, whatever they did how often. `path` says which path `places` is of."""
    return _answers.get(
        lambda: _departures(workspace, period, places, segment, follow),
        "departures", workspace, period, path, segment, follow,
    )  # fmt: skip


def _departures(workspace, period, places: Places, segment, follow) -> Departures:
    asked = trails.asked(workspace, period, None, segment, follow)
    steps = [places(name) for name in asked.names]
    on_path = np.array([bool(each) for each in steps] or [False])
    as_drawn = np.array([[_fits(a, b) for b in steps] for a in steps] or [[True]])
    parts = [_of_block(block, on_path, as_drawn) for block in asked.blocks()]
    return Departures(*(sum(column) for column in zip(*parts, strict=True)))


def _of_block(block: Trails, on_path: np.ndarray, as_drawn: np.ndarray) -> tuple[int, int, int]:
    """The same three numbers of the customers of one block."""
    there = on_path[block.name] if len(block.name) else np.zeros(0, bool)
    beside = np.flatnonzero((block.unit[1:] == block.unit[:-1]) & (there[1:] != there[:-1]))
    kept = np.flatnonzero(there)
    unit, name, customer = block.unit[kept], block.name[kept], block.customer[kept]
    same = np.flatnonzero(unit[1:] == unit[:-1])
    strayed = same[~as_drawn[name[same], name[same + 1]]]
    return (
        len(np.unique(customer)),
        len(np.unique(customer[strayed])),
        len(np.unique(block.customer[beside])),
    )


def _fits(first: tuple[int, ...], second: tuple[int, ...]) -> bool:
    """The next step, or the same once more."""
    return any(b - a in (0, 1) for a in first for b in second)
