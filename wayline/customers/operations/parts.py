"""Long lists, a statement's worth at a time."""

from collections.abc import Iterator

AT_ONCE = 5_000  # values in one statement


def parts(values: list, size: int = AT_ONCE) -> Iterator[list]:
    for start in range(0, len(values), size):
        yield values[start : start + size]
