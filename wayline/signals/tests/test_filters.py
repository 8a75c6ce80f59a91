from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wayline.signals import filters
from wayline.signals.conditions import (
    AllCustomers,
    AllSignals,
    AnyCustomer,
    AnySignal,
    Did,
    NotCustomer,
    NotSignal,
    SignalIs,
    Telling,
    Test,
    TraitIs,
    sources_asked,
    sources_of_any,
)
from wayline.signals.masks import Masks
from wayline.signals.vocabulary import Signal
from wayline.warehouse.testing import MONDAY, fill

words = st.one_of(
    st.sampled_from(
        ["", "a", "A", "ä", "ß", "İ", "pro", "promo", "5", "5.0", " 5", "1e3", "1_000", "٣", "true"]
    ),
    st.sampled_from(
        ["false", "nan", "inf", "-.5", "+7", "0x10", "5\n", "it's", "100%", "a_b", "\\", '"', "🙂"]
    ),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=4),
)
numbers = st.one_of(st.sampled_from([0, 5, 5.5, -0.5, 1000, 1e15]), st.integers(-3, 11).map(float))
fields = st.sampled_from(
    ["plan", "seats", "@score", "@value", "@scale", "@text", "@subject", "@step", "@source"]
)
senders = st.sampled_from(["demo", "import:4", "key:3"])
tests = st.one_of(
    st.builds(
        Test, field=fields, op=st.sampled_from(["contains", "starts_with", "exists", "missing"]), value=words
    ),
    st.builds(Test, field=fields, op=st.just("in"), value=st.lists(words, max_size=3)),
    st.builds(
        Test,
        field=fields,
        op=st.sampled_from(["is", "is_not", "over", "at_least", "under", "at_most"]),
        value=st.one_of(numbers, st.sampled_from(["5", "5.0", "-.5", "1e3"])),
    ),
    st.builds(
        Test,
        field=st.sampled_from(["plan", "@text", "@step"]),
        op=st.sampled_from(["is", "is_not"]),
        value=words,
    ),
    st.builds(Test, field=st.just("@source"), op=st.sampled_from(["is", "is_not"]), value=senders),
    st.builds(Test, field=st.just("@source"), op=st.just("in"), value=st.lists(senders, max_size=2)),
)
kinds = st.sampled_from(["behavior", "answer", "contact"])
channels = st.sampled_from(["email", "web"])
plain = st.builds(
    SignalIs,
    kinds=st.lists(kinds, max_size=2),
    names=st.lists(words, max_size=2),
    channels=st.lists(channels, max_size=1),
    sources=st.lists(senders, max_size=2),
    where=st.lists(tests, max_size=2),
)
conditions = st.recursive(
    plain,
    lambda inner: st.one_of(
        st.builds(AllSignals, of=st.lists(inner, max_size=3)),
        st.builds(AnySignal, of=st.lists(inner, max_size=3)),
        st.builds(NotSignal, of=inner),
    ),
    max_leaves=4,
)
signals = st.builds(
    Signal,
    kind=kinds,
    name=words,
    at=st.integers(-5, 5).map(lambda days: MONDAY + timedelta(days=days)),
    key=st.just("k"),
    channel=st.none() | channels,
    source=st.none() | senders,
    subject=st.none() | words,
    step=st.none() | words,
    score=st.none() | numbers,
    scale=st.none() | words,
    value=st.none() | numbers,
    text=st.none() | words,
    properties=st.dictionaries(st.sampled_from(["plan", "seats"]), words),
)
traits = st.dictionaries(
    st.sampled_from(["plan", "seats"]),
    st.one_of(words, numbers, st.booleans(), st.none()),
)
sources = st.sampled_from(["key:3", "import:4", "import:40", "importer", "api:1"])
facts = st.dictionaries(
    st.sampled_from(["plan", "seats"]),
    st.builds(
        lambda seconds, source: f"{(MONDAY - timedelta(seconds=seconds)).replace(tzinfo=None)} {source}",
        st.sampled_from([-1, 0, 86_399, 86_400, 86_401, 3 * 86_400]),
        sources,
    ),
)
days = st.none() | st.sampled_from([1, 3])
tellings = st.builds(
    Telling,
    by=st.lists(sources | st.sampled_from(["import", "unknown"]), max_size=2),
    within_days=days,
    before_days=days,
)
trait_tests = tests.filter(lambda test: not test.field.startswith("@"))
segments = st.recursive(
    st.one_of(
        st.builds(TraitIs, test=trait_tests, told=st.none() | tellings),
        st.builds(
            Did, signal=plain, at_least=st.integers(1, 2), within_days=st.none() | st.sampled_from([1, 3])
        ),
    ),
    lambda inner: st.one_of(
        st.builds(AllCustomers, of=st.lists(inner, max_size=2)),
        st.builds(AnyCustomer, of=st.lists(inner, max_size=2)),
        st.builds(NotCustomer, of=inner),
    ),
    max_leaves=3,
)
many = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def as_row(signal: Signal, **fields) -> dict:
    columns = [
        "kind",
        "name",
        "at",
        "channel",
        "source",
        "subject",
        "step",
        "score",
        "scale",
        "value",
        "text",
        "properties",
    ]
    return {name: getattr(signal, name) for name in columns} | fields


@pytest.mark.slow
@many
@given(st.lists(conditions, min_size=1, max_size=12), st.lists(signals, min_size=1, max_size=8))
def test_filter_predicate_and_mask_agree_on_every_signal(warehouse, conditions, signals):
    with warehouse.writing() as writer:
        writer.forget_customers(1, [1])
    fill([as_row(signal, seq=number) for number, signal in enumerate(signals)])
    table = warehouse.table("signals")

    answers = {f"c{n}": filters.signal_filter(each, table) for n, each in enumerate(conditions)}
    masks = Masks(tuple(conditions))
    rows = warehouse.run(table.select("seq", **answers, **masks.columns(table)).order_by("seq"))

    expected = [[filters.matches(each, signal) for signal in signals] for each in conditions]
    assert [rows[name].to_pylist() for name in answers] == expected
    assert [mask.tolist() for mask in masks.of(rows)] == expected
    for condition, held in zip(conditions, expected, strict=True):
        found = {signal.source for signal, is_held in zip(signals, held, strict=True) if is_held}
        assert found <= (sources_asked(condition) or found)


@pytest.mark.slow
@many
@given(segments, st.lists(st.tuples(traits, st.lists(signals, max_size=4), facts), min_size=1, max_size=4))
def test_filter_and_predicate_agree_on_every_customer(warehouse, segment, people):
    with warehouse.writing() as writer:
        writer.forget_customers(1, list(range(10)))
    fill(
        [as_row(signal, customer=who) for who, (_, theirs, _) in enumerate(people) for signal in theirs],
        customers=[
            {
                "customer": who,
                "traits": {
                    name: filters.as_text(value) for name, value in known.items() if value is not None
                },
                "facts": told,
            }
            for who, (known, _, told) in enumerate(people)
        ],
    )
    customers, table = warehouse.table("customers"), warehouse.table("signals")

    condition = filters.customer_filter(segment, customers, table, MONDAY)
    found = warehouse.run(customers.filter(condition).select("customer"))["customer"].to_pylist()

    assert set(found) == {
        who
        for who, (known, theirs, told) in enumerate(people)
        if filters.customer_matches(segment, known, theirs, MONDAY, told)
    }


def test_the_sources_asked_for_are_read_out_of_every_part():
    shop, file = SignalIs(names=("a",), sources=("shop",)), SignalIs(sources=("file", "shop"))
    tested = SignalIs(where=(Test(field="@source", op="in", value=["shop", "key:1"]),))

    assert sources_asked(AnySignal(of=(shop, AllSignals(of=(file, tested))))) == {"shop"}
    assert sources_of_any([shop, file]) == {"shop", "file"}
    assert sources_asked(AllSignals(of=(SignalIs(names=("a",)), file))) == {"file", "shop"}
    assert sources_asked(AnySignal(of=(shop, SignalIs(names=("a",))))) is None
    assert sources_asked(NotSignal(of=shop)) is None
    assert sources_of_any([shop, NotSignal(of=file)]) is None


def make_signal(**fields) -> Signal:
    return Signal(**{"kind": "answer", "name": "onboarding survey", "at": MONDAY, "key": "k"} | fields)


@pytest.mark.parametrize(
    ("field", "op", "value", "is_true"),
    [
        ("plan", "is", "pro", True),
        ("plan", "is", "Pro", False),
        ("plan", "is_not", "free", True),
        ("color", "is_not", "red", True),
        ("color", "missing", None, True),
        ("seats", "over", 5, True),
        ("seats", "is", 12, True),
        ("seats", "is", "12", False),
        ("plan", "over", 5, False),
        ("plan", "is_not", 5, True),
        ("@score", "at_least", 9, True),
        ("@score", "in", ["9", "10"], True),
        ("@value", "under", 100, False),
    ],
)
def test_each_test_says_what_the_guide_says(field, op, value, is_true):
    signal = make_signal(score=9, properties={"plan": "pro", "seats": "12.0"})

    assert filters.matches(SignalIs(where=[Test(field=field, op=op, value=value)]), signal) is is_true


@pytest.mark.parametrize(
    ("test", "sentence"),
    [
        (Test(field="seats", op="over", value="many"), "needs a number"),
        (Test(field="plan", op="in", value="pro"), "needs a list"),
        (Test(field="plan", op="contains", value=None), "needs one text"),
        (Test(field="@mood", op="exists"), "has no field @mood"),
    ],
)
def test_a_test_that_makes_no_sense_is_refused_both_ways(warehouse, test, sentence):
    condition = SignalIs(where=[test])

    with pytest.raises(filters.TestUnclear, match=sentence):
        filters.matches(condition, make_signal(properties={"seats": "3", "plan": "pro"}))
    with pytest.raises(filters.TestUnclear, match=sentence):
        filters.signal_filter(condition, warehouse.table("signals"))
