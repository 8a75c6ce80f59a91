"""A mapping carried out: each row of a file becomes signals, and no validation is done twice."""

from collections.abc import Iterable, Iterator

from wayline.signals.vocabulary import Signal

from .entries import CustomerEntry, SignalEntry, labels_of
from .reading import Reading, RowRefused
from .sources import Row


class Rows(Reading):
    """Turns each row of one file into signals by the mapping."""

    def compile(self) -> None:
        """Make the functions; dates must have been settled."""
        self.compile_columns()
        labels = labels_of(self.mapping.signals)
        self.signal_entries = [
            SignalEntry(self, entry, label) for entry, label in zip(self.mapping.signals, labels, strict=True)
        ]
        self.customer_entries = [CustomerEntry(self, entry) for entry in self.mapping.customers]

    def signals(self, number: int, row: Row) -> list[Signal]:
        """The signals of the row with that number. Raises RowRefused when none can come of it."""
        if len(row) != self.width + len(self.group_tests):
            raise RowRefused(
                f"The row has {len(row)} fields, the header {self.width}. Most often a quote is missing "
                "around a text that holds the delimiter or a line break."
            )
        extended = self.extended(number, row)
        group = self.mapping.group_by
        if group is not None and self.group_tests and extended[self.index["@returned"]]:
            raise RowRefused(
                f"Rows of {group} {extended[self.index[group]]!r} stand apart. "
                f"Sort the file by {group}, or leave out group_by."
            )
        made: list[Signal] = []
        lacking: list[str] = []
        for entry in self.signal_entries:
            entry.make(number, extended, made, lacking)
        at = made[0].at if made else None
        for customer in self.customer_entries:
            customer.make(number, extended, made, lacking, at)
        if not made and lacking:
            raise RowRefused(lacking[0])
        return made

    def grouped(self, rows: Iterable[tuple[int, Row]]) -> Iterator[tuple[int, Row]]:
        """The rows with marks for first, last and changed in their group; as they are without group_by."""
        if self.mapping.group_by is None:
            yield from rows
            return
        group, seen = self.index[self.mapping.group_by], set()
        watched = [self.index[flag.removeprefix("@changed ")] for flag in self.group_tests[3:]]
        held: tuple[int, Row] | None = None
        before: Row | None = None
        for line, row in rows:
            if len(row) != self.width:
                # Never as long as a row with its marks, so that it is recognised as broken.
                yield line, [*row, ""] if len(row) == self.width + len(self.group_tests) else row
                continue
            is_first = before is None or before[group] != row[group]
            if held is not None:
                held[1][self.width + 1] = "1" if is_first else ""
                yield held
            if is_first:
                has_returned = hash(row[group]) in seen
                seen.add(hash(row[group]))
            changed = [
                "1" if before is None or is_first or before[place] != row[place] else "" for place in watched
            ]
            held = line, [*row, "1" if is_first else "", "", "1" if has_returned else "", *changed]
            before = row
        if held is not None:
            held[1][self.width + 1] = "1"
            yield held
