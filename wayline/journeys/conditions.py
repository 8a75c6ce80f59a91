"""How a step's condition reads to a person, and which signals it names."""

from collections.abc import Iterator

from pydantic import TypeAdapter

from wayline.signals.conditions import AllSignals, AnySignal, NotSignal, SignalCondition, SignalIs, Test

SIGNAL = TypeAdapter(SignalCondition)

SAYS = {
    "is": "is",
    "is_not": "is not",
    "in": "is one of",
    "contains": "contains",
    "starts_with": "starts with",
    "exists": "is known",
    "missing": "is missing",
    "over": "over",
    "at_least": "at least",
    "under": "under",
    "at_most": "at most",
}


def parsed(stored: dict | None) -> SignalCondition | None:
    """The stored JSON as a condition."""
    return None if stored is None else SIGNAL.validate_python(stored)


def leaves(condition: SignalCondition) -> Iterator[SignalIs]:
    """Every signal the condition asks for; what it excludes does not count."""
    if isinstance(condition, SignalIs):
        yield condition
    elif isinstance(condition, AllSignals | AnySignal):
        for part in condition.of:
            yield from leaves(part)


def says_something(condition: SignalCondition) -> bool:
    """False for a condition that every signal would pass."""
    if isinstance(condition, NotSignal):
        return says_something(condition.of)
    if isinstance(condition, AllSignals):
        return any(says_something(part) for part in condition.of)
    if isinstance(condition, AnySignal):
        return bool(condition.of) and all(says_something(part) for part in condition.of)
    return bool(
        condition.kinds or condition.names or condition.channels or condition.sources or condition.where
    )


def named(condition: SignalCondition) -> set[str]:
    """Every name the condition asks for."""
    return {name for leaf in leaves(condition) for name in leaf.names}


def sentence(condition: SignalCondition | None) -> str:
    """The condition in words: "Order Placed where plan is pro"."""
    if condition is None:
        return "no signal yet"
    if isinstance(condition, AllSignals):
        return " and ".join(sentence(part) for part in condition.of)
    if isinstance(condition, AnySignal):
        return " or ".join(sentence(part) for part in condition.of)
    if isinstance(condition, NotSignal):
        return f"not {sentence(condition.of)}"
    return _signal_sentence(condition)


def test_sentence(test: Test) -> str:
    """One test in words: "plan is pro"."""
    value = ", ".join(test.value) if isinstance(test.value, list) else test.value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    said = f"{test.field.lstrip('@')} {SAYS[test.op]}"
    return said if value is None else f"{said} {value}"


def _signal_sentence(condition: SignalIs) -> str:
    said = " or ".join(condition.names) or "any signal"
    if condition.kinds and not condition.names:
        said = f"any {' or '.join(condition.kinds)}"
    if condition.channels:
        said += f" on {' or '.join(condition.channels)}"
    if condition.sources:
        said += f" from {' or '.join(condition.sources)}"
    if condition.where:
        said += " where " + " and ".join(test_sentence(test) for test in condition.where)
    return said
