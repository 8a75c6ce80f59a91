import pytest

from wayline.signals import segment_lines as segments
from wayline.signals.conditions import AllCustomers, Did, NotCustomer, SignalIs, Telling, Test, TraitIs


@pytest.mark.parametrize(
    ("line", "test"),
    [
        ("plan is pro", Test(field="plan", op="is", value="pro")),
        ("plan is not pro", Test(field="plan", op="is_not", value="pro")),
        ("company size is 2 to 10", Test(field="company size", op="is", value="2 to 10")),
        ("plan is one of pro, business", Test(field="plan", op="in", value=["pro", "business"])),
        ("seats over 10", Test(field="seats", op="over", value=10.0)),
        ("seats at least 10", Test(field="seats", op="at_least", value=10.0)),
        ("phone is known", Test(field="phone", op="exists")),
        ("city starts with New", Test(field="city", op="starts_with", value="New")),
    ],
)
def test_a_line_becomes_a_condition(line, test):
    assert segments.parse(line) == TraitIs(test=test)


@pytest.mark.parametrize(
    ("line", "test", "told"),
    [
        (
            "plan is pro told by key:3 in the last 90 days",
            Test(field="plan", op="is", value="pro"),
            Telling(by=("key:3",), within_days=90),
        ),
        (
            "email is known, told more than 365 days ago",
            Test(field="email", op="exists"),
            Telling(before_days=365),
        ),
        ("seats over 10 told by import", Test(field="seats", op="over", value=10.0), Telling(by=("import",))),
        ("story is told by firelight", Test(field="story", op="is", value="told by firelight"), None),
    ],
)
def test_a_line_says_who_told_it_and_when(line, test, told):
    assert segments.parse(line) == TraitIs(test=test, told=told)


def test_what_customers_did_is_a_segment_too():
    late = segments.parse("did Order delivered with late is yes")
    silent = segments.parse("did not Survey Sent and plan is pro")

    assert late == Did(
        signal=SignalIs(names=("Order delivered",), where=(Test(field="late", op="is", value="yes"),))
    )
    assert silent.of[0] == NotCustomer(of=Did(signal=SignalIs(names=("Survey Sent",))))
    assert segments.parse(segments.done("Order delivered", "late", "yes")) == late


def test_and_joins_tests():
    found = segments.parse("plan is pro and seats over 10")

    assert isinstance(found, AllCustomers)
    assert [part.test.field for part in found.of] == ["plan", "seats"]


def test_an_empty_line_is_everybody():
    assert segments.parse("  ") is None


@pytest.mark.parametrize("line", ["plan pro", "plan is", "seats over many"])
def test_a_line_not_understood_shows_how_to_write_one(line):
    with pytest.raises(segments.SegmentNotUnderstood, match="Write"):
        segments.parse(line)


LATE = Did(signal=SignalIs(names=("Order Delivered",), where=(Test(field="late", op="is", value="yes"),)))


@pytest.mark.parametrize("line", ["Late and angry", "late  AND angry"])
def test_a_saved_segment_is_named(line):
    assert segments.parse(line, {"Late and angry": LATE}) == LATE


def test_a_saved_segment_is_narrowed_by_words():
    found = segments.parse("Late and plan is pro", {"Late": LATE})

    assert found.of == (LATE, TraitIs(test=Test(field="plan", op="is", value="pro")))
