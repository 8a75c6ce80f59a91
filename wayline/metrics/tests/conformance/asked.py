"""What is asked of every engine: all that the product asks of its warehouse."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

from wayline.metrics import (
    answers,
    catalog,
    flows,
    lateness,
    observed,
    paths,
    people,
    response,
    rolling,
    standing,
    timeline,
)
from wayline.metrics.questions import FlowQuestion, FlowStep, Period, Question
from wayline.signals import queries, rows
from wayline.signals.conditions import (
    AllCustomers,
    AllSignals,
    AnySignal,
    Did,
    NotCustomer,
    NotSignal,
    SignalIs,
    Telling,
    Test,
    TraitIs,
)
from wayline.warehouse.testing import MONDAY

NOW = MONDAY + timedelta(days=60)
PERIOD = Period(MONDAY, MONDAY + timedelta(days=30))
PRO = TraitIs(test=Test(field="plan", op="is", value="pro"))
BIG = SignalIs(names=("paid",), where=(Test(field="amount", op="over", value=50),))
START = SignalIs(kinds=("behavior",), names=("signed up",))
MANY_SEATS = AllCustomers(
    of=(
        TraitIs(test=Test(field="seats", op="at_least", value=10)),
        NotCustomer(of=Did(signal=SignalIs(names=("renewed",)), within_days=50)),
    )
)
LATELY = TraitIs(
    test=Test(field="plan", op="is", value="pro"), told=Telling(by=("key:1", "api:2"), within_days=60)
)
LONG_AGO = TraitIs(test=Test(field="plan", op="exists"), told=Telling(by=("import",), before_days=40))
NOBODY_KNOWS = TraitIs(test=Test(field="plan", op="exists"), told=Telling(by=("unknown",)))
STEPS = (
    FlowStep("start", "Start", START),
    FlowStep("look", "Look", SignalIs(kinds=("page",)), is_required=False),
    FlowStep("pay", "Pay", AnySignal(of=(BIG, SignalIs(names=("invoiced",), channels=("mail",))))),
    FlowStep("stay", "Stay", NotSignal(of=SignalIs(names=("signed up", "paid", "invoiced", "asked")))),
)
FLOW = FlowQuestion(1, STEPS, PERIOD, timedelta(days=9))
# Whoever names the step "pay" is of a third sender.
OF_TWO = AnySignal(of=(SignalIs(sources=("key:1",)), SignalIs(sources=("key:2",))))
OF_TWO_SENDERS = replace(
    FLOW,
    steps=tuple(
        replace(step, condition=AllSignals(of=(step.condition, OF_TWO))) for step in STEPS if step.condition
    ),
)
MEMBER = SimpleNamespace(workspace_id=1)


def metric(slug: str, **asked) -> answers.Answer:
    """The metric's answer, with conditions where it needs some."""
    found = catalog.METRICS[slug]
    given = {"of": START, "then": SignalIs(names=("paid", "renewed")), "within": timedelta(days=9)}
    needed = {
        name: given[name] for name in (*found.requires, *(["within"] if "of" in found.requires else []))
    }
    return answers.answer(Question(1, slug, PERIOD, **needed, **asked), now=NOW)


METRICS = {
    f"{slug} {how}": (lambda slug=slug, asked=asked: metric(slug, **asked))
    for slug in catalog.METRICS
    for how, asked in {
        "by week, in Kiel, of a segment": {"by": ("week",), "timezone": "Europe/Berlin", "segment": PRO},
        "by what is often missing, where it was not big": {
            "by": ("month", "channel", "trait:plan", "property:campaign"),
            "where": NotSignal(of=BIG),
            "segment": MANY_SEATS,
        },
    }.items()
}
FLOWS = {
    "flow with many words, and the period before": lambda: flows.flow(FLOW, compare=True, words=9, now=NOW),
    "flow of a segment": lambda: flows.flow(replace(FLOW, segment=PRO), now=NOW),
    "flow of a segment that was told lately": lambda: flows.flow(replace(FLOW, segment=LATELY), now=NOW),
    "flow of what two senders sent": lambda: flows.flow(OF_TWO_SENDERS, words=9, now=NOW),
    "flow from the first start": lambda: flows.flow(replace(FLOW, start="first"), now=NOW),
    "flow without a window, of those who did not": lambda: flows.flow(
        replace(FLOW, window=None, segment=NotCustomer(of=Did(signal=BIG, at_least=2))), now=NOW
    ),
    "flow of subjects": lambda: flows.flow(replace(FLOW, window=None, follow="subject"), now=NOW),
    "flow of subjects in a window": lambda: flows.flow(replace(FLOW, follow="subject"), now=NOW),
    "dropped at the start": lambda: people.behind(FLOW, "start", "dropped", now=NOW),
    "who said something": lambda: people.behind(FLOW, "start", "said", now=NOW),
    "one customer's attempts": lambda: standing.attempts(replace(FLOW, customer=9), now=NOW),
}
PATHS = {
    "graph": lambda: paths.directly_follows(1, PERIOD),
    "graph of subjects": lambda: paths.directly_follows(1, PERIOD, follow="subject", segment=PRO),
    "paths between": lambda: paths.frequent_paths(1, PERIOD, start=START, end=BIG),
    "whole paths of payers": lambda: paths.frequent_paths(
        1, PERIOD, where=NotSignal(of=SignalIs(kinds=("page",)))
    ),
}
LISTS = {
    "names": lambda: observed.names(1, PERIOD),
    "fields": lambda: observed.fields(1, "behavior", "paid"),
    "preview": lambda: observed.preview(1, BIG, PERIOD, segment=PRO),
    "segment": lambda: observed.customers_in(1, MANY_SEATS, now=NOW),
    "segments by who told it and when": lambda: [
        observed.customers_in(1, each, now=NOW) for each in (LATELY, LONG_AGO, NOBODY_KNOWS)
    ],
    "ends": lambda: (observed.first_at(1), observed.last_at(1)),
    "ends of nothing": lambda: (observed.first_at(7), observed.last_at(7)),
    "answer of nothing": lambda: answers.answer(Question(7, "nps", PERIOD, by=("week",)), now=NOW),
    "timeline": lambda: timeline.timeline(1, 9),
    "timeline before": lambda: timeline.timeline(1, 9, before=MONDAY + timedelta(days=3), limit=4),
    "habits": lambda: standing.habits(1, 9),
    "rolling": lambda: rolling.rolling(Question(1, "nps", PERIOD)),
    "late": lambda: lateness.late(Question(1, "nps", PERIOD), scale="nps", now=NOW),
    "response": lambda: response.response(Question(1, "nps", PERIOD), "nps"),
    "property names": lambda: queries._keys("signals", "properties", MEMBER),
    "trait names": lambda: queries._keys("customers", "traits", MEMBER),
    "seen without a source": lambda: sorted(rows.seen_without(1, "key:1")),
}
ALL = METRICS | FLOWS | PATHS | LISTS
# Each metric once: the others differ in their keys only, which the dialects have been asked for already.
FEWER = {name: ask for name, ask in ALL.items() if name not in METRICS or "Kiel" in name}
