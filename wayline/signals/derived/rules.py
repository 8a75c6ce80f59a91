"""What a rule can say: a small typed language, kept as JSON like conditions."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from wayline.signals.conditions import SignalCondition, SignalIs, Strict, Test

About = Literal["customer", "subject"]
Hours = Annotated[int, Field(ge=1, le=24 * 366)]


class Repeat(Strict):
    """The same again within a time: a second contact about the same thing, perhaps on another channel."""

    type: Literal["repeat"] = "repeat"
    of: SignalCondition
    within_hours: Hours = 72
    about: About = "customer"
    on_another_channel: bool = False


class Followed(Strict):
    """The first of one sort after one of another: a return after an order, a message after a solution."""

    type: Literal["followed"] = "followed"
    of: SignalCondition
    then: SignalCondition
    within_hours: Hours = 24 * 30
    about: About = "subject"


class Changed(Strict):
    """A property that differs from the time before: a ticket in other hands."""

    type: Literal["changed"] = "changed"
    of: SignalCondition
    field: str = Field(min_length=1, max_length=200)
    within_hours: Hours = 24 * 30
    about: About = "subject"


class Silent(Strict):
    """Nothing of one sort for days after one of another: nothing heard after a purchase, no use any more."""

    type: Literal["silent"] = "silent"
    of: SignalCondition
    then: SignalCondition
    days: int = Field(30, ge=1, le=366)


class Falling(Strict):
    """Active days of a week far below the customer's own four weeks before, holidays of all taken out."""

    type: Literal["falling"] = "falling"
    of: SignalCondition
    chance: float = Field(0.01, gt=0, le=0.1)


Rule = Annotated[Repeat | Followed | Changed | Silent | Falling, Field(discriminator="type")]
RULE: TypeAdapter[Rule] = TypeAdapter(Rule)
CONTACT, BEHAVIOR = SignalIs(kinds=("contact",)), SignalIs(kinds=("behavior",))
ORDER = SignalIs(kinds=("behavior",), names=("Order Placed",))
SOLVED = SignalIs(kinds=("operation",), where=(Test(field="@name", op="contains", value="olved"),))
RETURNED = SignalIs(where=(Test(field="@name", op="contains", value="eturned"),))
HEARD = SignalIs(kinds=("behavior", "page", "screen", "contact", "message", "answer", "review"))
PRESETS: dict[str, tuple[str, Rule]] = {
    "repeat_contact": ("Repeat Contact", Repeat(of=CONTACT)),
    "repeat_contact_week": ("Repeat Contact in a Week", Repeat(of=CONTACT, within_hours=168)),
    "channel_switched": ("Channel Switched", Repeat(of=CONTACT, on_another_channel=True)),
    "returned": ("Return After Order", Followed(of=ORDER, then=RETURNED, within_hours=24 * 60)),
    "churned": ("Churn", Silent(of=BEHAVIOR, then=BEHAVIOR, days=60)),
    "reopened": ("Reopened", Followed(of=SOLVED, then=CONTACT, within_hours=24 * 14)),
    "transferred": ("Transferred", Changed(of=SignalIs(kinds=("message",)), field="agent")),
    "silence_after_purchase": ("Silence After Purchase", Silent(of=ORDER, then=HEARD, days=30)),
    "usage_falling": ("Usage Falling", Falling(of=BEHAVIOR)),
}


def conditions_of(rule: Rule) -> tuple[SignalCondition, ...]:
    """The sorts of signals that the rule looks at."""
    return (rule.of, rule.then) if isinstance(rule, Followed | Silent) else (rule.of,)


def look_back_hours(rule: Rule) -> int:
    """How long before its signal the rule looks."""
    if isinstance(rule, Silent):
        return 24 * rule.days
    return 24 * 35 if isinstance(rule, Falling) else rule.within_hours
