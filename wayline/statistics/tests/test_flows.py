"""Flows against a reference that tries every start, one unit at a time."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wayline.statistics import flows


@dataclass
class Fate:
    furthest: int
    start: int
    latest_start: int
    rows: list[int] = field(default_factory=list)
    last_rows: list[int] = field(default_factory=list)
    loops: list[bool] = field(default_factory=list)


def fate_of(rows: list[tuple[int, int]], first_row: int, course: flows.Course) -> Fate | None:
    """What the guide says of one unit, whose signals are (at, steps), tried start by start."""
    required = course.required

    def is_step(row, step):
        return bool(rows[row][1] >> step & 1)

    def in_time(row, start):
        return course.window is None or rows[row][0] - rows[start][0] <= course.window

    def chain(start):
        reached = [start]
        for step in required[1:]:
            later = (row for row in range(reached[-1] + 1, len(rows)) if is_step(row, step))
            row = next(later, None)
            if row is None or not in_time(row, start):
                break
            reached.append(row)
        return reached

    starts = [
        row
        for row in range(len(rows))
        if is_step(row, required[0]) and course.starts_from <= rows[row][0] < course.starts_until
    ]
    if not starts:
        return None
    starts = starts if course.is_any_start else starts[:1]
    chains = [chain(start) for start in starts]
    deciding = min(chains, key=lambda each: (-len(each), each[-1], -each[0]))
    latest = max(each[0] for each in chains if len(each) == len(deciding))
    fate = Fate(len(deciding) - 1, first_row + deciding[0], first_row + latest)

    previous = None
    for step, is_required in enumerate(course.is_required):
        onward = next((row for other, row in zip(required, deciding, strict=False) if other > step), None)
        between = [
            row
            for row in range(len(rows))
            if is_step(row, step) and (row < onward if onward is not None else in_time(row, deciding[0]))
        ]
        if is_required:
            met = dict(zip(required, deciding, strict=False)).get(step)
        elif previous is None:
            met = None
        else:
            met = next((row for row in between if row > previous), None)
        repeats = [row for row in between if met is not None and row > met]
        looped = bool(repeats)
        if step == required[0] and len(deciding) > 1:
            looped |= any(
                is_step(row, step)
                and in_time(deciding[0], row)
                and not any(is_step(other, required[1]) for other in range(row + 1, deciding[1]))
                for row in range(deciding[0])
            )
        fate.rows.append(-1 if met is None else first_row + met)
        last = max(repeats, default=met) if onward is not None else met
        fate.last_rows.append(-1 if met is None else first_row + last)
        fate.loops.append(looped)
        if met is not None:
            previous = met
        elif is_required:
            previous = None
    return fate


def random_logs(steps):
    signal = st.tuples(st.integers(0, 12), st.integers(0, 2**steps - 1))
    return st.lists(st.lists(signal, max_size=9), min_size=1, max_size=5)


@st.composite
def cases(draw):
    is_required = draw(st.lists(st.booleans(), min_size=1, max_size=5).filter(any))
    course = flows.Course(
        is_required=tuple(is_required),
        window=draw(st.none() | st.integers(0, 8)),
        starts_from=draw(st.integers(0, 4)),
        starts_until=draw(st.integers(5, 13)),
        is_any_start=draw(st.booleans()),
    )
    return course, draw(random_logs(len(is_required)))


def as_log(units):
    """Shuffled on the way in, with the order of arrival in seq."""
    rows = [
        (unit, at, steps, seq)
        for unit, signals in enumerate(units)
        for seq, (at, steps) in enumerate(signals)
    ]
    columns = [np.array(column, np.int64) for column in zip(*reversed(rows), strict=True)] or [
        np.array([])
    ] * 4
    return flows.sorted_log(*(column.astype(np.int64) for column in columns))


def test_arrival_decides_only_where_steps_of_one_moment_differ():
    def log(*rows):
        return flows.sorted_log(*(np.array(column) for column in zip(*rows, strict=True)))

    assert not log((1, 5, 1), (2, 5, 2), (2, 6, 1)).is_told_by_arrival  # others' moments
    assert not log((1, 5, 1), (1, 5, 1)).is_told_by_arrival
    assert log((1, 5, 2), (2, 5, 1), (1, 5, 1)).is_told_by_arrival


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(cases())
def test_a_flow_is_what_trying_every_start_gives(case):
    course, units = case
    log = as_log(units)

    # Blocks of four rows at least, so that many a log is cut into several.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flows.blocks, "__defaults__", (4,))
        patch.setattr(flows, "BLOCK", 4)
        attempts = flows.follow(log, course)
        trace = flows.trace(attempts)

    found = {
        int(unit): Fate(
            int(attempts.furthest[i]),
            int(attempts.start[i]),
            int(attempts.latest_start[i]),
            trace.row[i].tolist(),
            trace.last_row[i].tolist(),
            trace.is_looped[i].tolist(),
        )
        for i, unit in enumerate(attempts.unit)
    }
    expected, first_row = {}, 0
    for unit, signals in enumerate(units):
        in_order = sorted(signals, key=lambda signal: signal[0])
        fate = fate_of(in_order, first_row, course)
        first_row += len(signals)
        if fate:
            expected[unit] = fate
    assert found == expected


def flow(*signals, window=10, any_start=True, required=(True, True, True)):
    """One unit's furthest step; signals are (minute, letters of the steps)."""
    log = as_log([[(at, sum(1 << "abc".index(letter) for letter in letters)) for at, letters in signals]])
    return flows.follow(log, flows.Course(required, window, 0, 100, any_start))


@pytest.mark.parametrize(
    ("signals", "furthest"),
    [
        ([(1, "a"), (2, "b"), (3, "c")], 2),
        ([(1, "b"), (2, "a"), (3, "c")], 0),
        ([(1, "a"), (2, "b"), (12, "c")], 1),
        ([(1, "a"), (2, "b"), (11, "c")], 2),
        ([(1, "a"), (8, "a"), (9, "b"), (15, "c")], 2),
        ([(1, "ab"), (2, "c")], 0),
        ([(1, "a"), (1, "b"), (1, "c")], 2),
    ],
)
def test_order_and_window_decide_how_far_a_customer_gets(signals, furthest):
    assert flow(*signals).furthest.tolist() == [furthest]


def test_only_the_first_start_counts_when_asked():
    signals = [(1, "a"), (8, "a"), (9, "b"), (15, "c")]

    assert flow(*signals, any_start=False).furthest.tolist() == [1]


def test_a_unit_still_on_its_way_is_not_over_while_its_latest_start_is_open():
    attempts = flow((1, "a"), (8, "a"))

    assert (attempts.is_over(17).tolist(), attempts.is_over(18).tolist()) == ([False], [True])


def test_an_empty_log_has_no_attempts():
    assert len(flow().unit) == 0
