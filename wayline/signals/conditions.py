"""One small typed language for what a signal or a customer must be.

It is stored as JSON, compiled to an Ibis filter for the past (to_filter) and to a Python predicate for the
signal that just came in (matches); a property test holds the two to the same answer.
"""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Text = Literal["is", "is_not", "in", "contains", "starts_with", "exists", "missing"]
Number = Literal["over", "at_least", "under", "at_most"]
MOST_DAYS = 36_500


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Test(Strict):
    """One test of a property, a trait, or a signal's own field (written @score, @scale, @value, @text)."""

    __test__ = False  # not one of pytest's

    field: str = Field(min_length=1, max_length=200)
    op: Text | Number
    value: str | float | list[str] | None = None


class SignalIs(Strict):
    """A signal of one of these kinds and names, on one of these channels, passing every test."""

    type: Literal["signal"] = "signal"
    kinds: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    where: tuple[Test, ...] = ()


class Telling(Strict):
    """By whom the trait as it holds was told last, and when: within so many days, or longer ago than that.

    `import` stands for every import, `unknown` for whatever nobody remembers. What is not remembered fails
    both tests of time.
    """

    by: tuple[str, ...] = ()
    within_days: int | None = Field(default=None, ge=1, le=MOST_DAYS)
    before_days: int | None = Field(default=None, ge=1, le=MOST_DAYS)


class TraitIs(Strict):
    """A customer whose trait passes the test, and was told so."""

    type: Literal["trait"] = "trait"
    test: Test
    told: Telling | None = None


class Did(Strict):
    """A customer with at least so many signals of that sort, in the last so many days if said."""

    type: Literal["did"] = "did"
    signal: "SignalCondition"
    at_least: int = Field(default=1, ge=1)
    within_days: int | None = Field(default=None, ge=1)


class AllSignals(Strict):
    type: Literal["all"] = "all"
    of: tuple["SignalCondition", ...]


class AnySignal(Strict):
    type: Literal["any"] = "any"
    of: tuple["SignalCondition", ...]


class NotSignal(Strict):
    type: Literal["not"] = "not"
    of: "SignalCondition"


class AllCustomers(Strict):
    type: Literal["all"] = "all"
    of: tuple["CustomerCondition", ...]


class AnyCustomer(Strict):
    type: Literal["any"] = "any"
    of: tuple["CustomerCondition", ...]


class NotCustomer(Strict):
    type: Literal["not"] = "not"
    of: "CustomerCondition"


SignalCondition = Annotated[SignalIs | AllSignals | AnySignal | NotSignal, Field(discriminator="type")]
CustomerCondition = Annotated[
    TraitIs | Did | AllCustomers | AnyCustomer | NotCustomer, Field(discriminator="type")
]
for model in (Did, AllSignals, AnySignal, NotSignal, AllCustomers, AnyCustomer, NotCustomer):
    model.model_rebuild()


def sources_asked(condition: SignalCondition) -> frozenset[str] | None:
    """The only sources whose signals can hold the condition; None where it asks for none by name."""
    match condition:
        case SignalIs():
            limits = [_source_values(test) for test in condition.where]
            if condition.sources:
                limits.append(frozenset(condition.sources))
        case AllSignals():
            limits = [sources_asked(part) for part in condition.of]
        case AnySignal():
            return _together([sources_asked(part) for part in condition.of])
        case _:
            return None  # what a signal must not be says nothing of whom else it may be of
    known = [each for each in limits if each is not None]
    return frozenset.intersection(*known) if known else None


def sources_of_any(conditions: Iterable[SignalCondition]) -> frozenset[str] | None:
    """The only sources whose signals can hold one of the conditions; None as soon as one asks for none."""
    return _together([sources_asked(each) for each in conditions])


def _together(limits: list[frozenset[str] | None]) -> frozenset[str] | None:
    known = [each for each in limits if each is not None]
    return frozenset().union(*known) if known and len(known) == len(limits) else None


def _source_values(test: Test) -> frozenset[str] | None:
    if test.field == "@source" and test.op == "in" and isinstance(test.value, list):
        return frozenset(test.value)
    if test.field == "@source" and test.op == "is" and isinstance(test.value, str):
        return frozenset((test.value,))
    return None
