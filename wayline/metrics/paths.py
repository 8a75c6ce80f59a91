"""The ways customers actually go: what follows what, and the most frequent whole paths."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from wayline.kit.refusals import Refusal
from wayline.metrics import cache, trails
from wayline.metrics.questions import FlowQuestion, Period
from wayline.metrics.runs import MICROSECOND
from wayline.metrics.trails import Asked, Follow, Trails
from wayline.signals.conditions import AnySignal, CustomerCondition, SignalCondition
from wayline.statistics import flows, follows

MOST_NAMES = 2_000

_answers = cache.Kept(64)


class TooManyNames(Refusal):
    """A graph of so many names could not be read, and its table of edges would not fit."""


@dataclass(frozen=True)
class Node:
    """A name that was observed: how often, of how many, and how often as their first or last."""

    name: str
    count: int
    customers: int
    first: int
    last: int


@dataclass(frozen=True)
class Edge:
    """One name directly followed by another, of the same customer or subject."""

    source: str
    target: str
    count: int
    customers: int
    mean_seconds: float


@dataclass(frozen=True)
class Graph:
    """What directly follows what, the most frequent first. Ties in time keep the order of arrival."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    signals: int
    units: int


@dataclass(frozen=True)
class Path:
    """One sequence of names and how many went exactly so, once for each time."""

    names: tuple[str, ...]
    count: int
    customers: int
    median_seconds: float


@dataclass(frozen=True)
class Paths:
    """The most frequent paths of all that were observed: `n` times in `variants` different ways."""

    paths: tuple[Path, ...]
    n: int
    variants: int


def directly_follows(
    workspace: int,
    period: Period,
    *,
    where: SignalCondition | None = None,
    segment: CustomerCondition | None = None,
    follow: Follow = "customer",
) -> Graph:
    """What directly follows what among the signals asked for, with counts, customers and mean times."""
    return _answers.get(
        lambda: _graph(trails.asked(workspace, period, where, segment, follow)),
        "directly_follows", workspace, period, where, segment, follow,
    )  # fmt: skip


def frequent_paths(
    workspace: int,
    period: Period,
    *,
    where: SignalCondition | None = None,
    segment: CustomerCondition | None = None,
    follow: Follow = "customer",
    start: SignalCondition | None = None,
    end: SignalCondition | None = None,
    within: timedelta | None = None,
    limit: int = 20,
) -> Paths:
    """The most frequent whole paths, or those from each signal of `start` to the first of `end` after it.

    Between two signals, a path begins at the latest start before the end, so that no path contains another
    start; signals of start and end are part of it whether or not `where` holds them.
    """
    key = ("paths", workspace, period, where, segment, follow, start, end, within, limit)
    return _answers.get(
        lambda: _paths(workspace, period, where, segment, follow, start, end, within, limit), *key
    )


def of_flow(question: FlowQuestion) -> SignalCondition | None:
    """Signals of any bound step, to look only at what the map contains."""
    bound = tuple(step.condition for step in question.steps if step.condition is not None)
    return AnySignal(of=bound) if bound else None


def _graph(asked: Asked) -> Graph:
    names, width = asked.names, len(asked.names)
    if width > MOST_NAMES:
        raise TooManyNames(
            f"There are {width} different names here, more than the {MOST_NAMES} a graph can hold. "
            "Choose fewer kinds of signals or a shorter period."
        )
    tally = follows.Tally(width)
    for block in asked.blocks():
        tally.add(block.unit, block.customer, block.at, block.name)
    nodes = [
        Node(
            names[n], *(int(column[n]) for column in (tally.count, tally.customers, tally.first, tally.last))
        )
        for n in range(width)
    ]
    edges = [
        Edge(
            names[code // width],
            names[code % width],
            int(tally.edge_count[code]),
            int(tally.edge_customers[code]),
            tally.mean_seconds(code),
        )
        for code in np.flatnonzero(tally.edge_count).tolist()
    ]
    return Graph(
        tuple(sorted(nodes, key=lambda node: (-node.count, node.name))),
        tuple(sorted(edges, key=lambda edge: (-edge.count, edge.source, edge.target))),
        int(tally.count.sum()),
        int(tally.first.sum()),
    )


def distinct_customers(customer: np.ndarray, code: np.ndarray, width: int) -> np.ndarray:
    """How many different customers each code has, whatever the order of the rows."""
    if not np.all(customer[1:] >= customer[:-1]):
        order = np.argsort(customer, kind="stable")
        customer, code = customer[order], code[order]
    found = np.zeros(width, np.int64)
    for rows in flows.blocks(customer, max(flows.BLOCK, width)):
        there = customer[rows]
        whose = np.concatenate(([0], np.cumsum(there[1:] != there[:-1])))
        found += _distinct(whose, code[rows], width)
    return found


def _distinct(whose: np.ndarray, code: np.ndarray, width: int) -> np.ndarray:
    """How many different customers each code has."""
    kind = np.dtype(np.int32 if (whose[-1:].max(initial=0) + 1) * width < 2**31 else np.int64)
    pairs = np.sort(whose.astype(kind) * kind.type(width) + code)
    is_new = np.concatenate(([True], pairs[1:] != pairs[:-1])) if len(pairs) else np.zeros(0, bool)
    return np.bincount(pairs[is_new] % width, minlength=width)


def _paths(workspace, period, where, segment, follow, start, end, within, limit) -> Paths:
    marks = tuple(each for each in (start, end) if each is not None)
    asked = trails.asked(workspace, period, where, segment, follow, marks=marks)
    numbers = follows.marks(len(asked.names))
    walked = [_walked(block, numbers, start, end, within) for block in asked.blocks()]
    hashes = np.concatenate([each.hashes for each in walked], axis=1)
    if not hashes.shape[1]:
        return Paths((), 0, 0)
    length, customer, micros = (
        np.concatenate([getattr(each, column) for each in walked])
        for column in ("length", "customer", "micros")
    )
    variant, counts, example = follows.alike(hashes, length)
    found = []
    for n in np.lexsort((example, -counts))[:limit]:
        those = np.flatnonzero(variant == n)
        names = tuple(asked.names[name] for name in _names_of(walked, int(example[n])))
        customers = len(np.unique(customer[those]))
        found.append(Path(names, int(counts[n]), customers, float(np.median(micros[those]) / 1e6)))
    return Paths(tuple(found), len(length), len(counts))


@dataclass(frozen=True)
class _Walked:
    """The paths of one block: what tells each apart, whose it is, how long it took; names, to show some."""

    hashes: np.ndarray
    length: np.ndarray
    customer: np.ndarray
    micros: np.ndarray
    first: np.ndarray
    name: np.ndarray


def _walked(block: Trails, numbers: np.ndarray, start, end, within: timedelta | None) -> _Walked:
    is_start = block.marks[0] if start is not None else None
    is_end = block.marks[-1] if end is not None else None
    first, last = _stretches(block, is_start, is_end)
    if within is not None:
        is_short = block.at[last] - block.at[first] <= within // MICROSECOND
        first, last = first[is_short], last[is_short]
    return _Walked(
        follows.hashes(block.name, first, last, numbers),
        last - first + 1,
        block.customer[first],
        block.at[last] - block.at[first],
        first,
        block.name.astype(np.int16 if len(numbers) < 2**15 else np.int32),
    )


def _names_of(walked: list[_Walked], path: int) -> list[int]:
    """The names of one path of all the blocks' paths."""
    for block in walked:
        if path < len(block.first):
            begin = block.first[path]
            return block.name[begin : begin + block.length[path]].tolist()
        path -= len(block.first)
    raise IndexError(path)


def _stretches(trails: Trails, is_start: np.ndarray | None, is_end: np.ndarray | None):
    """The first and last row of every path: whole units, or from a start to the first end after it."""
    length = len(trails.unit)
    changes = np.flatnonzero(trails.unit[1:] != trails.unit[:-1])
    begins = np.concatenate(([0], changes + 1)) if length else changes
    closes = np.concatenate((changes, [length - 1])) if length else changes
    if is_end is None:
        if is_start is None:
            return begins, closes
        starts = np.flatnonzero(is_start)
        first = starts[flows.ends_of_runs(trails.unit[starts])[0]]
        return first, closes[np.searchsorted(closes, first)]
    ends = np.flatnonzero(is_end)
    if is_start is None:
        last = ends[flows.ends_of_runs(trails.unit[ends])[0]]
        return begins[np.searchsorted(begins, last, side="right") - 1], last
    latest = flows.running_maximum(length, np.flatnonzero(is_start), np.flatnonzero(is_start))
    ends = ends[ends > 0]
    began = latest[ends - 1]
    counts = (began >= 0) & (trails.unit[began] == trails.unit[ends])
    began, ends = began[counts], ends[counts]
    is_first = flows.ends_of_runs(began)[0]
    return began[is_first], ends[is_first]
