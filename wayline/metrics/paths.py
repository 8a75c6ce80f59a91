"""The ways customers actually go: what follows what, and the most frequent whole paths."""

import operator
from dataclasses import dataclass
from datetime import timedelta
from functools import reduce
from typing import Literal

import ibis
import numpy as np
import pyarrow as pa

from wayline.kit.refusals import Refusal
from wayline.metrics import cache
from wayline.metrics.questions import FlowQuestion, Period
from wayline.metrics.runs import MICROSECOND, of_segment, own_signals
from wayline.signals import filters
from wayline.signals.conditions import AnySignal, CustomerCondition, SignalCondition
from wayline.statistics import flows
from wayline.warehouse import connect
from wayline.warehouse.tables import stored

Follow = Literal["customer", "subject"]

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


@dataclass(frozen=True)
class Trails:
    """Signals by unit, time and arrival; `name` numbers the names."""

    unit: np.ndarray
    customer: np.ndarray
    at: np.ndarray
    name: np.ndarray
    names: list[str]


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
        lambda: _graph(_trails(workspace, period, where, segment, follow)[0]),
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


def _trails(workspace, period, where, segment, follow, *, also=(), marks=()):
    """The signals asked for, sorted; `also` are conditions let in beside `where`, `marks` read as bits."""
    question = FlowQuestion(workspace, (), period, follow=follow, segment=segment)
    signals = own_signals(question)
    signals = of_segment(signals.filter(signals.at < stored(period.end)), question, period.end)
    if where is not None:
        wanted = [filters.signal_filter(each, signals) for each in (where, *also)]
        signals = signals.filter(reduce(operator.or_, wanted))
    if follow == "subject":
        signals = signals.filter(signals.subject.notnull())
    names = sorted(connect.current().run(signals.select("name").distinct())["name"].to_pylist())
    # A list index is computed once for each distinct name of a block; names themselves would be copied.
    place = ibis.array(names or [""]).index(signals.name).cast("int32")
    bits = {f"mark{n}": filters.signal_filter(each, signals) for n, each in enumerate(marks)}
    subject = ["subject"] if follow == "subject" else []
    rows = connect.current().run(signals.select("customer", "at", "seq", *subject, place=place, **bits))
    return _sorted_trails(rows, names, [rows[name] for name in bits])


def _sorted_trails(rows: pa.Table, names: list[str], marks: list) -> tuple[Trails, list[np.ndarray]]:
    customer, at, seq = (
        rows["customer"].to_numpy(),
        rows["at"].to_numpy().view(np.int64),
        rows["seq"].to_numpy(),
    )
    unit = customer
    if "subject" in rows.column_names:
        subject = rows["subject"].combine_chunks().dictionary_encode().indices.to_numpy().astype(np.int64)
        _, whose = np.unique(customer, return_inverse=True)
        unit = whose * (int(subject.max(initial=0)) + 1) + subject
    columns = [customer, at, rows["place"].to_numpy(), *(np.asarray(mark) for mark in marks)]
    if not flows.is_sorted(unit, at, seq):
        order = np.lexsort((seq, at, unit))
        unit, columns = unit[order], [column[order] for column in columns]
    customer, at, place, *marks = columns
    return Trails(unit, customer, at, place, names), marks


def _graph(trails: Trails) -> Graph:
    names, width = trails.names, len(trails.names)
    if not len(trails.name):
        return Graph((), (), 0, 0)
    tally = _Tally(width)
    for rows in flows.blocks(trails.customer, max(flows.BLOCK, width * width)):
        tally.add(trails.unit[rows], trails.customer[rows], trails.at[rows], trails.name[rows])
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
            float(tally.edge_micros[code] / tally.edge_count[code] / 1e6),
        )
        for code in np.flatnonzero(tally.edge_count).tolist()
    ]
    return Graph(
        tuple(sorted(nodes, key=lambda node: (-node.count, node.name))),
        tuple(sorted(edges, key=lambda edge: (-edge.count, edge.source, edge.target))),
        len(trails.name),
        int(tally.first.sum()),
    )


class _Tally:
    """Counts of names and edges, added up block by block."""

    def __init__(self, width: int):
        if width > MOST_NAMES:
            raise TooManyNames(
                f"There are {width} different names here, more than the {MOST_NAMES} a graph can hold. "
                "Choose fewer kinds of signals or a shorter period."
            )
        self.width = width
        self.count, self.customers, self.first, self.last = np.zeros((4, width), np.int64)
        self.edge_count, self.edge_customers = np.zeros((2, width * width), np.int64)
        self.edge_micros = np.zeros(width * width)

    def add(self, unit: np.ndarray, customer: np.ndarray, at: np.ndarray, name: np.ndarray) -> None:
        width = self.width
        follows = unit[1:] == unit[:-1]
        pair = (name[:-1] * np.int32(width) + name[1:])[follows]
        self.count += np.bincount(name, minlength=width)
        self.first += np.bincount(name[1:][~follows], minlength=width)
        self.last += np.bincount(name[:-1][~follows], minlength=width)
        self.first[name[0]] += 1
        self.last[name[-1]] += 1
        self.edge_count += np.bincount(pair, minlength=width * width)
        self.edge_micros += np.bincount(pair, np.diff(at)[follows], minlength=width * width)
        whose = np.concatenate(([0], np.cumsum(customer[1:] != customer[:-1])))
        self.customers += _distinct(whose, name, width)
        self.edge_customers += _distinct(whose[1:][follows], pair, width * width)


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
    marks = [each for each in (start, end) if each is not None]
    trails, found = _trails(workspace, period, where, segment, follow, also=marks, marks=marks)
    is_start = found[0] if start is not None else None
    is_end = found[-1] if end is not None else None
    first, last = _stretches(trails, is_start, is_end)
    if within is not None:
        is_short = trails.at[last] - trails.at[first] <= within // MICROSECOND
        first, last = first[is_short], last[is_short]
    if not len(first):
        return Paths((), 0, 0)
    variant, counts, example = _variants(trails.name, first, last)
    order = np.lexsort((example, -counts))[:limit]
    return Paths(
        tuple(_path(trails, first, last, variant == n, int(example[n])) for n in order),
        len(first),
        len(counts),
    )


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


def _variants(name: np.ndarray, first: np.ndarray, last: np.ndarray):
    """The variant of each path, how often each variant is, and its first path.

    Sequences are compared by two independent 64-bit hashes and their length, not name by name.
    """
    length = last - first + 1
    offsets = np.concatenate(([0], np.cumsum(length)[:-1]))
    place = np.arange(length.sum()) - np.repeat(offsets, length)
    row = name[np.repeat(first, length) + place]
    rng = np.random.default_rng(20261121)
    marks = rng.integers(1, 2**63, (2, int(name.max()) + 1), dtype=np.uint64)
    hashes = []
    for mark, odd in zip(marks, (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F), strict=True):
        powers = np.cumprod(np.full(int(length.max()), odd, np.uint64))
        hashes.append(np.add.reduceat(mark[row] * powers[place], offsets))
    order = np.lexsort((length, hashes[1], hashes[0]))
    is_new = np.ones(len(order), bool)
    is_new[1:] = np.any([column[order[1:]] != column[order[:-1]] for column in (*hashes, length)], axis=0)
    variant = np.empty(len(first), np.int64)
    variant[order] = np.cumsum(is_new) - 1
    counts = np.bincount(variant)
    example = np.full(len(counts), len(first))
    np.minimum.at(example, variant, np.arange(len(first)))
    return variant, counts, example


def _path(trails: Trails, first: np.ndarray, last: np.ndarray, those: np.ndarray, example: int) -> Path:
    rows = trails.name[first[example] : last[example] + 1]
    return Path(
        tuple(trails.names[n] for n in rows.tolist()),
        int(those.sum()),
        len(np.unique(trails.customer[first[those]])),
        float(np.median(trails.at[last[those]] - trails.at[first[those]]) / 1e6),
    )
