"""The whole flow, from stored signals to counts, against the guide carried out by hand for each customer."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wayline.metrics import flows
from wayline.metrics.questions import FlowQuestion, FlowStep, Period
from wayline.signals.conditions import SignalIs, Test, TraitIs
from wayline.warehouse import connect
from wayline.warehouse.testing import MONDAY, fill

HOUR = timedelta(hours=1)
# Two of the conditions overlap: one signal can be of several steps.
CONDITIONS = (
    SignalIs(names=("a",)),
    SignalIs(names=("b", "c")),
    SignalIs(names=("c", "d")),
    SignalIs(kinds=("behavior",), where=(Test(field="big", op="is", value="yes"),)),
)


@dataclass(frozen=True)
class Happened:
    customer: int
    subject: str | None
    hour: int
    name: str
    is_big: bool

    @property
    def at(self) -> datetime:
        return MONDAY + self.hour * HOUR

    def is_of(self, condition: int) -> bool:
        return {0: self.name == "a", 1: self.name in "bc", 2: self.name in "cd", 3: self.is_big}[condition]


signals = st.builds(
    Happened,
    customer=st.integers(1, 4),
    subject=st.sampled_from([None, "x", "y"]),
    hour=st.integers(-3, 20),
    name=st.sampled_from("abcde"),
    is_big=st.booleans(),
)


@dataclass(frozen=True)
class Asked:
    steps: tuple[tuple[int, bool, bool], ...]  # which condition, required, repeatable
    hours: int  # how long the period is
    window: int | None
    start: str
    follow: str
    is_segment: bool
    now: int


asked = st.builds(
    Asked,
    steps=st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.booleans()), min_size=1, max_size=4).map(
        tuple
    ),
    hours=st.integers(1, 20),
    window=st.none() | st.integers(1, 10),
    start=st.sampled_from(["any", "first"]),
    follow=st.sampled_from(["customer", "subject"]),
    is_segment=st.booleans(),
    now=st.integers(5, 40),
)


def by_hand(case: Asked, log: list[Happened]) -> list[tuple[int, int, int, int, int, int]]:
    """Of each required step: entered, completed, in progress, dropped, known, and went on among those."""
    required = [place for place, (_, is_required, _) in enumerate(case.steps) if is_required] or [0]
    last = case.now if case.window is None else min(case.now, case.hours + case.window)
    of_any = [
        each
        for each in log
        if each.hour >= 0 and any(each.is_of(condition) for condition, _, _ in case.steps)
    ]
    said = [each.hour for each in of_any if each.hour <= case.now]
    as_of = min(max(said, default=0), last)
    units: dict[tuple, list[Happened]] = {}
    for each in sorted(log, key=lambda one: one.hour):  # stable: what happened at once keeps its order
        if not 0 <= each.hour <= last or (case.is_segment and each.customer > 2):
            continue
        if case.follow == "customer":
            units.setdefault((each.customer,), []).append(each)
        elif each.subject:
            units.setdefault((each.customer, each.subject), []).append(each)
    counted = [[0] * 6 for _ in required]
    for happened in units.values():
        chains = []
        for begin, first in enumerate(happened):
            if not first.is_of(case.steps[required[0]][0]) or first.hour >= case.hours:
                continue
            chain = [begin]
            for place in required[1:]:
                onward = [
                    row
                    for row in range(chain[-1] + 1, len(happened))
                    if happened[row].is_of(case.steps[place][0])
                    and (case.window is None or happened[row].hour - first.hour <= case.window)
                ]
                if not onward:
                    break
                chain.append(onward[0])
            chains.append(chain)
            if case.start == "first":
                break
        if not chains:
            continue
        length = max(map(len, chains))
        furthest = [chain for chain in chains if len(chain) == length]
        soonest = min(chain[-1] for chain in furthest)
        deciding = max(chain[0] for chain in furthest if chain[-1] == soonest)
        is_complete = length == len(required)
        speaks = deciding if is_complete else max(chain[0] for chain in furthest)
        is_over = case.window is None or happened[speaks].hour + case.window <= as_of
        for number in range(length):
            went_on = number + 1 < length or number + 1 == len(required)
            counted[number][0] += 1
            counted[number][1 if went_on else 3 if is_over else 2] += 1
            counted[number][4] += is_over
            counted[number][5] += is_over and went_on
    return [tuple(each) for each in counted]


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked, st.lists(signals, min_size=1, max_size=24))
def test_a_flow_over_stored_signals_is_what_the_guide_says(case, log):
    with connect.using(connect.open("duckdb://")):
        fill(
            [
                {
                    "customer": each.customer,
                    "subject": each.subject,
                    "at": each.at,
                    "name": each.name,
                    "properties": {"big": "yes"} if each.is_big else {},
                }
                for each in log
            ],
            customers=[
                {"customer": customer, "traits": {"plan": "pro" if customer <= 2 else "free"}}
                for customer in range(1, 5)
            ],
        )
        question = FlowQuestion(
            workspace=1,
            steps=tuple(
                FlowStep(f"step-{place}", "A step", CONDITIONS[condition], is_required, is_repeatable)
                for place, (condition, is_required, is_repeatable) in enumerate(case.steps)
            ),
            period=Period(MONDAY, MONDAY + case.hours * HOUR),
            window=None if case.window is None else case.window * HOUR,
            start=case.start,
            follow=case.follow,
            segment=TraitIs(test=Test(field="plan", op="is", value="pro")) if case.is_segment else None,
        )

        found = flows.flow(question, now=MONDAY + case.now * HOUR)

        connect.current().close()
    required = [
        step for step, (_, is_required, _) in zip(found.steps, case.steps, strict=True) if is_required
    ]
    shown = []
    for step in required or found.steps[:1]:
        known, went_on = (step.entered - step.in_progress, step.completed)
        if step.conversion is not None:
            known = step.conversion.n
            went_on = round((step.conversion.value or 0) * known)
        counts = (step.entered, step.completed, step.in_progress, step.dropped)
        shown.append((*counts, known, went_on) if step.conversion is not None else counts)
    expected = by_hand(case, log)
    assert shown == [each[: len(row)] for each, row in zip(expected, shown, strict=True)]
