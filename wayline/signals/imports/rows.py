"""A mapping compiled once into functions, so that each row costs a few calls and no validation twice."""

import difflib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

from wayline.signals import intake
from wayline.signals.vocabulary import IDENTIFY, Signal

from .dates import DateNotUnderstood, Evidence, compile_rule
from .lookups import Matches
from .mapping import (
    COLUMN_IN_TEMPLATE,
    PSEUDO_COLUMNS,
    Computed,
    Customers,
    DateRule,
    Mapping,
    MappingNotUnderstood,
    Signals,
    Test,
    Typed,
    columns_in,
    columns_in_words,
)
from .readers import Row

Get = Callable[[Row], str | None]
KNOWN_CUSTOMERS = 200_000


class RowRefused(ValueError):
    """The row yields nothing; the message says why."""


@dataclass(frozen=True)
class File:
    """What keys and times need to know of the file: its name, its content's hash, when it is imported."""

    name: str
    digest: str
    received_at: datetime
    timezone: str = "UTC"


class Rows:
    """Turns each row of one file into signals by the mapping."""

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
        self.joined_on = {name: self._source(matches.lookup.on) for name, matches in self.lookups.items()}
        self.not_computed: list = [None] * len(mapping.compute)

    def _group_tests(self) -> list[str]:
        if self.mapping.group_by is None:
            return []
        changed = {test.changed for test in _all_tests(self.mapping.conditions()) if test.changed}
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
            (self._source(source), one.see) for source, one in evidence.items() if source not in in_lookups
        ]
        count = 0
        for count, (_, row) in enumerate(rows, 1):
            if not watched or len(row) != self.width:
                continue
            extended = self._extended(count, row)
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

    def _date(self, source: str, own: DateRule | None = None) -> Callable[[Row], datetime | None]:
        rule = self.mapping.date_rule(source, own)
        if rule.day_first is None and source in self.settled:
            rule = rule.model_copy(update={"day_first": self.settled[source]})
        get, read = self._source(source), compile_rule(rule, timezone=self.file.timezone)

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

    def _source(self, source: str) -> Get:
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

    def _number(self, source: str) -> Callable[[Row], float | None]:
        get, decimal, thousands = self._source(source), self.mapping.decimal, self.mapping.thousands

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
            if found - found != 0 or "_" in text:
                raise RowRefused(f"{source}: {text[:40]!r} is not a number.")
            return found

        return number

    def _test(self, test: Test | None) -> Callable[[Row], bool] | None:
        if test is None:
            return None
        if test.all is not None or test.any is not None:
            below = [self._test(one) for one in test.all or test.any or ()]
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
            first, second = (self._date(column) for column in computed.pair)
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
            test = self._test(computed.test)
            return lambda row: yes if test and test(row) else no
        if computed.first_of is not None:
            gets = [self._column(column) for column in computed.first_of if column in self.index]
            otherwise = computed.otherwise or ""
            return lambda row: next((text for get in gets if (text := get(row)) is not None), otherwise)
        if computed.template is not None:
            fill = self._source(computed.template)
            return lambda row: fill(row) or ""
        part = computed.part
        assert part is not None
        whole, place = self._source(part.of), part.number - 1 if part.number > 0 else part.number

        def cut(row: Row) -> str:
            pieces = (whole(row) or "").split(part.split)
            return pieces[place] if -len(pieces) <= place < len(pieces) else ""

        return cut

    def compile(self) -> None:
        """Make the functions; dates must have been settled."""
        self.computes = {name: self._computed(one) for name, one in self.mapping.compute.items()}
        labels = _labels(self.mapping.signals)
        self.signal_entries = [
            _SignalEntry(self, entry, label)
            for entry, label in zip(self.mapping.signals, labels, strict=True)
        ]
        self.customer_entries = [_CustomerEntry(self, entry) for entry in self.mapping.customers]

    def _extended(self, number: int, row: Row) -> Row:
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

    def signals(self, number: int, row: Row) -> list[Signal]:
        """The signals of the row with that number. Raises RowRefused when none can come of it."""
        if len(row) != self.width + len(self.group_tests):
            raise RowRefused(
                f"The row has {len(row)} fields, the header {self.width}. Most often a quote is missing "
                "around a text that holds the delimiter or a line break."
            )
        extended = self._extended(number, row)
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


class _Entry:
    def __init__(self, rows: Rows, identities: dict[str, str], when: Test | None):
        self.rows = rows
        self.identities = [(kind, rows._source(source)) for kind, source in identities.items()]
        self.identity_words = " and ".join(identities.values())
        self.when = rows._test(when)

    def key(self, *parts: str) -> str:
        return blake2b("\0".join(parts).encode("utf-8", "replace"), digest_size=16).hexdigest()


class _SignalEntry(_Entry):
    def __init__(self, rows: Rows, entry: Signals, label: str):
        super().__init__(rows, entry.identities, entry.when)
        self.entry, self.label = entry, label
        self.at_column = entry.at.column
        self.at = rows._date(entry.at.column, entry.at)
        self.constants: dict = {"kind": entry.kind}
        self.texts: list[tuple[str, Get]] = []
        for field in ("name", "channel", "step", "scale"):
            words = getattr(entry, field)
            if words is not None and columns_in_words(words):
                self.texts.append((field, rows._source(words)))
            elif words is not None:
                self.constants[field] = words
        for field in ("subject", "text"):
            if getattr(entry, field) is not None:
                self.texts.append((field, rows._source(getattr(entry, field))))
        self.numbers = [
            (field, rows._number(source))
            for field in ("weight", "value")
            if (source := getattr(entry, field)) is not None
        ]
        self.score = rows._number(entry.score) if entry.score is not None else None
        self.properties = [(name, rows._source(source)) for name, source in entry.properties.items()]
        self.tag = f"{rows.mapping.name}\0{label}"
        ids = entry.id or (() if entry.each else rows.mapping.id)
        self.ids = [(column, rows._source(column)) for column in ids]
        self.each: Matches | None = None
        self.computed_from = len(rows.index) - len(rows.mapping.compute)
        if entry.each:
            self.each = rows.lookups[entry.each]
            first = self.each.columns[0] if self.each.columns else ""
            self.each_from = rows.index.get(f"{entry.each}.{first}", self.computed_from)
            self.each_on = rows.joined_on[entry.each]

    def make(self, number: int, row: Row, made: list[Signal], lacking: list[str]) -> None:
        if self.each is None:
            self._make_one(number, row, made, lacking, "")
            return
        key = self.each_on(row)
        found = self.each.find(key) if key is not None else []
        if not found:
            self.rows.counts[self.label, f"no row in {self.each.lookup.file}"] += 1
        for count, match in enumerate(found):
            row[self.each_from : self.each_from + len(match)] = match
            row[self.computed_from :] = self.rows.not_computed
            self._make_one(number, row, made, lacking, str(count))

    def _make_one(self, number: int, row: Row, made: list[Signal], lacking: list[str], suffix: str) -> None:
        counts = self.rows.counts
        if self.when is not None and not self.when(row):
            counts[self.label, "its test does not pass"] += 1
            return
        fields = self.constants.copy()
        at = self.at(row)
        if at is None:
            counts[self.label, f"{self.at_column} is empty"] += 1
            lacking.append(f"{self.at_column} is empty, so {self.label!r} has no time.")
            return
        fields["at"] = at
        for field, get in self.texts:
            value = get(row)
            if value is not None:
                fields[field] = value
        if self.score is not None:
            score = self.score(row)
            if score is not None:
                fields["score"] = score
            elif "text" in fields:
                fields.pop("scale", None)
            else:
                counts[self.label, "no score"] += 1
                return
        if "name" not in fields:
            counts[self.label, "no name"] += 1
            lacking.append(f"{', '.join(columns_in_words(self.entry.name))} is empty, so there is no name.")
            return
        is_known = False
        for kind, get in self.identities:
            identity = get(row)
            if identity is not None:
                fields[kind] = identity
                is_known = True
        if not is_known:
            counts[self.label, f"{self.identity_words} is empty"] += 1
            lacking.append(f"{self.identity_words} is empty, so nobody knows whose it is.")
            return
        for field, read in self.numbers:
            amount = read(row)
            if amount is not None:
                fields[field] = amount
        if self.properties:
            fields["properties"] = {
                name: value for name, get in self.properties if (value := get(row)) is not None
            }
        fields["key"] = self._key(number, row, suffix)
        signal = Signal(**fields)
        problem = intake.validate(signal, received_at=self.rows.file.received_at)
        if problem:
            raise RowRefused(self._placed(problem))
        counts[self.label, ""] += 1
        made.append(signal)

    def _placed(self, problem: str) -> str:
        if problem.startswith("The score") and self.entry.score:
            return f"{self.entry.score}: {problem} If it stands for no answer, map it to null under values:."
        return f"{self.label}: {problem}"

    def _key(self, number: int, row: Row, suffix: str) -> str:
        if not self.ids:
            return self.key(self.tag, self.rows.file.digest, str(number), suffix)
        values = [get(row) for _, get in self.ids]
        if None in values:
            column = self.ids[values.index(None)][0]
            raise RowRefused(f"{column} is empty, but id: says that it makes the row unique.")
        return self.key(self.tag, "id", *(value or "" for value in values))


class _CustomerEntry(_Entry):
    def __init__(self, rows: Rows, entry: Customers):
        super().__init__(rows, entry.identities, entry.when)
        self.traits = [(name, _typed(rows, typed)) for name, typed in entry.traits.items()]
        self.known: dict[str, tuple] = {}

    def make(
        self, number: int, row: Row, made: list[Signal], lacking: list[str], at: datetime | None
    ) -> None:
        if self.when is not None and not self.when(row):
            return
        identities: dict[str, Any] = {
            kind: value for kind, get in self.identities if (value := get(row)) is not None
        }
        if not identities:
            lacking.append(f"{self.identity_words} is empty, so nobody knows who the customer is.")
            return
        traits: dict[str, str | float | bool | None] = {
            name: fact for name, read in self.traits if (fact := read(row)) is not None
        }
        who, facts = "\0".join(identities.values()), tuple(traits.items())
        # Files repeat the same customer on many rows; what is known already is not said again.
        if self.known.get(who) == facts:
            return
        if len(self.known) >= KNOWN_CUSTOMERS:
            self.known.clear()
        self.known[who] = facts
        self.rows.counts["customers", ""] += 1
        made.append(
            Signal(
                kind=IDENTIFY,
                name="Customer known",
                at=at or self.rows.file.received_at,
                key=self.key(
                    self.rows.mapping.name, "customer", who, repr(facts), self.rows.file.digest, str(number)
                ),
                traits=traits,
                **identities,
            )
        )


def _typed(rows: Rows, typed: Typed) -> Callable[[Row], str | float | bool | None]:
    if typed.kind == "number":
        return rows._number(typed.column)
    get = rows._source(typed.column)
    if typed.kind == "text":
        return get
    words = {
        "yes": True,
        "true": True,
        "1": True,
        "y": True,
        "no": False,
        "false": False,
        "0": False,
        "n": False,
    }

    def yes_or_no(row: Row) -> bool | None:
        text = get(row)
        if text is None:
            return None
        if text.lower() not in words:
            raise RowRefused(
                f"{typed.column}: {text[:40]!r} is neither yes nor no. Translate it under values:."
            )
        return words[text.lower()]

    return yes_or_no


def _labels(entries: tuple[Signals, ...]) -> list[str]:
    """A name for each entry that stays when other entries are added."""
    seen: Counter[str] = Counter()
    labels = []
    for entry in entries:
        seen[entry.name] += 1
        labels.append(entry.name if seen[entry.name] == 1 else f"{entry.name} ({seen[entry.name]})")
    return labels


def _all_tests(tests: Iterable[Test]) -> Iterator[Test]:
    for test in tests:
        yield test
        yield from _all_tests((*(test.all or ()), *(test.any or ())))


def date_sources(mapping: Mapping) -> Iterator[tuple[str, DateRule]]:
    """Every column or template that is read as a date, with its rule."""
    for entry in mapping.signals:
        yield entry.at.column, mapping.date_rule(entry.at.column, entry.at)
    for computed in mapping.compute.values():
        for column in computed.pair or ():
            yield column, mapping.date_rule(column)


def used_columns(mapping: Mapping) -> Iterator[tuple[str, str]]:
    """Every column that must exist, with the place in the mapping that names it."""
    for name, lookup in mapping.lookups.items():
        yield from ((f"lookups, {name}, on", column) for column in columns_in(lookup.on))
    for name, computed in mapping.compute.items():
        pair = computed.pair or ()
        test = computed.test.columns if computed.test else ()
        template = columns_in_words(computed.template) if computed.template else ()
        part = columns_in(computed.part.of) if computed.part else ()
        for column in (*pair, *test, *template, *part):
            yield f"compute, {name}", column
    for place, columns in (("id", mapping.id), ("group_by", (mapping.group_by,) if mapping.group_by else ())):
        for source in columns:
            for column in columns_in(source):
                yield place, column
    for number, entry in enumerate(mapping.signals, 1):
        yield from ((f"signals {number}, {key}", column) for key, column in _columns_of_signal(entry))
    for number, customer in enumerate(mapping.customers, 1):
        sources = [
            *customer.identities.items(),
            *((f"traits, {k}", t.column) for k, t in customer.traits.items()),
        ]
        for key, source in sources:
            for column in columns_in(source):
                yield f"customers {number}, {key}", column
        for column in customer.when.columns if customer.when else ():
            yield f"customers {number}, when", column


def _columns_of_signal(entry: Signals) -> Iterator[tuple[str, str]]:
    sources = [("at", entry.at.column), *entry.identities.items()]
    sources += [(key, getattr(entry, key)) for key in ("subject", "score", "weight", "text", "value")]
    sources += [(f"properties, {name}", source) for name, source in entry.properties.items()]
    sources += [("id", source) for source in entry.id]
    for key, source in sources:
        if source is not None:
            yield from ((key, column) for column in columns_in(source))
    for key in ("name", "channel", "step", "scale"):
        yield from ((key, column) for column in columns_in_words(getattr(entry, key) or ""))
    yield from (("when", column) for column in (entry.when.columns if entry.when else ()))
