"""The suggestion's own words: values as YAML, and the reasons beside them."""

import json
import re

from .profiles import Profile


def few_of(column: Profile) -> str:
    shown = ", ".join(value for value, _ in column.counts.most_common(3))
    return (
        f"{len(column.counts)} different values: {shown[:80]}"
        if len(column.counts) > 1
        else f"always {shown[:80]}"
    )


def range_of(column: Profile) -> str:
    return f"whole numbers from {column.low:g} to {column.high:g}, and its name"


def spoken(name: str) -> str:
    cleaned = re.sub(r"(?i)[_ ]?(timestamp|datetime|date|time|_at|_on)$", "", name)
    spaced = re.sub(r"[_:.]+", " ", cleaned or name).strip()
    return spaced[:1].upper() + spaced[1:] if spaced else name


def plain(text: str) -> str:
    """The text as YAML, in quotes only where it needs them."""
    is_plain = re.fullmatch(r"[A-Za-z_](?:[\w .:/()-]*[\w)])?", text) and ": " not in text
    return text if is_plain and text.lower() not in {"true", "false", "null", "yes", "no"} else quoted(text)


def in_list(text: str) -> str:
    return text if re.fullmatch(r"[A-Za-z_][\w.]*", text) and plain(text) == text else quoted(text)


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
