"""Values as programs write them: ids, numbers, moments, and nested objects made flat."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from wayline.customers.consent import traits_of
from wayline.signals import written

Scalar = str | int | float | bool | None
DEEP = 8
ONLY_TEXT = frozenset({str})


def word(value: Any) -> str | None:
    """The value as text without blanks around it; None when it says nothing."""
    if type(value) is str:
        return value.strip() or None
    if value is None or isinstance(value, bool):
        return None
    return str(value).strip() or None if isinstance(value, int | float) else None


def id_of(value: Any) -> str | None:
    """An id, which some programs send as a number and some as 17.0."""
    if type(value) is str:
        return value.strip() or None
    if type(value) is float and value.is_integer():
        value = int(value)
    return word(value)


def number(value: Any) -> float | None:
    """The value as a number, also when it is written as text."""
    if value is None or isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def flat(values: dict, prefix: str = "", depth: int = 0) -> dict[str, str]:
    """Every value as text, nested names joined by dots, lists as JSON."""
    if not prefix and ONLY_TEXT.issuperset(map(type, values.values())):
        return values
    found: dict[str, str] = {}
    for name, value in values.items():
        if type(value) is str:
            found[prefix + name] = value
        elif value is None:
            continue
        elif isinstance(value, int | float):
            found[prefix + name] = written.scalar(value)
        elif isinstance(value, dict) and depth < DEEP:
            found |= flat(value, f"{prefix}{name}.", depth + 1)
        else:
            found[prefix + name] = msgspec.json.encode(value).decode()
    return found


def traits(values: dict, prefix: str = "", depth: int = 0) -> dict[str, Scalar]:
    """The same for facts about a customer, which keep their types."""
    found: dict[str, Scalar] = {}
    for name, value in values.items():
        if value is None or isinstance(value, str | bool):
            found[prefix + name] = value
        elif isinstance(value, int | float):
            found[prefix + name] = float(value)
        elif isinstance(value, dict) and depth < DEEP and name != "consent":
            found |= traits(value, f"{prefix}{name}.", depth + 1)
        elif name == "consent":
            found |= traits_of(value)
        else:
            found[prefix + name] = msgspec.json.encode(value).decode()
    return found


def moment(written: str | int | float) -> datetime | None:
    """The moment in UTC, from ISO 8601, or from seconds or milliseconds since 1970."""
    try:
        if isinstance(written, str):
            # A leap second is the last one of its minute; Python knows no sixty-first.
            written = written.replace(":60Z", ":59Z") if ":60" in written else written
            found = msgspec.convert(written.strip(), datetime)
        else:
            # Programs send seconds or milliseconds; no date of interest is both.
            found = datetime.fromtimestamp(written / 1000 if written > 1e11 else written, UTC)
        if found.tzinfo is UTC:
            return found
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (msgspec.ValidationError, ValueError, OverflowError, OSError):
        return None
