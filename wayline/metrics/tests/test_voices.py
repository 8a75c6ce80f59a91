"""Which step scores belong to, against a reference that reads the guide one customer at a time."""

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from wayline.metrics import flows, people, voices
from wayline.metrics.questions import FlowQuestion, FlowStep, Period
from wayline.signals import filters
from wayline.signals.conditions import AllSignals, AnySignal, NotSignal, SignalIs, Test, TraitIs
from wayline.signals.vocabulary import Signal
from wayline.statistics.flows import Course
from wayline.statistics.tests.test_flows import fate_of
from wayline.warehouse.testing import MONDAY, fill

KEYS = ("order", "pack", "deliver")
SOURCES = ("shop", "file", "survey", None)
NOW = MONDAY + timedelta(days=60)
PERIOD = Period(MONDAY + timedelta(minutes=3), MONDAY + timedelta(minutes=11))
WINDOW = timedelta(minutes=5)
ANYBODY = tuple(SignalIs(names=(key,)) for key in KEYS)
OF_THE_FILE = tuple(SignalIs(names=(key,), sources=("file",)) for key in KEYS)
MIXED = (
    AllSignals(of=(SignalIs(names=("order",)), SignalIs(sources=("file", "shop")))),
    SignalIs(names=("pack",), where=(Test(field="@source", op="in", value=["file"]),)),
    AnySignal(
        of=(SignalIs(names=("deliver",), sources=("file",)), SignalIs(names=("pack",), sources=("shop",)))
    ),
)
OPEN_ENDED = (*OF_THE_FILE[:2], NotSignal(of=SignalIs(sources=("shop", "survey"))))


def make_question(conditions, **fields) -> FlowQuestion:
    steps = tuple(FlowStep(key, key, each) for key, each in zip(KEYS, conditions, strict=True))
    return replace(FlowQuestion(1, steps, PERIOD, WINDOW), **fields)


def random_life(who: int, random: Random) -> list[dict]:
    """Steps and answers in no order; some answers name a step, in one spelling or another."""
    rows = []
    for _ in range(random.randrange(9)):
        row = {
            "customer": who,
            "minute": random.randrange(14),
            "source": random.choice(SOURCES),
            "subject": random.choice(("A", "B", None)),
        }
        if random.random() < 0.5:
            row |= {"name": random.choice(KEYS)}
        else:
            named = random.choice((None, "Pack", "deliver", "de liver"))
            row |= {"kind": "answer", "name": "survey", "scale": "csat5", "score": 4, "step": named}
        rows.append(row)
    return rows


def expected(rows: list[dict], question: FlowQuestion, own: set | None) -> dict[int, str]:
    """Of every answer, by its number: the step it belongs to, by the words of docs/guide/flows.md."""
    by_unit: dict = defaultdict(list)
    for row in rows:
        if question.follow == "customer" or row["subject"]:
            by_unit[row["customer"], row["subject"] if question.follow == "subject" else None].append(row)
    fates = {unit: fate_in(theirs, question) for unit, theirs in by_unit.items()}
    travellers = {customer for (customer, _), fate in fates.items() if fate}
    found = {}
    for row in rows:
        if row.get("scale"):
            unit = row["customer"], row["subject"] if question.follow == "subject" else None
            step = step_of(row, fates.get(unit), is_own=own is None or row["source"] in own, among=travellers)
            found |= {row["seq"]: step} if step else {}
    return found


def fate_in(rows: list[dict], question: FlowQuestion):
    """When the deciding attempt began, and the moment each step was met; None without an attempt."""
    minutes = sorted((row["minute"], row["seq"], bits(row, question)) for row in rows)
    log = [(minute, marks) for minute, _, marks in minutes if marks]
    fate = fate_of(log, 0, Course((True,) * 3, 5, 3, 11, True))
    return fate and (log[fate.start][0], [log[row][0] if row >= 0 else None for row in fate.rows])


def bits(row: dict, question: FlowQuestion) -> int:
    signal = Signal(kind=row.get("kind", "behavior"), name=row["name"], at=NOW, key="", source=row["source"])
    return sum(filters.matches(step.condition, signal) << n for n, step in enumerate(question.steps))


def step_of(row: dict, fate, *, is_own: bool, among: set) -> str | None:
    at, named = row["minute"], (row["step"] or "").lower()
    is_within = fate is not None and fate[0] <= at <= fate[0] + 5
    if named in KEYS:
        counts = is_within or 3 <= at < 11
        return named if counts and (is_own or row["customer"] in among) else None
    met = (
        [key for key, when in zip(KEYS, fate[1], strict=True) if when is not None and when <= at]
        if is_within
        else []
    )
    return met[-1] if met else None


@pytest.mark.parametrize(
    ("conditions", "own"),
    [(ANYBODY, None), (OF_THE_FILE, {"file"}), (MIXED, {"file", "shop"}), (OPEN_ENDED, None)],
    ids=["anybody's signals", "those of one file", "of two sources", "of anybody but"],
)
@pytest.mark.parametrize("follow", ["customer", "subject"])
def test_every_answer_stands_at_the_step_the_guide_says(warehouse, conditions, own, follow):
    random = Random(20)
    rows = [row for who in range(250) for row in random_life(who, random)]
    rows = [row | {"seq": number} for number, row in enumerate(rows, 1)]
    fill([dict(row) for row in rows])
    question = make_question(conditions, follow=follow)

    heard = voices.voices(question, now=NOW)

    assert {int(seq): KEYS[step] for seq, step in zip(heard.seq, heard.step, strict=True)} == expected(
        rows, question, own
    )


def test_others_words_about_a_step_of_that_name_stay_out(warehouse):
    """A file's customers, a survey among them, and a shop whose survey calls its own step alike."""
    said = {"kind": "answer", "name": "survey", "scale": "csat5", "step": "deliver"}
    fill(
        [{"customer": 1, "name": key, "source": "file", "minute": 4 + n} for n, key in enumerate(KEYS)]
        + [{"customer": 2, "name": key, "source": "shop", "minute": 4 + n} for n, key in enumerate(KEYS)]
        + [
            said | {"customer": 1, "source": "survey", "score": 5, "minute": 8, "text": "On time."},
            said | {"customer": 2, "source": "shop", "score": 1, "minute": 8, "text": "Late."},
            said | {"customer": 3, "source": "file", "score": 4, "minute": 8},
        ],
        customers=[{"customer": who, "traits": {"plan": "pro"}} for who in (1, 2, 3)],
    )
    pro = TraitIs(test=Test(field="plan", op="is", value="pro"))
    of_file, of_all = make_question(OF_THE_FILE), make_question(ANYBODY)

    for question in (of_file, replace(of_file, segment=pro)):
        step = flows.flow(question, now=NOW).steps[2]
        assert (step.scores["csat5"].n, step.scores["csat5"].value, step.words_n) == (2, 4.5, 1)
        assert people.behind(question, "deliver", "scored", now=NOW).customers == (1, 3)
        assert people.behind(question, "deliver", "said", now=NOW).customers == (1,)
    assert flows.flow(of_all, now=NOW).steps[2].scores["csat5"].n == 3
