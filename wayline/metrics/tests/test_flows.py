from datetime import UTC, datetime, timedelta

import pytest

from wayline.metrics import flows, runs
from wayline.metrics.questions import FlowQuestion, FlowStep, Period
from wayline.signals.conditions import SignalIs, Telling, Test, TraitIs
from wayline.statistics import proportions
from wayline.warehouse.testing import MONDAY, fill

DAY = 24 * 60
NOW = MONDAY + timedelta(days=60)
STEPS = ("signed up", "connected", "first report")


def make_step(name: str, **fields) -> FlowStep:
    return FlowStep(
        **{"key": name.replace(" ", "-"), "title": name, "condition": SignalIs(names=(name,))} | fields
    )


def make_question(*steps: FlowStep, **fields) -> FlowQuestion:
    return FlowQuestion(
        **{
            "workspace": 1,
            "steps": steps or tuple(make_step(name) for name in STEPS),
            "period": Period(MONDAY, MONDAY + timedelta(days=30)),
            "window": timedelta(days=10),
        }
        | fields
    )


def ask(question: FlowQuestion | None = None, **options):
    return flows.flow(question or make_question(), now=NOW, **options)


def went(customer: int, *names: str, start: int = 0, every: int = 60, **fields) -> list[dict]:
    """A customer who did these things, an hour apart unless said."""
    return [
        {"customer": customer, "name": name, "minute": start + n * every} | fields
        for n, name in enumerate(names)
    ]


def counts(step) -> tuple:
    return step.entered, step.completed, step.in_progress, step.dropped


def test_every_step_says_who_entered_went_on_is_on_the_way_and_was_lost(warehouse):
    fill(
        went(1, "signed up", "connected", "first report")
        + went(2, "signed up", "connected")
        + went(3, "signed up")
        + went(4, "signed up", start=20 * DAY)
        + went(5, "signed up", "connected", "first report", start=22 * DAY)
    )

    answer = ask()

    assert [counts(step) for step in answer.steps] == [(5, 3, 1, 1), (3, 2, 0, 1), (2, 2, 0, 0)]
    assert (answer.entered, answer.completed, answer.in_progress, answer.dropped) == (5, 2, 1, 2)
    assert answer.as_of == MONDAY + timedelta(days=22, hours=2)


def test_conversion_counts_only_those_whose_window_is_over(warehouse):
    fill(
        went(1, "signed up", "connected", "first report")
        + went(2, "signed up")
        + went(3, "signed up", "connected", "first report", start=20 * DAY)
    )

    answer = ask()

    assert answer.conversion == proportions.wilson(1, 2)
    assert answer.steps[0].conversion == proportions.wilson(1, 2)
    assert answer.steps[2].conversion is None


def test_the_losses_are_shared_out_among_the_steps(warehouse):
    fill(
        [row for who in range(60) for row in went(who, "signed up")]
        + [row for who in range(100, 125) for row in went(who, "signed up", "connected")]
        + [row for who in range(200, 215) for row in went(who, *STEPS)]
        + went(999, "signed up", start=29 * DAY)
    )
    steps = (*(make_step(name) for name in STEPS), make_step("invited"))

    answer = ask(make_question(*steps))

    assert [step.loss_share and step.loss_share.value for step in answer.steps] == [0.6, 0.25, 0.15, 0]
    assert answer.steps[0].loss_share == proportions.wilson(60, 100)


def test_without_a_window_nobody_is_in_progress(warehouse):
    fill(went(1, "signed up", "connected", every=20 * DAY) + went(2, "signed up"))

    answer = ask(make_question(*(make_step(name) for name in STEPS[:2]), window=None))

    assert counts(answer.steps[0]) == (2, 1, 0, 1)
    assert answer.conversion == proportions.wilson(1, 2)


def test_times_run_to_the_next_required_step_and_from_the_last_repeat_of_a_repeatable_one(warehouse):
    names = ("signed up", "connected", "connected", "first report")
    fill([row for who in range(40) for row in went(who, *names)] + went(99, "signed up", start=29 * DAY))

    plain = ask()
    repeatable = ask(
        make_question(
            make_step("signed up"), make_step("connected", is_repeatable=True), make_step("first report")
        )
    )

    assert [step.median_time.value for step in plain.steps[:2]] == [3600, 7200]
    assert plain.median_time.value == 3 * 3600
    assert plain.steps[1].loops.value == 1
    assert repeatable.steps[1].median_time.value == 3600
    assert repeatable.steps[1].loops is None


def test_an_optional_step_loses_nobody(warehouse):
    steps = (make_step("signed up"), make_step("toured", is_required=False), make_step("connected"))
    fill(
        went(1, "signed up", "toured", "connected")
        + went(2, "signed up", "connected")
        + went(3, "signed up", "connected", "toured")
        + went(4, "signed up", "toured")
        + went(5, "signed up", start=29 * DAY)
    )

    signed_up, toured, connected = ask(make_question(*steps)).steps

    assert counts(signed_up) == (5, 3, 1, 1)
    assert counts(toured) == (2, 1, 0, 1)
    assert toured.loss_share is None
    assert counts(connected) == (3, 3, 0, 0)


def test_a_signal_of_the_same_name_but_another_kind_is_no_step(warehouse):
    step = make_step("signed up", condition=SignalIs(kinds=("behavior",), names=("signed up",)))
    fill(went(1, "signed up") + [{"customer": 2, "kind": "page", "minute": 30 * DAY}])

    answer = ask(make_question(step, window=None))

    assert (answer.entered, answer.as_of) == (1, MONDAY)


def test_each_order_of_a_customer_is_followed_by_itself(warehouse):
    fill(
        went(1, "signed up", "connected", subject="A")
        + went(1, "signed up", subject="B")
        + went(2, "signed up")
    )

    answer = ask(make_question(*(make_step(name) for name in STEPS[:2]), follow="subject", window=None))

    assert counts(answer.steps[0]) == (2, 1, 0, 1)


def test_a_segment_is_followed_alone(warehouse):
    fill(
        went(1, "signed up", "connected") + went(2, "signed up"),
        customers=[{"customer": 1, "traits": {"plan": "pro"}}, {"customer": 2, "traits": {"plan": "free"}}],
    )
    pro = TraitIs(test=Test(field="plan", op="is", value="pro"))

    answer = ask(make_question(segment=pro))

    assert counts(answer.steps[0]) == (1, 1, 0, 0)


def test_another_workspace_is_another_world(warehouse):
    fill(went(1, *STEPS, workspace=2) + went(2, "signed up"))

    assert ask().entered == 1


def test_a_score_belongs_to_the_step_it_names_or_else_to_the_last_one_reached(warehouse):
    answered = {"kind": "answer", "name": "survey", "scale": "csat5"}
    fill(
        went(1, "signed up", "connected")
        + [
            {"customer": 1, "minute": 30, "score": 5} | answered,
            {"customer": 1, "minute": 90, "score": 2, "text": "Slow."} | answered,
            {"customer": 1, "minute": 95, "score": 1, "step": "signed-up"} | answered,
            {"customer": 2, "minute": 95, "score": 3, "step": "connected"} | answered,
            {"customer": 2, "minute": 95, "score": 3} | answered,
            {"customer": 1, "minute": 11 * DAY, "score": 1} | answered,
        ]
    )

    signed_up, connected, _ = ask().steps

    assert (signed_up.scores["csat5"].value, signed_up.scores["csat5"].n) == (3, 2)
    assert (connected.scores["csat5"].value, connected.scores["csat5"].n) == (2.5, 2)
    assert (connected.feeling.value, connected.feeling.n) == (-0.5, 2)
    assert [(words.text, words.score, words.customer) for words in connected.words] == [("Slow.", 2, 1)]
    assert connected.words_n == 1


def test_scales_are_never_mixed_and_nps_is_in_points(warehouse):
    fill(
        went(1, "signed up")
        + [
            {"customer": 1, "minute": 1, "score": 10, "scale": "nps"},
            {"customer": 1, "minute": 2, "score": 7, "scale": "nps"},
            {"customer": 1, "minute": 3, "score": 4, "scale": "csat5"},
            {"customer": 1, "minute": 4, "score": 11, "scale": "nps"},
            {"customer": 1, "minute": 5, "score": 4},
        ]
    )

    scores = ask().steps[0].scores

    assert {scale: (score.value, score.n) for scale, score in scores.items()} == {
        "nps": (50, 2),
        "csat5": (4, 1),
    }


def test_words_show_both_sides_latest_first_and_each_customer_once(warehouse):
    rows = []
    for who in range(8):
        score = 1 if who < 6 else 5
        rows += went(who, "signed up") + [
            {
                "customer": who,
                "minute": 10 + who,
                "score": score,
                "scale": "csat5",
                "text": f"{who}",
                "kind": "answer",
            }
        ]
    fill(
        [*rows, {"customer": 5, "minute": 9, "text": "again", "score": 1, "scale": "csat5", "kind": "answer"}]
    )

    step = ask(words=3).steps[0]

    assert [words.text for words in step.words] == ["5", "4", "7"]
    assert step.words_n == 9


def test_a_change_is_claimed_only_beyond_noise(warehouse):
    month = 30 * DAY
    fill(
        [row for who in range(200) for row in went(who, *STEPS[: 1 + (who < 80)])]
        + [row for who in range(500, 700) for row in went(who, *STEPS[: 1 + (who < 630)], start=-month)]
        + went(999, "signed up", start=59 * DAY)
    )

    step = ask(compare=True).steps[0]

    assert step.conversion.value == 0.4
    assert step.conversion_change.before.value == 0.65
    assert step.conversion_change.verdict == "down"


def test_a_map_with_nothing_bound_counts_nothing(warehouse):
    answer = ask(make_question(make_step("signed up", condition=None)))

    assert (answer.entered, answer.steps[0].entered, answer.conversion.n) == (0, None, 0)


def test_steps_that_are_not_bound_are_passed_over(warehouse):
    fill(went(1, "signed up", "first report"))
    steps = (make_step("signed up"), make_step("considered", condition=None), make_step("first report"))

    answer = ask(make_question(*steps, window=None))

    assert [counts(step) for step in answer.steps] == [(1, 1, 0, 0), (None,) * 4, (1, 1, 0, 0)]


@pytest.mark.parametrize(
    ("start", "window", "completed"),
    [("any", 10, 2), ("first", 10, 1), ("any", None, 2), ("first", None, 2)],
)
def test_start_and_window_are_a_choice(warehouse, start, window, completed):
    fill(
        went(1, *STEPS)
        + [{"customer": 2, "name": "signed up", "minute": 0}]
        + went(2, *STEPS, start=12 * DAY)
        + went(3, "signed up", start=29 * DAY)
    )

    answer = ask(make_question(start=start, window=window and timedelta(days=window)))

    assert answer.completed == completed


def test_the_definition_is_one_sentence():
    assert flows.definition(make_question()) == (
        "Each customer counts once, from any of its starts in the period, steps in order, "
        "all steps within 10 days of that start."
    )


def test_an_answer_keeps_while_only_time_passes(warehouse):
    fill(went(1, "signed up"))

    assert flows.flow(make_question()) is flows.flow(make_question())
    assert runs.asked_at(make_question()) == MONDAY


@pytest.mark.parametrize("told", [{"within_days": 90}, {"before_days": 90}])
def test_what_a_segment_counts_from_now_is_asked_now(warehouse, told):
    fill(went(1, "signed up"))
    segment = TraitIs(test=Test(field="plan", op="exists"), told=Telling(**told))

    assert runs.asked_at(make_question(segment=segment)) > MONDAY


def test_the_example_of_the_guide(warehouse):
    march = Period(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
    days = {
        1: ((1, "signed up"), (2, "connected"), (9, "first report")),
        2: ((1, "signed up"), (2, "connected"), (20, "first report")),
        3: ((1, "signed up"), (8, "signed up"), (9, "connected"), (15, "first report")),
        4: ((3, "connected"), (4, "signed up")),
        5: ((28, "signed up"), (31, "noticed")),
    }
    fill(
        [
            {"customer": who, "name": name, "at": march.start + timedelta(days=day - 1)}
            for who, signals in days.items()
            for day, name in signals
        ]
    )

    answer = ask(make_question(period=march))
    first_only = ask(make_question(period=march, start="first"))

    assert [counts(step) for step in answer.steps] == [(5, 3, 1, 1), (3, 2, 0, 1), (2, 2, 0, 0)]
    known = [(step.conversion.value, step.conversion.n) for step in answer.steps[:2]]
    assert known == [(3 / 4, 4), (2 / 3, 3)]
    assert first_only.completed == 1


def test_orders_of_one_customer_are_not_independent(warehouse):
    """Forty customers with two orders each, alike in fate: worth forty orders, not eighty."""
    rows = []
    for who in range(40):
        names = STEPS if who % 2 else STEPS[:1]
        rows += [row for order in ("A", "B") for row in went(who, *names, subject=f"{order}{who}")]
    fill(rows + went(99, "signed up", start=29 * DAY, subject="Z"))

    found = ask(make_question(follow="subject")).conversion

    assert (found.value, found.n) == (0.5, 80)
    assert found.effective_n == pytest.approx(40, rel=0.05)
    assert found.high - found.low > proportions.wilson(40, 80).high - proportions.wilson(40, 80).low
