"""The columns of one file as its mapping reads them, by functions made once: each row costs a few calls."""

import difflib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from .dates import DateNotUnderstood, Evidence, compile_rule
from .lookups import Matches
from .mapping import (
    COLUMN_IN_TEMPLATE,
    PSEUDO_COLUMNS,
    Computed,
    DateRule,
    Mapping,
    MappingNotUnderstood,
    Test,
)
from .sources import Row
from .used import all_tests, date_sources, used_columns

Get = Callable[[Row], str | None]


class RowRefused(ValueError):
    """The row yields nothing; the message says why."""


@dataclass(frozen=True)
class File:
    """What keys and times need to know of the file: its name, its content's hash, when it is imported."""

    name: str
    digest: str
    received_at: datetime
    timezone: str = "UTC"


class Reading:
    """Reads columns, templates, numbers, dates and tests of rows that are as long as they should be."""

    def __init__(
        self, mapping: Mapping, columns: list[str], file: File, lookups: dict[str, Matches] | None = None
    ):
        self.mapping, self.file = mapping, file
        self.lookups = lookups or {}
        self.width = len(columns)
        self.missing = frozenset({"", *mapping.missing})
        self.counts: Counter[tuple[str, str]] = Counter()  # (entry, what came of it)
        self.unmatched: Counter[str] = Counter()
        self.settled: dict[str, bool] = {}
        self.index = {column: place for place, column in enumerate(columns)}
        self.group_tests = self._group_tests()
        for name in (*PSEUDO_COLUMNS, *self.group_tests):
            self.index.setdefault(name, len(self.index))
        for name, matches in self.lookups.items():
            for column in matches.columns:
                self.index.setdefault(f"{name}.{column}", len(self.index))
        for name in mapping.compute:
            if name in self.index:
                raise MappingNotUnderstood(
                    [f"compute, {name}: the file has a column of that name; choose another."]
                )
            self.index[name] = len(self.index)
        self._check_columns()
        self.open_dates = self._open_dates()
        self.computes: dict[str, Callable[[Row], str]] = {}
        self.not_joined = [""] * sum(len(matches.columns) for matches in self.lookups.values())
        self.joined_on = {name: self.source_of(matches.lookup.on) for name, matches in self.lookups.items()}
        self.not_computed: list = [None] * len(mapping.compute)

    def _group_tests(self) -> list[str]:
        if self.mapping.group_by is None:
            return []
        changed = {test.changed for test in all_tests(self.mapping.conditions()) if test.changed}
        return ["@first", "@last", "@returned", *(f"@changed {column}" for column in sorted(changed))]

    def _check_columns(self) -> None:
        problems = []
        for place, column in used_columns(self.mapping):
            if column not in self.index:
                problems.append(f"{place}: there is no column {column!r}.{self._meant(column)}")
        for name, computed in self.mapping.compute.items():
            if (
                computed.first_of
                and computed.otherwise is None
                and not any(column in self.index for column in computed.first_of)
            ):
                problems.append(
                    f"compute, {name}, first_of: the file has none of {', '.join(computed.first_of)}. "
                    f"Its columns: {self._listed()}."
                )
        if problems:
            raise MappingNotUnderstood(list(dict.fromkeys(problems)))

    def _meant(self, column: str) -> str:
        prefix, dot, _ = column.partition(".")
        if dot and prefix in self.lookups:
            return f" {self.mapping.lookups[prefix].file} has: {', '.join(self.lookups[prefix].all_columns)}."
        close = difflib.get_close_matches(column, self.index, n=1, cutoff=0.6)
        return f" Did you mean {close[0]!r}?" if close else f" Columns: {self._listed()}."

    def _listed(self) -> str:
        names = [name for name in self.index if not name.startswith("@")]
        return ", ".join(names[:40]) + (f" and {len(names) - 40} more" if len(names) > 40 else "")

    def _open_dates(self) -> dict[str, DateRule]:
        found = {}
        for source, rule in date_sources(self.mapping):
            if rule.format is None and rule.day_first is None:
                found[source] = rule
        return found

    def settle_dates(self, rows: Iterable[tuple[int, Row]]) -> int:
        """Read the whole file for the order of day and month; how many rows there were.

        Raises MappingNotUnderstood for each column whose values leave it open.
        """
        evidence = {source: Evidence(source, rule) for source, rule in self.open_dates.items()}
        self.computes = {
            name: (lambda row: "") if one.pair else self._computed(one)
            for name, one in self.mapping.compute.items()
        }
        in_lookups = [source for source in evidence if self._lookup_of(source)]
        watched = [
            (self.source_of(source), one.see) for source, one in evidence.items() if source not in in_lookups
        ]
        count = 0
        for count, (_, row) in enumerate(rows, 1):
            if not watched or len(row) != self.width:
                continue
            extended = self.extended(count, row)
            for get, see in watched:
                value = get(extended)
                if value is not None:
                    see(value)
        for source in in_lookups:
            matches = self.lookups[self._lookup_of(source)]
            place = matches.columns.index(source.partition(".")[2])
            for row in matches.every():
                evidence[source].see(row[place].strip())
        problems = [problem for one in evidence.values() if (problem := one.finish())]
        if problems:
            raise MappingNotUnderstood(problems)
        self.settled = {source: one.settled for source, one in evidence.items() if one.settled is not None}
        return count

    def _lookup_of(self, source: str) -> str:
        name, dot, _ = source.partition(".")
        return name if dot and source in self.index and name in self.lookups else ""

    def date_of(self, source: str, own: DateRule | None = None) -> Callable[[Row], datetime | None]:
        rule = self.mapping.date_rule(source, own)
        if rule.day_first is None and source in self.settled:
            rule = rule.model_copy(update={"day_first": self.settled[source]})
        get, read = self.source_of(source), compile_rule(rule, timezone=self.file.timezone)

        def get_date(row: Row) -> datetime | None:
            text = get(row)
            if text is None:
                return None
            try:
                return read(text)
            except DateNotUnderstood as error:
                raise RowRefused(f"{source}: {error}.") from None

        return get_date

    def _column(self, name: str) -> Get:
        index, missing = self.index[name], self.missing
        meanings = self.mapping.values.get(name, {})
        if name in self.mapping.compute:
            return self._computed_column(name, index, meanings)
        if not meanings:

            def get(row: Row) -> str | None:
                text = row[index].strip()
                return None if text in missing else text

            return get

        def translate(row: Row) -> str | None:
            text = row[index].strip()
            meant = meanings.get(text, text)
            return None if meant is None or meant in missing else meant

        return translate

    def _computed_column(self, name: str, index: int, meanings: dict[str, str | None]) -> Get:
        """A computed column is made when it is first asked for: most rows need few of them."""
        missing = self.missing

        def get(row: Row) -> str | None:
            text = row[index]
            if text is None:
                text = row[index] = self.computes[name](row)
            meant = meanings.get(text, text)
            return None if meant is None or meant in missing else meant

        return get

    def source_of(self, source: str) -> Get:
        """A column, or a template of columns that is empty when one of them is."""
        if not COLUMN_IN_TEMPLATE.search(source):
            return self._column(source)
        pieces = COLUMN_IN_TEMPLATE.split(source)
        gets = [self._column(name) for name in pieces[1::2]]
        pattern = "%s".join(piece.replace("%", "%%") for piece in pieces[::2])

        def fill(row: Row) -> str | None:
            values = tuple(get(row) for get in gets)
            return None if None in values else pattern % values

        return fill

    def number_of(self, source: str) -> Callable[[Row], float | None]:
        get, decimal, thousands = self.source_of(source), self.mapping.decimal, self.mapping.thousands

        def number(row: Row) -> float | None:
            text = get(row)
            if text is None:
                return None
            if thousands is not None:
                text = text.replace(thousands, "")
            if decimal == ",":
                if "." in text:
                    raise RowRefused(f"{source}: {text[:40]!r} is not a number with a decimal comma.")
                text = text.replace(",", ".")
            try:
                found = float(text)
            except ValueError:
                hint = " Set decimal: and thousands: in the mapping." if "," in text else ""
                raise RowRefused(f"{source}: {text[:40]!r} is not a number.{hint}") from None
            # Python also reads inf, nan and 1_000 as numbers.
            if found - found != 0 or "_" in text:
                raise RowRefused(f"{source}: {text[:40]!r} is not a number.")
            return found

        return number

    def test_of(self, test: Test | None) -> Callable[[Row], bool] | None:
        if test is None:
            return None
        if test.all is not None or test.any is not None:
            below = [self.test_of(one) for one in test.all or test.any or ()]
            together = all if test.all is not None else any
            return lambda row: together(one(row) for one in below if one)
        if test.column is None:
            flag = "@first" if test.first else "@last" if test.last else f"@changed {test.changed}"
            place = self.index[flag]
            return lambda row: row[place] == "1"
        get = self._column(test.column)
        if test.filled is not None:
            wanted = test.filled
            return lambda row: (get(row) is not None) == wanted
        if test.equals is not None:
            return lambda row: get(row) == test.equals
        if test.not_equals is not None:
            return lambda row: get(row) != test.not_equals
        if test.within is not None:
            allowed = frozenset(test.within)
            return lambda row: get(row) in allowed
        excluded = frozenset(test.not_in or ())
        return lambda row: get(row) not in excluded

    def _computed(self, computed: Computed) -> Callable[[Row], str]:
        yes, no = computed.yes, computed.no
        if computed.pair:
            first, second = (self.date_of(column) for column in computed.pair)
            is_after, is_before = bool(computed.after), bool(computed.before)

            def compare(row: Row) -> str:
                one, two = first(row), second(row)
                if one is None or two is None:
                    return ""
                if is_after:
                    return yes if one > two else no
                if is_before:
                    return yes if one < two else no
                return f"{(two - one).total_seconds():.0f}"

            return compare
        if computed.test is not None:
            test = self.test_of(computed.test)
            return lambda row: yes if test and test(row) else no
        if computed.first_of is not None:
            gets = [self._column(column) for column in computed.first_of if column in self.index]
            otherwise = computed.otherwise or ""
            return lambda row: next((text for get in gets if (text := get(row)) is not None), otherwise)
        if computed.template is not None:
            fill = self.source_of(computed.template)
            return lambda row: fill(row) or ""
        part = computed.part
        assert part is not None
        whole, place = self.source_of(part.of), part.number - 1 if part.number > 0 else part.number

        def cut(row: Row) -> str:
            pieces = (whole(row) or "").split(part.split)
            return pieces[place] if -len(pieces) <= place < len(pieces) else ""

        return cut

    def compile_columns(self) -> None:
        """Make the functions of computed columns; dates must have been settled."""
        self.computes = {name: self._computed(one) for name, one in self.mapping.compute.items()}

    def extended(self, number: int, row: Row) -> Row:
        """The row with everything that joins it: pseudo columns, lookups, computed columns."""
        marks = row[self.width :] or [""] * len(self.group_tests)
        extended = [*row[: self.width], self.file.name, str(number), *marks]
        place = len(extended)
        extended.extend(self.not_joined)
        extended.extend(self.not_computed)
        for name, on in self.joined_on.items():
            matches = self.lookups[name]
            key = on(extended)
            found = matches.find(key) if key is not None else []
            if not found:
                self.unmatched[name] += 1
            elif matches.lookup.many != "each":
                extended[place : place + len(matches.columns)] = found[0]
            place += len(matches.columns)
        return extended
