"""One small typed language for what a signal or a customer must be.

It is stored as JSON, compiled to an Ibis filter for the past (to_filter) and to a Python predicate for the
signal that just came in (matches); a property test holds the two to the same answer.
"""

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
