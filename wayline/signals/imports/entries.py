"""What each entry of a mapping makes of a row: signals, and facts about customers."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from hashlib import blake2b
from typing import Any

from wayline.signals import checks
from wayline.signals.vocabulary import IDENTIFY, Signal

from .lookups import Matches
from .mapping import Customers, Signals, Test, Typed, columns_in_words
from .reading import Get, Reading, RowRefused
from .sources import Row

KNOWN_CUSTOMERS = 200_000  # forgetting them costs only saying the same facts again


class _Entry:
    def __init__(self, reading: Reading, identities: dict[str, str], when: Test | None):
        self.reading = reading
        self.identities = [(kind, reading.source_of(source)) for kind, source in identities.items()]
        self.identity_words = " and ".join(identities.values())
        self.when = reading.test_of(when)

    def key(self, *parts: str) -> str:
        return blake2b("\0".join(parts).encode("utf-8", "replace"), digest_size=16).hexdigest()


class SignalEntry(_Entry):
    def __init__(self, reading: Reading, entry: Signals, label: str):
        super().__init__(reading, entry.identities, entry.when)
        self.entry, self.label = entry, label
        self.at_column = entry.at.column
        self.at = reading.date_of(entry.at.column, entry.at)
        self.constants: dict = {"kind": entry.kind}
        self.texts: list[tuple[str, Get]] = []
        for field in ("name", "channel", "step", "scale"):
            words = getattr(entry, field)
            if words is not None and columns_in_words(words):
                self.texts.append((field, reading.source_of(words)))
            elif words is not None:
                self.constants[field] = words
        for field in ("subject", "text"):
            if getattr(entry, field) is not None:
                self.texts.append((field, reading.source_of(getattr(entry, field))))
        self.numbers = [
            (field, reading.number_of(source))
            for field in ("weight", "value")
            if (source := getattr(entry, field)) is not None
        ]
        self.score = reading.number_of(entry.score) if entry.score is not None else None
        self.properties = [(name, reading.source_of(source)) for name, source in entry.properties.items()]
        self.tag = f"{reading.mapping.name}\0{label}"
        ids = entry.id or (() if entry.each else reading.mapping.id)
        self.ids = [(column, reading.source_of(column)) for column in ids]
        self.each: Matches | None = None
        self.computed_from = len(reading.index) - len(reading.mapping.compute)
        if entry.each:
            self.each = reading.lookups[entry.each]
            first = self.each.columns[0] if self.each.columns else ""
            self.each_from = reading.index.get(f"{entry.each}.{first}", self.computed_from)
            self.each_on = reading.joined_on[entry.each]

    def make(self, number: int, row: Row, made: list[Signal], lacking: list[str]) -> None:
        if self.each is None:
            self._make_one(number, row, made, lacking, "")
            return
        key = self.each_on(row)
        found = self.each.find(key) if key is not None else []
        if not found:
            self.reading.counts[self.label, f"no row in {self.each.lookup.file}"] += 1
        for count, match in enumerate(found):
            row[self.each_from : self.each_from + len(match)] = match
            # What was computed for the match before may depend on its columns.
            row[self.computed_from :] = self.reading.not_computed
            self._make_one(number, row, made, lacking, str(count))

    def _make_one(self, number: int, row: Row, made: list[Signal], lacking: list[str], suffix: str) -> None:
        if self.when is not None and not self.when(row):
            self._leave_out("its test does not pass")
            return
        fields = self.constants.copy()
        if not (self._tell(row, fields, lacking) and self._name_somebody(row, fields, lacking)):
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
        problem = checks.validate(signal, received_at=self.reading.file.received_at)
        if problem:
            raise RowRefused(self._placed(problem))
        self.reading.counts[self.label, ""] += 1
        made.append(signal)

    def _leave_out(self, why: str, lacking: list[str] | None = None, sentence: str = "") -> None:
        self.reading.counts[self.label, why] += 1
        if lacking is not None:
            lacking.append(sentence)

    def _tell(self, row: Row, fields: dict, lacking: list[str]) -> bool:
        """When it was, what it is called, what was said and scored; False when there is nothing to tell."""
        at = fields["at"] = self.at(row)
        if at is None:
            why = f"{self.at_column} is empty"
            self._leave_out(why, lacking, f"{why}, so {self.label!r} has no time.")
            return False
        for field, get in self.texts:
            value = get(row)
            if value is not None:
                fields[field] = value
        score = self.score(row) if self.score is not None else None
        if score is not None:
            fields["score"] = score
        elif self.score is not None:
            # Words without a score are still an answer; the scale alone would say that one was given.
            if "text" not in fields:
                self._leave_out("no score")
                return False
            fields.pop("scale", None)
        if "name" not in fields:
            columns = ", ".join(columns_in_words(self.entry.name))
            self._leave_out("no name", lacking, f"{columns} is empty, so there is no name.")
            return False
        return True

    def _name_somebody(self, row: Row, fields: dict, lacking: list[str]) -> bool:
        is_known = False
        for kind, get in self.identities:
            identity = get(row)
            if identity is not None:
                fields[kind] = identity
                is_known = True
        if not is_known:
            why = f"{self.identity_words} is empty"
            self._leave_out(why, lacking, f"{why}, so nobody knows whose it is.")
        return is_known

    def _placed(self, problem: str) -> str:
        if problem.startswith("The score") and self.entry.score:
            return f"{self.entry.score}: {problem} If it stands for no answer, map it to null under values:."
        return f"{self.label}: {problem}"

    # docs/decisions/0042 says when two rows are the same.
    def _key(self, number: int, row: Row, suffix: str) -> str:
        if not self.ids:
            return self.key(self.tag, self.reading.file.digest, str(number), suffix)
        values = [get(row) for _, get in self.ids]
        if None in values:
            column = self.ids[values.index(None)][0]
            raise RowRefused(f"{column} is empty, but id: says that it makes the row unique.")
        return self.key(self.tag, "id", *(value or "" for value in values))


class CustomerEntry(_Entry):
    def __init__(self, reading: Reading, entry: Customers):
        super().__init__(reading, entry.identities, entry.when)
        self.traits = [(name, _typed(reading, typed)) for name, typed in entry.traits.items()]
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
        self.reading.counts["customers", ""] += 1
        name, digest = self.reading.mapping.name, self.reading.file.digest
        made.append(
            Signal(
                kind=IDENTIFY,
                name="Customer known",
                at=at or self.reading.file.received_at,
                key=self.key(name, "customer", who, repr(facts), digest, str(number)),
                traits=traits,
                **identities,
            )
        )


def _typed(reading: Reading, typed: Typed) -> Callable[[Row], str | float | bool | None]:
    if typed.kind == "number":
        return reading.number_of(typed.column)
    get = reading.source_of(typed.column)
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


def labels_of(entries: tuple[Signals, ...]) -> list[str]:
    """A name for each entry that stays when other entries are added."""
    seen: Counter[str] = Counter()
    labels = []
    for entry in entries:
        seen[entry.name] += 1
        labels.append(entry.name if seen[entry.name] == 1 else f"{entry.name} ({seen[entry.name]})")
    return labels
