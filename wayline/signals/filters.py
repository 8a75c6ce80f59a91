"""Conditions made executable: an Ibis filter for the past, a predicate for the signal that just came in.

Both give the same answer (a property test holds them to it), by these rules:

* A test is true or false, never unknown. A field that is not there fails every test but `missing` and
  `is_not`, so `is_not` is exactly the opposite of `is`. Text that is empty is there.
* Text is compared as it stands, upper and lower case apart.
* When the test's value is a number, or the test is over/at_least/under/at_most, the field is read as a
  number; one that is no number (NUMBER below: up to 30 digits, ASCII) fails, and so passes `is_not`.
* @score and @value are numbers; `in` reads its list as numbers there, and text tests fail.
* When a trait was told is known to the second. The end of a span of days is within it, its beginning not.
"""

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import reduce
from types import MappingProxyType

import ibis
from ibis.expr.types import BooleanValue, Table, Value

from wayline.customers.trust.sayings import IMPORTS, voice
from wayline.kit.refusals import Refusal
from wayline.signals import written
from wayline.signals.conditions import (
    AllCustomers,
    AllSignals,
    AnyCustomer,
    AnySignal,
    CustomerCondition,
    Did,
    NotSignal,
    SignalCondition,
    SignalIs,
    Telling,
    Test,
    TraitIs,
)
from wayline.signals.vocabulary import Signal
from wayline.warehouse.tables import NUMBER as NUMBER
from wayline.warehouse.tables import stored

# Python's $ also matches before a last line break; fullmatch says what the engines mean by it.
_NUMBER = re.compile(NUMBER.removesuffix("$"))
NUMERIC_FIELDS = {"score", "value", "weight"}
SIGNAL_FIELDS = NUMERIC_FIELDS | {
    "kind",
    "name",
    "channel",
    "source",
    "subject",
    "step",
    "scale",
    "text",
}

# How a fact says when: see tables.CUSTOMERS.
SECOND, SECOND_LENGTH = "%Y-%m-%d %H:%M:%S", 19
UNKNOWN = "unknown"

_ORDER = {"over": operator.gt, "at_least": operator.ge, "under": operator.lt, "at_most": operator.le}


class TestUnclear(Refusal):
    """A test that cannot be carried out as written."""

    __test__ = False  # not one of pytest's


def as_number(text: str) -> float | None:
    """The number that a text is, or None."""
    return float(text) if _NUMBER.fullmatch(text) else None


def as_text(value: str | float | bool | None) -> str | None:
    """How a trait or property is kept in the warehouse."""
    return value if value is None or isinstance(value, str) else written.scalar(value)


def signal_filter(condition: SignalCondition, signals: Table) -> BooleanValue:
    """The condition as a filter of the signals table."""
    match condition:
        case SignalIs():
            tests = [_signal_test_filter(test, signals) for test in condition.where]
            return _all(
                [_one_of(signals[column], wanted) for column, wanted in _named(condition) if wanted] + tests
            )
        case AllSignals():
            return _all([signal_filter(each, signals) for each in condition.of])
        case AnySignal():
            return _any([signal_filter(each, signals) for each in condition.of])
        case NotSignal():
            return ~signal_filter(condition.of, signals)
    raise TypeError(condition)


def matches(condition: SignalCondition, signal: Signal) -> bool:
    """Whether this signal is what the condition says."""
    match condition:
        case SignalIs():
            return all(
                getattr(signal, column) in wanted for column, wanted in _named(condition) if wanted
            ) and all(_signal_test_passes(test, signal) for test in condition.where)
        case AllSignals():
            return all(matches(each, signal) for each in condition.of)
        case AnySignal():
            return any(matches(each, signal) for each in condition.of)
        case NotSignal():
            return not matches(condition.of, signal)
    raise TypeError(condition)


def _named(condition: SignalIs) -> list[tuple[str, tuple[str, ...]]]:
    return [
        ("kind", condition.kinds),
        ("name", condition.names),
        ("channel", condition.channels),
        ("source", condition.sources),
    ]


def _signal_test_filter(test: Test, signals: Table) -> BooleanValue:
    column = _own_field(test)
    if column is None:
        return _text_filter(test, signals.properties.get(test.field))
    if column in NUMERIC_FIELDS:
        return _number_filter(test, signals[column])
    return _text_filter(test, signals[column])


def _signal_test_passes(test: Test, signal: Signal) -> bool:
    column = _own_field(test)
    if column is None:
        return _text_passes(test, signal.properties.get(test.field))
    if column in NUMERIC_FIELDS:
        return _number_passes(test, getattr(signal, column))
    return _text_passes(test, getattr(signal, column))


def _own_field(test: Test) -> str | None:
    if not test.field.startswith("@"):
        return None
    if test.field[1:] not in SIGNAL_FIELDS:
        known = ", ".join(f"@{name}" for name in sorted(SIGNAL_FIELDS))
        raise TestUnclear(f"A signal has no field {test.field}. It has {known}, and its properties.")
    return test.field[1:]


def customer_filter(
    condition: CustomerCondition, customers: Table, signals: Table, now: datetime
) -> BooleanValue:
    """The condition as a filter of the customers table; both tables hold one workspace."""
    match condition:
        case TraitIs():
            trait = customers.traits.get(name := _trait(condition.test))
            passes = _text_filter(condition.test, trait)
            if condition.told is None:
                return passes
            return passes & trait.notnull() & _told_filter(condition.told, customers.facts.get(name), now)
        case Did():
            return customers.customer.isin(_who_did(condition, signals, now))
        case AllCustomers():
            return _all([customer_filter(each, customers, signals, now) for each in condition.of])
        case AnyCustomer():
            return _any([customer_filter(each, customers, signals, now) for each in condition.of])
    return ~customer_filter(condition.of, customers, signals, now)


def customer_matches(
    condition: CustomerCondition,
    traits: Mapping[str, str | float | bool | None],
    signals: Iterable[Signal],
    now: datetime,
    facts: Mapping[str, str] = MappingProxyType({}),
) -> bool:
    """Whether the customer with these traits, and all these signals, is what the condition says.

    The facts say who told the traits, and when, as customers.trust.sayings.facts writes them.
    """
    match condition:
        case TraitIs():
            trait = as_text(traits.get(name := _trait(condition.test)))
            if condition.told is None:
                return _text_passes(condition.test, trait)
            was_told = trait is not None and _was_told(condition.told, facts.get(name), now)
            return was_told and _text_passes(condition.test, trait)
        case Did():
            since = _since(condition, now)
            times = sum(
                signal.at <= now
                and (since is None or signal.at > since)
                and matches(condition.signal, signal)
                for signal in signals
            )
            return times >= condition.at_least
        case AllCustomers():
            return all(customer_matches(each, traits, signals, now, facts) for each in condition.of)
        case AnyCustomer():
            return any(customer_matches(each, traits, signals, now, facts) for each in condition.of)
    return not customer_matches(condition.of, traits, signals, now, facts)


def _trait(test: Test) -> str:
    if test.field.startswith("@"):
        raise TestUnclear(f"A customer has no field {test.field}. Name one of its traits.")
    return test.field


def _told_filter(told: Telling, fact: Value, now: datetime) -> BooleanValue:
    tests = []
    if told.by:
        source = fact.substr(SECOND_LENGTH + 1)
        voices = [_one_of(source, [each for each in told.by if each != UNKNOWN])]
        if IMPORTS in told.by:
            voices.append(source.startswith(f"{IMPORTS}:").fill_null(False))
        if UNKNOWN in told.by:
            voices.append(fact.isnull())
        tests.append(_any(voices))
    for days, compare in _spans(told):
        # As a moment, not as text, so that the compiled query serves every moment.
        since = stored(_days_before(now, days)).strftime(SECOND)
        tests.append(compare(fact.substr(0, SECOND_LENGTH), since).fill_null(False))
    return _all(tests)


def _was_told(told: Telling, fact: str | None, now: datetime) -> bool:
    if fact is None:
        return (not told.by or UNKNOWN in told.by) and not _spans(told)
    second, source = fact[:SECOND_LENGTH], fact[SECOND_LENGTH + 1 :]
    if told.by and source not in told.by and voice(source) not in told.by:
        return False
    return all(
        compare(second, str(_days_before(now, days))[:SECOND_LENGTH]) for days, compare in _spans(told)
    )


def _spans(told: Telling) -> list[tuple[int, Callable]]:
    spans = ((told.within_days, operator.gt), (told.before_days, operator.le))
    return [(days, compare) for days, compare in spans if days is not None]


def _days_before(now: datetime, days: int) -> datetime:
    return now.astimezone(UTC) - timedelta(days=days)


def _who_did(condition: Did, signals: Table, now: datetime) -> Value:
    since = _since(condition, now)
    found = signals.filter(signal_filter(condition.signal, signals), signals.at <= stored(now))
    if since is not None:
        found = found.filter(found.at > stored(since))
    if condition.at_least == 1:
        return found.customer
    return (
        found.group_by("customer").having(found.count() >= condition.at_least).agg(n=found.count()).customer
    )


def _since(condition: Did, now: datetime) -> datetime | None:
    return None if condition.within_days is None else now - timedelta(days=condition.within_days)


def _text_filter(test: Test, field: Value) -> BooleanValue:
    match test.op:
        case "exists":
            return field.notnull()
        case "missing":
            return field.isnull()
        case "in":
            return _one_of(field, _list(test))
        case "contains":
            return field.contains(_text(test)).fill_null(False)
        case "starts_with":
            return field.startswith(_text(test)).fill_null(False)
        case "is" | "is_not" if isinstance(test.value, str):
            return _turned(test, (field == test.value).fill_null(False))
        case _:
            is_number = field.re_search(NUMBER).fill_null(False)
            # The grammar first: what else a cast takes differs between engines (docs/decisions/0023).
            number = ibis.ifelse(is_number, field, ibis.null("string")).try_cast("float64")
            return _number_filter(test, number)


def _text_passes(test: Test, field: str | None) -> bool:
    match test.op:
        case "exists":
            return field is not None
        case "missing":
            return field is None
        case "in":
            return field in _list(test)
        case "contains":
            return field is not None and _text(test) in field
        case "starts_with":
            return field is not None and field.startswith(_text(test))
        case "is" | "is_not" if isinstance(test.value, str):
            return (field == test.value) is (test.op == "is")
        case _:
            return _number_passes(test, None if field is None else as_number(field))


def _number_filter(test: Test, field: Value) -> BooleanValue:
    match test.op:
        case "exists":
            return field.notnull()
        case "missing":
            return field.isnull()
        case "in":
            return _one_of(field, [number for each in _list(test) if (number := as_number(each)) is not None])
        case "contains" | "starts_with":
            return ibis.literal(False)
        case "is" | "is_not":
            return _turned(test, (field == ibis.literal(_number(test), "float64")).fill_null(False))
        case _:
            return _ORDER[test.op](field, ibis.literal(_number(test), "float64")).fill_null(False)


def _number_passes(test: Test, field: float | None) -> bool:
    match test.op:
        case "exists":
            return field is not None
        case "missing":
            return field is None
        case "in":
            return field in [as_number(each) for each in _list(test)] if field is not None else False
        case "contains" | "starts_with":
            return False
        case "is" | "is_not":
            return (field is not None and field == _number(test)) is (test.op == "is")
        case _:
            return field is not None and _ORDER[test.op](field, _number(test))


def _number(test: Test) -> float:
    number = as_number(test.value) if isinstance(test.value, str) else test.value
    if not isinstance(number, int | float):
        raise TestUnclear(f"“{test.field} {test.op}” needs a number to compare with, not {test.value!r}.")
    return float(number)


def _text(test: Test) -> str:
    if test.value is None or isinstance(test.value, list):
        raise TestUnclear(f"“{test.field} {test.op}” needs one text to look for, not {test.value!r}.")
    return as_text(test.value) or ""


def _list(test: Test) -> list[str]:
    if not isinstance(test.value, list):
        raise TestUnclear(f"“{test.field} in” needs a list of values, not {test.value!r}.")
    return test.value


def _turned(test: Test, is_equal: BooleanValue) -> BooleanValue:
    return is_equal if test.op == "is" else ~is_equal


def _one_of(field: Value, wanted: Iterable) -> BooleanValue:
    wanted = sorted(set(wanted))
    return field.isin(wanted).fill_null(False) if wanted else ibis.literal(False)


def _all(parts: list[BooleanValue]) -> BooleanValue:
    return _joined(operator.and_, parts, empty=True)


def _any(parts: list[BooleanValue]) -> BooleanValue:
    return _joined(operator.or_, parts, empty=False)


def _joined(how: Callable, parts: list[BooleanValue], *, empty: bool) -> BooleanValue:
    return reduce(how, parts) if parts else ibis.literal(empty)
