"""How far units go along ordered steps: the arithmetic of flows, on arrays.

A log is rows sorted by unit, then time, then arrival. Row numbers therefore order everything, and the latest
start that has reached a step never falls from row to row: a start of an earlier unit is a smaller number, so
one pass over all units at once needs no bounds. docs/guide/flows.md says what is computed.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

NOWHERE = -1
BLOCK = 65_536
THREADS = min(4, os.cpu_count() or 1)

T = TypeVar("T")


@dataclass(frozen=True)
class Log:
    """Rows sorted by unit, then time, then arrival. Bit s of `steps` says that the row is of step s."""

    unit: np.ndarray  # int64
    at: np.ndarray  # int64, microseconds
    steps: np.ndarray  # any integer type

    def rows_of(self, step: int) -> np.ndarray:
        return np.flatnonzero((self.steps & self.steps.dtype.type(1 << step)) != 0)

    def part(self, rows: slice) -> "Log":
        return Log(self.unit[rows], self.at[rows], self.steps[rows])


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
            return np.full(len(self.unit), np.iinfo(np.int64).max)
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


def sorted_log(unit: np.ndarray, at: np.ndarray, seq: np.ndarray, steps: np.ndarray) -> Log:
    """Rows in the order of unit, time and arrival; sorted only when they are not already."""
    if not is_sorted(unit, at, seq):
        order = np.lexsort((seq, at, unit))
        unit, at, steps = unit[order], at[order], steps[order]
    return Log(unit, at, steps)


def is_sorted(unit: np.ndarray, at: np.ndarray, seq: np.ndarray) -> bool:
    """Whether rows come by unit, time and arrival already."""
    same_unit = unit[1:] == unit[:-1]
    is_fine = (unit[1:] > unit[:-1]) | (same_unit & (at[1:] > at[:-1]))
    # Few rows share their moment: only those need their arrival compared.
    rest = np.flatnonzero(~is_fine)
    return bool(np.all(same_unit[rest] & (at[rest + 1] == at[rest]) & (seq[rest + 1] >= seq[rest])))


def follow(log: Log, course: Course) -> Attempts:
    """How far each unit's deciding attempt got."""
    parts = _in_blocks(lambda rows: _follow(log.part(rows), course, rows.start), blocks(log.unit))
    columns = zip(*parts, strict=True) if parts else [[np.zeros(0, np.int64)]] * 4
    return Attempts(log, course, *(np.concatenate(column) for column in columns))


def _in_blocks(work: Callable[[slice], T], parts: Iterable[slice]) -> list[T]:
    """The work done on each block, in their order; NumPy leaves the interpreter free for a second thread."""
    parts = list(parts)
    if len(parts) < 2:
        return [work(part) for part in parts]
    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(work, parts))


def blocks(unit: np.ndarray, size: int = BLOCK) -> Iterator[slice]:
    """Rows of a sorted log in blocks that fit a processor's cache and never cut a unit in two."""
    begin = 0
    while begin < len(unit):
        end = min(begin + size, len(unit))
        if end < len(unit):
            end = int(np.searchsorted(unit, unit[end - 1], side="right"))
        yield slice(begin, end)
        begin = end


def _follow(log: Log, course: Course, offset: int) -> tuple[np.ndarray, ...]:
    starts = _starts(log, course)
    first, last = ends_of_runs(log.unit.take(starts))
    unit = log.unit.take(starts.take(first))
    start, latest_start = starts.take(first), starts.take(last)
    furthest = np.zeros(len(unit), np.int32)
    whose = np.repeat(np.arange(len(unit)), last - first + 1)
    rows, began = starts, np.arange(len(starts))
    for number, step in enumerate(course.required[1:], 1):
        rows, began = _advances(log, log.rows_of(step), rows, began, starts, course.window)
        if not len(rows):
            break
        mine = whose.take(began)
        first, last = ends_of_runs(mine)
        there = mine.take(first)
        furthest[there] = number
        start[there], latest_start[there] = starts.take(began.take(first)), starts.take(began.take(last))
    return unit, furthest, start + offset, latest_start + offset


def _starts(log: Log, course: Course) -> np.ndarray:
    rows = log.rows_of(course.required[0])
    at = log.at.take(rows)
    rows = rows.compress((at >= course.starts_from) & (at < course.starts_until))
    return rows if course.is_any_start else rows.take(ends_of_runs(log.unit.take(rows))[0])


def _advances(log: Log, rows: np.ndarray, before: np.ndarray, began: np.ndarray, starts, window: int | None):
    """The rows that take some attempt on, each with the place of the latest start that it takes on.

    `before` are the rows that reached the step before, each with the place of the latest start it took on:
    those starts never fall from row to row, so the last one before a row is the latest.
    """
    # Counting them up along the rows is several times faster than searching for each row's place.
    is_before = np.zeros(len(log.unit), bool)
    is_before[before] = True
    reached = np.cumsum(is_before, dtype=np.int32).take(rows) - is_before.take(rows)
    rows, reached = rows.compress(reached > 0), reached.compress(reached > 0)
    began = began.take(reached - 1)
    start = starts.take(began)
    counts = log.unit.take(start) == log.unit.take(rows)
    if window is not None:
        counts &= log.at.take(rows) - log.at.take(start) <= window
    return rows.compress(counts), began.compress(counts)


def running_maximum(length: int, rows: np.ndarray, values: np.ndarray) -> np.ndarray:
    """At every row, the largest of the values placed at it or before it."""
    latest = np.full(length, NOWHERE, np.int32)
    latest[rows] = values
    return np.maximum.accumulate(latest, out=latest)


def ends_of_runs(units: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where each run of equal units begins and ends."""
    changes = np.flatnonzero(units[1:] != units[:-1])
    if not len(units):
        return changes, changes
    return np.concatenate(([0], changes + 1)), np.concatenate((changes, [len(units) - 1]))


def trace(attempts: Attempts) -> Trace:
    """Where each deciding attempt met each step, required and optional."""
    shape = (len(attempts.unit), len(attempts.course.is_required))
    # Column by column, as everything reads them: a step of all units lies together.
    row, last_row = (np.empty(shape, np.int64, order="F") for _ in range(2))
    found = Trace(row, last_row, np.empty(shape, bool, order="F"))

    def trace_block(rows: slice) -> None:
        units = slice(*np.searchsorted(attempts.start, [rows.start, rows.stop]))
        row, last_row, found.is_looped[units] = _trace(_part(attempts, rows, units))
        found.row[units] = np.where(row >= 0, row + rows.start, NOWHERE)
        found.last_row[units] = np.where(last_row >= 0, last_row + rows.start, NOWHERE)

    _in_blocks(trace_block, blocks(attempts.log.unit))
    return found


def _part(attempts: Attempts, rows: slice, units: slice) -> Attempts:
    """The attempts of one block of rows, as if it were the whole log."""
    log = attempts.log
    return Attempts(
        log.part(rows),
        attempts.course,
        attempts.unit[units],
        attempts.furthest[units],
        attempts.start[units] - rows.start,
        attempts.latest_start[units] - rows.start,
    )


class _Meetings:
    """The rows of one step, to find the first after a row and the last before one by counting."""

    def __init__(self, rows: np.ndarray, length: int):
        is_met = np.zeros(length + 1, np.int32)
        is_met[rows + 1] = 1
        self._before = np.cumsum(is_met, out=is_met)  # how many lie before each row
        self._rows = np.concatenate(([NOWHERE], rows, [length]))

    def after(self, row: np.ndarray) -> np.ndarray:
        """The first of the rows after each given one, the log's length where there is none."""
        return self._rows.take(self._before.take(row + 1) + 1)

    def before(self, row: np.ndarray) -> np.ndarray:
        """The last of the rows before each given one, NOWHERE where there is none."""
        return self._rows.take(self._before.take(row))


def _trace(attempts: Attempts) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    log, course = attempts.log, attempts.course
    meetings = [_Meetings(log.rows_of(step), len(log.unit)) for step in range(len(course.is_required))]
    row = np.full((len(attempts.unit), len(meetings)), NOWHERE, np.int64, order="F")
    row[:, course.required[0]] = attempts.start
    for number, step in enumerate(course.required[1:], 1):
        before = course.required[number - 1]
        reached = attempts.furthest >= number
        row[reached, step] = meetings[step].after(row[reached, before])
    _trace_optional(attempts, meetings, row)
    last_row, is_looped = _trace_repeats(attempts, meetings, row)
    return row, last_row, is_looped


def _trace_optional(attempts: Attempts, meetings: list["_Meetings"], row: np.ndarray) -> None:
    """An optional step counts between the step reached before it and the next required one."""
    course = attempts.course
    previous = np.full(len(row), NOWHERE, np.int64)
    for step, is_required in enumerate(course.is_required):
        if is_required:
            previous = row[:, step]
        elif step > course.required[0]:
            met = meetings[step].after(previous)
            counts = (previous >= 0) & _is_before_moving_on(attempts, row, step, met)
            row[counts, step] = met[counts]
            previous = np.where(counts, met, previous)


def _trace_repeats(attempts: Attempts, meetings: list["_Meetings"], row: np.ndarray):
    last_row = row.copy(order="F")
    is_looped = np.zeros(row.shape, bool, order="F")
    for step, met in enumerate(meetings):
        entered = row[:, step] >= 0
        again = met.after(row[:, step])
        is_looped[:, step] = entered & _is_before_moving_on(attempts, row, step, again)
        onward = _onward(attempts, row, step)
        moved = entered & (onward >= 0)
        last_row[moved, step] = met.before(onward[moved])
    _trace_loops_before_start(attempts, meetings, row, is_looped)
    return last_row, is_looped


def _trace_loops_before_start(attempts, meetings, row, is_looped) -> None:
    """The deciding attempt begins at the latest start; those just before it were repeats of the first."""
    course, log = attempts.course, attempts.log
    if len(course.required) < 2:
        return
    first, second = course.required[:2]
    earlier = meetings[first].before(attempts.start)
    moved = (row[:, second] >= 0) & (earlier >= 0)
    began, earlier = attempts.start[moved], earlier[moved]
    repeats = (log.unit[earlier] == log.unit[began]) & (meetings[second].after(earlier) == row[moved, second])
    if course.window is not None:
        repeats &= log.at[began] - log.at[earlier] <= course.window
    is_looped[moved, first] |= repeats


def _onward(attempts: Attempts, row: np.ndarray, step: int) -> np.ndarray:
    """The row of the next required step, NOWHERE for units that did not reach it."""
    following = [other for other in attempts.course.required if other > step]
    return row[:, following[0]] if following else np.full(len(row), NOWHERE, np.int64)


def _is_before_moving_on(attempts: Attempts, row: np.ndarray, step: int, met: np.ndarray) -> np.ndarray:
    """Whether the row is the unit's own and lies before the next required step, or else within the window."""
    log, onward = attempts.log, _onward(attempts, row, step)
    found = met < len(log.at)
    met = np.where(found, met, 0)
    is_own = found & (log.unit[met] == attempts.unit)
    return is_own & np.where(onward >= 0, met < onward, log.at[met] <= attempts.ends_at)
