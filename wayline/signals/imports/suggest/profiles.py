"""What each column of a file holds, from its first rows."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from wayline.signals.imports import readers
from wayline.signals.imports.dates import DateNotUnderstood, Evidence, compile_rule
from wayline.signals.imports.mapping import DateRule, FileRules
from wayline.signals.imports.sources import Row

SAMPLE_ROWS, SECONDS_FOR_DAYS = 3_000, 2.0
# What stands for "nothing" in files people really have. Blank, NA and a lone dash are also words, so they are
# proposed and shown, never taken out in silence.
MARKERS = ("?", "NA", "N/A", "n/a", "NULL", "null", "None", "nan", "-", "Blank", "BLANK", "#N/A")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}$")
PHONE = re.compile(r"\+?[\d\s()./-]{7,20}$")
TESTERS = tuple(
    compile_rule(rule, timezone="UTC") for rule in (DateRule(day_first=True), DateRule(day_first=False))
)


@dataclass
class Profile:
    """What a column holds, from the first rows."""

    name: str
    place: int
    values: list[str] = field(default_factory=list)
    rows: int = 0
    days: Evidence = field(init=False)

    def finish(self) -> None:
        filled = [value for value in self.values if value and value not in MARKERS]
        self.counts = Counter(filled)
        self.filled = len(filled)
        some = filled[:400]
        self.is_date = _share(some, _looks_like_date) > 0.9
        numbers = [number for value in some if (number := number_in(value)) is not None]
        self.has_comma = sum("," in value for value in some) > 0.5 * len(some)
        self.is_number = bool(some) and len(numbers) > 0.9 * len(some) and not self.is_date
        self.low, self.high = (min(numbers), max(numbers)) if numbers else (0.0, 0.0)
        self.is_whole = all(number == int(number) for number in numbers)
        self.is_email = _share(some, EMAIL.match) > 0.8
        self.is_phone = self.named("phone|mobile|tel") and _share(some, PHONE.match) > 0.8
        self.mean_length = sum(map(len, some)) / len(some) if some else 0.0
        self.is_text = (
            not self.is_number and self.mean_length >= 25 and _share(some, lambda v: " " in v) > 0.5
        )
        self.is_unique = self.filled == self.rows and len(self.counts) == self.filled
        self.is_repeating = 0 < len(self.counts) <= max(20, self.filled // 50)

    # Matched at the beginning of a word only: "order" is not found in "border", nor "tel" in "hotel".
    def named(self, words: str) -> bool:
        return bool(re.search(rf"(?:^|[_ .:-])(?:{words})", self.name, re.IGNORECASE))

    @property
    def example(self) -> str:
        return next(iter(self.counts), "")


def _share(values: list[str], test: Callable) -> float:
    return sum(bool(test(value)) for value in values) / len(values) if values else 0.0


def number_in(text: str) -> float | None:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None


def _looks_like_date(text: str) -> bool:
    if len(text) < 8 or not any(mark in text for mark in "-/.: "):
        return False
    for read in TESTERS:
        try:
            read(text)
            return True
        except DateNotUnderstood:
            continue
    return False


def profiles(path: Path, rules: FileRules | None = None) -> tuple[readers.Source, list[Profile]]:
    """The columns of a file by what its first rows hold."""
    with readers.opened(path, rules) as source:
        columns = [Profile(name, place) for place, name in enumerate(source.columns)]
        rows = 0
        for _, row in source.rows:
            if len(row) != len(columns):
                continue
            for column in columns:
                column.values.append(row[column.place].strip())
            rows += 1
            if rows >= SAMPLE_ROWS:
                break
        for column in columns:
            column.rows = rows
            column.finish()
        _see_days(columns, source.rows)
    return source, columns


def _see_days(columns: list[Profile], rows: Iterator[tuple[int, Row]]) -> None:
    """Look further for a day that can be read in one way only: a file that begins in January may lack it."""
    for column in columns:
        column.days = Evidence(column.name, DateRule())
        for value in column.counts if column.is_date else ():
            column.days.see(value)
    unsettled = [column for column in columns if column.is_date and column.days.is_open]
    until = monotonic() + SECONDS_FOR_DAYS
    for number, (_, row) in enumerate(rows):
        if not unsettled or number % 1_000 == 0 and monotonic() > until:
            return
        if len(row) == len(columns):
            for column in unsettled:
                column.days.see(row[column.place].strip())
        if number % 1_000 == 0:
            unsettled = [column for column in unsettled if column.days.is_open]
