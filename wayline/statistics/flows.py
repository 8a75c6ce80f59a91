"""How far units go along ordered steps: the arithmetic of flows, on arrays.

A log is rows sorted by unit, then time, then arrival. Row numbers therefore order everything, and the latest
start that has reached a step never falls from row to row: a start of an earlier unit is a smaller number, so
one pass over all units at once needs no bounds. docs/guide/flows.md says what is computed.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

NOWHERE = -1
BLOCK = 65_536


@dataclass(frozen=True)
class Log:
    """Rows sorted by unit, then time, then arrival. Bit s of `steps` says that the row is of step s."""

    unit: np.ndarray  # int64
    at: np.ndarray  # int64, microseconds
    steps: np.ndarray  # any integer type

    def rows_of(self, step: int) -> np.ndarray:
        return np.flatnonzero((self.steps & self.steps.dtype.type(1 << step)) != 0).astype(np.int32)


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
    next_unit, same_unit = unit[1:] > unit[:-1], unit[1:] == unit[:-1]
    later = (at[1:] > at[:-1]) | ((at[1:] == at[:-1]) & (seq[1:] >= seq[:-1]))
    return bool(np.all(next_unit | (same_unit & later)))


def follow(log: Log, course: Course) -> Attempts:
    """How far each unit's deciding attempt got."""
    parts = []
    for rows in blocks(log.unit):
        block = Log(log.unit[rows], log.at[rows], log.steps[rows])
        unit, furthest, start, latest_start = _follow(block, course)
        parts.append((unit, furthest, start + rows.start, latest_start + rows.start))
    columns = zip(*parts, strict=True) if parts else [[np.zeros(0, np.int64)]] * 4
    return Attempts(log, course, *(np.concatenate(column) for column in columns))


def blocks(unit: np.ndarray, size: int = BLOCK) -> Iterator[slice]:
    """Rows of a sorted log in blocks that fit a processor's cache and never cut a unit in two."""
    begin = 0
    while begin < len(unit):
        end = min(begin + size, len(unit))
        if end < len(unit):
            end = int(np.searchsorted(unit, unit[end - 1], side="right"))
        yield slice(begin, end)
        begin = end


def _follow(log: Log, course: Course) -> tuple[np.ndarray, ...]:
    starts = _starts(log, course)
    first, last = ends_of_runs(log.unit[starts])
    unit = log.unit[starts[first]]
    start, latest_start = starts[first].astype(np.int64), starts[last].astype(np.int64)
    furthest = np.zeros(len(unit), np.int32)
    rows = began = starts
    for number, step in enumerate(course.required[1:], 1):
        rows, began = _advances(log, log.rows_of(step), rows, began, course.window)
        if not len(rows):
            break
        first, last = ends_of_runs(log.unit[rows])
        there = np.searchsorted(unit, log.unit[rows[first]])
        furthest[there], start[there], latest_start[there] = number, began[first], began[last]
    return unit, furthest, start, latest_start


def _starts(log: Log, course: Course) -> np.ndarray:
    rows = log.rows_of(course.required[0])
    rows = rows[(log.at[rows] >= course.starts_from) & (log.at[rows] < course.starts_until)]
    return rows if course.is_any_start else rows[ends_of_runs(log.unit[rows])[0]]


def _advances(log: Log, rows: np.ndarray, before: np.ndarray, began: np.ndarray, window: int | None):
    """The rows that take some attempt on, each with the latest start that it takes on.

    `before` are the rows that reached the step before, each with the latest start it took on: those starts
    never fall from row to row, so the last one before a row is the latest.
    """
    reached = np.searchsorted(before, rows)
    rows, reached = rows[reached > 0], reached[reached > 0]
    began = began[reached - 1]
    counts = log.unit[began] == log.unit[rows]
    if window is not None:
        counts &= log.at[rows] - log.at[began] <= window
    return rows[counts], began[counts]


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
    found = Trace(np.empty(shape, np.int64), np.empty(shape, np.int64), np.empty(shape, bool))
    for rows in blocks(attempts.log.unit):
        units = slice(*np.searchsorted(attempts.start, [rows.start, rows.stop]))
        row, last_row, found.is_looped[units] = _trace(_part(attempts, rows, units))
        found.row[units] = np.where(row >= 0, row + rows.start, NOWHERE)
        found.last_row[units] = np.where(last_row >= 0, last_row + rows.start, NOWHERE)
    return found


def _part(attempts: Attempts, rows: slice, units: slice) -> Attempts:
    """The attempts of one block of rows, as if it were the whole log."""
    log = attempts.log
    return Attempts(
        Log(log.unit[rows], log.at[rows], log.steps[rows]),
        attempts.course,
        attempts.unit[units],
        attempts.furthest[units],
        attempts.start[units] - rows.start,
        attempts.latest_start[units] - rows.start,
    )


def _trace(attempts: Attempts) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    log, course = attempts.log, attempts.course
    rows_of = [log.rows_of(step) for step in range(len(course.is_required))]
    row = np.full((len(attempts.unit), len(rows_of)), NOWHERE, np.int64)
    row[:, course.required[0]] = attempts.start
    for number, step in enumerate(course.required[1:], 1):
        before = course.required[number - 1]
        reached = attempts.furthest >= number
        row[reached, step] = _next(rows_of[step], row[reached, before], len(log.at))
    _trace_optional(attempts, rows_of, row)
    last_row, is_looped = _trace_repeats(attempts, rows_of, row)
    return row, last_row, is_looped


def _trace_optional(attempts: Attempts, rows_of: list[np.ndarray], row: np.ndarray) -> None:
    """An optional step counts between the step reached before it and the next required one."""
    course = attempts.course
    previous = np.full(len(row), NOWHERE, np.int64)
    for step, is_required in enumerate(course.is_required):
        if is_required:
            previous = row[:, step]
        elif step > course.required[0]:
            met = _next(rows_of[step], previous, len(attempts.log.at))
            counts = (previous >= 0) & _is_before_moving_on(attempts, row, step, met)
            row[counts, step] = met[counts]
            previous = np.where(counts, met, previous)


def _trace_repeats(attempts: Attempts, rows_of: list[np.ndarray], row: np.ndarray):
    length = len(attempts.log.at)
    last_row = row.copy()
    is_looped = np.zeros(row.shape, bool)
    for step, rows in enumerate(rows_of):
        entered = row[:, step] >= 0
        again = _next(rows, row[:, step], length)
        is_looped[:, step] = entered & _is_before_moving_on(attempts, row, step, again)
        onward = _onward(attempts, row, step)
        moved = entered & (onward >= 0)
        last_row[moved, step] = _previous(rows, onward[moved])
    _trace_loops_before_start(attempts, rows_of, row, is_looped)
    return last_row, is_looped


def _trace_loops_before_start(attempts, rows_of, row, is_looped) -> None:
    """The deciding attempt begins at the latest start; those just before it were repeats of the first."""
    course, log = attempts.course, attempts.log
    if len(course.required) < 2:
        return
    first, second = course.required[:2]
    earlier = _previous(rows_of[first], attempts.start)
    moved = (row[:, second] >= 0) & (earlier >= 0)
    began, earlier = attempts.start[moved], earlier[moved]
    repeats = (log.unit[earlier] == log.unit[began]) & (
        _next(rows_of[second], earlier, len(log.at)) == row[moved, second]
    )
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


def _next(rows: np.ndarray, after: np.ndarray, length: int) -> np.ndarray:
    """The first of the rows after each given one, `length` where there is none."""
    padded = np.append(rows.astype(np.int64), length)
    return padded[np.searchsorted(rows, after.astype(rows.dtype), side="right")]


def _previous(rows: np.ndarray, before: np.ndarray) -> np.ndarray:
    """The last of the rows before each given one, NOWHERE where there is none."""
    padded = np.insert(rows.astype(np.int64), 0, NOWHERE)
    return padded[np.searchsorted(rows, before.astype(rows.dtype), side="left")]
