"""How far units go along ordered steps: the arithmetic of flows, on arrays.

A log is rows sorted by unit, then time, then arrival. The latest start that has reached a step never falls
from row to row, so one look at each row decides every unit. docs/guide/flows.md says what is computed.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import numpy as np

from .compiled import compiled

NOWHERE = -1
WITHOUT_END = np.iinfo(np.int64).max
BLOCK = 65_536
THREADS = min(4, os.cpu_count() or 1)

T = TypeVar("T")
Part = TypeVar("Part")


@dataclass(frozen=True)
class Log:
    """Rows sorted by unit, then time, then arrival. Bit s of `steps` says that the row is of step s.

    Where rows of one unit share a moment and differ, only their arrival says which came first.
    """

    unit: np.ndarray  # int64
    at: np.ndarray  # int64, microseconds
    steps: np.ndarray  # any integer type
    is_told_by_arrival: bool

    def rows_of(self, step: int) -> np.ndarray:
        return np.flatnonzero((self.steps & self.steps.dtype.type(1 << step)) != 0)


@dataclass(frozen=True)
class Course:
    """The rules: which steps are required, how long an attempt may take, when attempts begin.

    `window` is in microseconds, None for no limit. Attempts begin at signals of the first required step in
    [starts_from, starts_until): at each of them, or only at each unit's first.
    """

    is_required: tuple[bool, ...]
    window: int | None
    starts_from: int
    starts_until: int
    is_any_start: bool = True

    @property
    def required(self) -> list[int]:
        return [step for step, is_required in enumerate(self.is_required) if is_required]


@dataclass(frozen=True)
class Attempts:
    """For every unit that began, its deciding attempt: got furthest, got there first, started latest.

    `furthest` counts required steps, 0 for the first. `start` and `latest_start` are rows of the log: where
    the deciding attempt began, and the latest start that got as far.
    """

    log: Log
    course: Course
    unit: np.ndarray
    furthest: np.ndarray
    start: np.ndarray
    latest_start: np.ndarray

    @property
    def is_complete(self) -> np.ndarray:
        return self.furthest == len(self.course.required) - 1

    @property
    def start_at(self) -> np.ndarray:
        return self.log.at[self.start]

    @property
    def ends_at(self) -> np.ndarray:
        """The last moment that belongs to the deciding attempt."""
        if self.course.window is None:
            return np.full(len(self.unit), WITHOUT_END)
        return self.start_at + self.course.window

    def is_over(self, as_of: int) -> np.ndarray:
        """Whether the unit's fate is known: its window has passed, the latest one if it is on its way."""
        if self.course.window is None:
            return np.ones(len(self.unit), bool)
        deciding = np.where(self.is_complete, self.start, self.latest_start)
        return self.log.at[deciding] + self.course.window <= as_of


@dataclass(frozen=True)
class Trace:
    """Where each deciding attempt met each step: arrays of units by steps, NOWHERE where it did not.

    `row` is the first meeting, `last_row` the last repeat before moving on; `is_looped` says that the step
    was repeated before moving on.
    """

    row: np.ndarray
    last_row: np.ndarray
    is_looped: np.ndarray


def sorted_log(unit: np.ndarray, at: np.ndarray, steps: np.ndarray, seq: np.ndarray | None = None) -> Log:
    """Rows in the order of unit, time and arrival; sorted only when they are not already."""
    arrived = np.zeros(len(at), np.int8) if seq is None else seq
    is_in_order, is_told = _look_through(unit, at, arrived, steps)
    if not is_in_order:
        order = np.lexsort((arrived, at, unit))
        unit, at, arrived, steps = (column[order] for column in (unit, at, arrived, steps))
        _, is_told = _look_through(unit, at, arrived, steps)
    return Log(unit, at, steps, is_told)


def is_sorted(unit: np.ndarray, at: np.ndarray, seq: np.ndarray) -> bool:
    """Whether rows come by unit, time and arrival already."""
    return _look_through(unit, at, seq, seq)[0]


def _look_through(*columns: np.ndarray) -> tuple[bool, bool]:
    """Whether rows are in order, and whether some of one unit at one moment are of other steps."""
    length = len(columns[0])
    size = max(BLOCK, -(-length // THREADS))
    # Each part takes one row more, so that every row is compared with the one after it.
    parts = [[column[begin : begin + size + 1] for column in columns] for begin in range(0, length, size)]
    found = side_by_side(lambda part: _looked_through(*part), parts)
    return all(is_in_order for is_in_order, _ in found), any(is_told for _, is_told in found)


@compiled
def _looked_through(unit, at, seq, steps):
    is_in_order, is_told = True, False
    for row in range(len(unit) - 1):  # without a branch, which could not be foreseen: several rows at a time
        after = row + 1
        is_at_once = (unit[after] == unit[row]) & (at[after] == at[row])
        is_later = (unit[after] == unit[row]) & (at[after] > at[row])
        is_in_order &= (unit[after] > unit[row]) | is_later | (is_at_once & (seq[after] >= seq[row]))
        is_told |= is_at_once & (steps[after] != steps[row])
    return is_in_order, is_told


def follow(log: Log, course: Course) -> Attempts:
    """How far each unit's deciding attempt got."""
    rules = (
        np.array(course.required),
        WITHOUT_END if course.window is None else course.window,
        course.starts_from,
        course.starts_until,
        course.is_any_start,
    )
    parts = _even(log.unit)
    places = np.cumsum([0, *(_units(log.unit[rows]) for rows in parts)])
    # Each block writes into its part of these: putting arrays together afterwards takes as long again.
    columns = [np.empty(places[-1], kind) for kind in (np.int64, np.int32, np.int64, np.int64)]

    def follow_block(n: int) -> slice:
        begin, rows = places[n], parts[n]
        theirs = [column[begin : places[n + 1]] for column in columns]
        found = _follow(log.unit, log.at, log.steps, rows.start, rows.stop, *rules, *theirs)
        return slice(begin, begin + found)

    begun = side_by_side(follow_block, list(range(len(parts))))
    if sum(part.stop - part.start for part in begun) < places[-1]:
        columns = [np.concatenate([column[part] for part in begun]) for column in columns]
    return Attempts(log, course, *columns)


@compiled
def _units(unit):
    """How many units these rows are of."""
    units = min(len(unit), 1)
    for row in range(len(unit) - 1):
        units += unit[row + 1] != unit[row]
    return units


def _even(unit: np.ndarray) -> list[slice]:
    """As many blocks for one thread as for another; each of them takes a moment to hand over."""
    return list(blocks(unit, max(BLOCK, -(-len(unit) // (2 * THREADS)))))


def _in_blocks(work: Callable[[slice], T], log: Log) -> list[T]:
    return side_by_side(work, list(blocks(log.unit)))


def side_by_side(work: Callable[[Part], T], parts: Sequence[Part]) -> list[T]:
    """The work done on each part, in their order; the first in this thread, which may ask a database."""
    if len(parts) < 2:
        return [work(part) for part in parts]
    waited_for = [_threads().submit(work, part) for part in parts[1:]]
    return [work(parts[0]), *(each.result() for each in waited_for)]


@lru_cache(1)
def _threads() -> ThreadPoolExecutor:
    """Kept, as starting threads takes as long as comparing a million rows does."""
    return ThreadPoolExecutor(THREADS, "flows")


os.register_at_fork(after_in_child=_threads.cache_clear)  # threads stay with the process that began them


def blocks(unit: np.ndarray, size: int = BLOCK) -> Iterator[slice]:
    """Rows of a sorted log in blocks that fit a processor's cache and never cut a unit in two."""
    begin = 0
    while begin < len(unit):
        end = min(begin + size, len(unit))
        if end < len(unit):
            end = int(np.searchsorted(unit, unit[end - 1], side="right"))
        yield slice(begin, end)
        begin = end


@compiled
def _follow(unit, at, steps, begin, end, required, window, starts_from, starts_until, is_any_start, *columns):
    """Write of each unit that began: who, how far, where the deciding attempt and the latest one began.

    `latest` is for each required step the latest start that has reached it, `first` the one that was the
    latest when the step was reached first. Steps are looked at backwards: a row takes on what earlier rows
    reached, not what it reaches itself.
    """
    whose, got, began, began_last = columns
    first, latest = np.empty(len(required), np.int64), np.empty(len(required), np.int64)
    later = 0
    for place in required[1:]:
        later |= 1 << place
    found, row = 0, begin
    while row < end:
        who, furthest = unit[row], NOWHERE
        while row < end and unit[row] == who:
            reachable = min(furthest + 1, len(required) - 1) if steps[row] & later else 0
            for place in range(reachable, 0, -1):
                start = latest[place - 1]
                if steps[row] >> required[place] & 1 and at[row] - at[start] <= window:
                    if place > furthest:
                        first[place], furthest = start, place
                    latest[place] = start
            if steps[row] >> required[0] & 1 and starts_from <= at[row] < starts_until:
                if furthest == NOWHERE:
                    first[0], latest[0], furthest = row, row, 0
                elif is_any_start:
                    latest[0] = row
            row += 1
        if furthest != NOWHERE:
            whose[found], got[found] = who, furthest
            began[found], began_last[found] = first[furthest], latest[furthest]
            found += 1
    return found


def ends_of_runs(units: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where each run of equal units begins and ends."""
    changes = np.flatnonzero(units[1:] != units[:-1])
    if not len(units):
        return changes, changes
    return np.concatenate(([0], changes + 1)), np.concatenate((changes, [len(units) - 1]))


def running_maximum(length: int, rows: np.ndarray, values: np.ndarray) -> np.ndarray:
    """At every row, the largest of the values placed at it or before it."""
    latest = np.full(length, NOWHERE, np.int32)
    latest[rows] = values
    return np.maximum.accumulate(latest, out=latest)


def trace(attempts: Attempts) -> Trace:
    """Where each deciding attempt met each step, required and optional."""
    log, course = attempts.log, attempts.course
    shape = (len(attempts.unit), len(course.is_required))
    # Column by column, as everything reads them: a step of all units lies together.
    row, last_row = (np.full(shape, NOWHERE, np.int64, order="F") for _ in range(2))
    is_looped = np.zeros(shape, bool, order="F")
    window = WITHOUT_END if course.window is None else course.window
    rules = (np.array(course.is_required), np.array(course.required), window)

    def trace_block(rows: slice) -> None:
        first, last = np.searchsorted(attempts.start, [rows.start, rows.stop])
        units = slice(first, last)
        whose = (attempts.start[units], attempts.furthest[units])
        _trace(log.unit, log.at, log.steps, *whose, *rules, row[units], last_row[units], is_looped[units])

    _in_blocks(trace_block, log)
    return Trace(row, last_row, is_looped)


@compiled
def _trace(unit, at, steps, starts, furthest, is_required, required, window, row, last_row, is_looped):
    """Write where each attempt met each step into `row`, `last_row` and `is_looped`."""
    for n in range(len(starts)):
        start = starts[n]
        begin, end = start, start + 1
        while begin > 0 and unit[begin - 1] == unit[start]:
            begin -= 1
        while end < len(unit) and unit[end] == unit[start]:
            end += 1
        row[n, required[0]] = start
        for place in range(1, furthest[n] + 1):
            row[n, required[place]] = _next(steps, required[place], row[n, required[place - 1]], end)
        _trace_steps(at, steps, n, end, is_required, required, window, row, last_row, is_looped)
        is_looped[n, required[0]] |= _is_begun_again(at, steps, n, begin, end, required, window, row)


@compiled
def _trace_steps(at, steps, n, end, is_required, required, window, row, last_row, is_looped):
    """Optional steps count between the step reached before them and the next required one; so do repeats."""
    start, previous, place = row[n, required[0]], NOWHERE, 0
    for step in range(required[0], len(is_required)):
        if is_required[step]:
            previous, place = row[n, step], place + 1
        onward = row[n, required[place]] if place < len(required) else NOWHERE
        # Who has not moved on may still come, as long as the window is open.
        until = onward if onward != NOWHERE else _end_of_window(at, start, end, window)
        if not is_required[step] and previous != NOWHERE:
            met = _next(steps, step, previous, until)
            if met != NOWHERE:
                row[n, step] = previous = met
        if row[n, step] == NOWHERE:
            continue
        is_looped[n, step] = _next(steps, step, row[n, step], until) != NOWHERE
        last_row[n, step] = row[n, step] if onward == NOWHERE else _last(steps, step, row[n, step], onward)


@compiled
def _is_begun_again(at, steps, n, begin, end, required, window, row):
    """The deciding attempt begins at the latest start; one just before it was a repeat of the first step."""
    if len(required) < 2 or row[n, required[1]] == NOWHERE:
        return False
    start = row[n, required[0]]
    earlier = _last(steps, required[0], begin - 1, start)
    if earlier < begin or at[start] - at[earlier] > window:
        return False
    return _next(steps, required[1], earlier, end) == row[n, required[1]]


@compiled
def _next(steps, step, row, end):
    """The first row of the step after one row and before another, NOWHERE if there is none."""
    for later in range(row + 1, end):
        if steps[later] >> step & 1:
            return later
    return NOWHERE


@compiled
def _last(steps, step, row, end):
    """The last row of the step before `end`, at the least `row`."""
    for earlier in range(end - 1, row, -1):
        if steps[earlier] >> step & 1:
            return earlier
    return row


@compiled
def _end_of_window(at, start, end, window):
    """The first row that is too late for an attempt."""
    for row in range(start + 1, end):
        if at[row] - at[start] > window:
            return row
    return end
