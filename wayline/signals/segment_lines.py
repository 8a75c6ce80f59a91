"""A segment as people write it in one line: what is known of a customer, what they did, or a saved name.

"plan is pro and seats over 10", "did Order delivered with late is yes", "Our best", "email is known told by
import more than 365 days ago".
"""

import re
from collections.abc import Mapping

from pydantic import ValidationError

from wayline.signals.conditions import (
    MOST_DAYS,
    AllCustomers,
    CustomerCondition,
    Did,
    NotCustomer,
    SignalIs,
    Telling,
    Test,
    TraitIs,
)

# Longer words first, so that "is not" is not read as "is" followed by "not".
WORDS = (
    ("is one of", "in"),
    ("is not", "is_not"),
    ("is known", "exists"),
    ("is missing", "missing"),
    ("is", "is"),
    ("contains", "contains"),
    ("starts with", "starts_with"),
    ("at least", "at_least"),
    ("at most", "at_most"),
    ("over", "over"),
    ("under", "under"),
)
NUMBERS = {"over", "at_least", "under", "at_most"}
EXAMPLE = (
    "Write it like: plan is pro, or: country is not Germany and seats over 10, "
    "or: did Order delivered with late is yes, or name a saved segment."
)
TOLD = re.compile(
    r"(.+?),? told(?= )(?: by (?P<by>\S+))?"
    r"(?: in the last (?P<within_days>\d{1,5}) days?| more than (?P<before_days>\d{1,5}) days? ago)?"
)
DID = re.compile(r"did (not )?(.+?)(?: with (.+))?$")


class SegmentNotUnderstood(ValueError):
    """The line is not a segment. The message says what to write."""


def parse(line: str, saved: Mapping[str, CustomerCondition] | None = None) -> CustomerCondition | None:
    """The condition the line says; None for an empty line, which means everybody.

    `saved` holds the conditions of saved segments by name; case does not matter.
    """
    line = " ".join(line.split())
    if not line:
        return None
    named = {" ".join(name.split()).casefold(): condition for name, condition in (saved or {}).items()}
    parts = [line] if line.casefold() in named else re.split(r"\s+and\s+", line)
    found = tuple(named.get(part.casefold()) or _said(part) for part in parts)
    return found[0] if len(found) == 1 else AllCustomers(of=found)


def done(name: str, field: str, value: str) -> str:
    """The line for the customers who had a signal of this name with this value."""
    return f"did {name} with {field} is {value}"


def _said(part: str) -> CustomerCondition:
    did = DID.match(part)
    if did is None:
        return _trait(part)
    negated, name, which = did.groups()
    condition = Did(signal=SignalIs(names=(name,), where=(_test(which),) if which else ()))
    return NotCustomer(of=condition) if negated else condition


def _trait(part: str) -> TraitIs:
    found = TOLD.fullmatch(part)
    if found is None:
        return TraitIs(test=_test(part))
    said = found.groupdict()
    by = said.pop("by")
    days = {name: int(number) for name, number in said.items() if number}
    try:
        return TraitIs(test=_test(found[1]), told=Telling(by=(by,) if by else (), **days))
    except SegmentNotUnderstood:  # a value that begins with this word
        return TraitIs(test=_test(part))
    except ValidationError:
        raise SegmentNotUnderstood(f"“{part}”: name 1 to {MOST_DAYS} days.") from None


def _test(part: str) -> Test:
    for words, op in WORDS:
        found = re.fullmatch(rf"(.+?) {words}(?: (.+))?", part)
        if found is None:
            continue
        field, value = found.groups()
        if op in ("exists", "missing"):
            if value is None:
                return Test.model_validate({"field": field, "op": op})
            continue
        if value is None:
            raise SegmentNotUnderstood(f"Say what “{field}” should be after “{words}”. {EXAMPLE}")
        return Test.model_validate({"field": field, "op": op, "value": _value(op, value, field)})
    raise SegmentNotUnderstood(f"“{part}” is not understood. {EXAMPLE}")


def _value(op: str, value: str, field: str) -> str | float | list[str]:
    if op == "in":
        return [item.strip() for item in value.split(",") if item.strip()]
    if op in NUMBERS:
        try:
            return float(value)
        except ValueError:
            raise SegmentNotUnderstood(f"“{value}” is not a number. Write: {field} over 10.") from None
    return value
