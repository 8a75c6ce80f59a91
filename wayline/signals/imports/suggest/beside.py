"""The files beside the main one: the column they share with it, and what their rows tell."""

import re
from collections.abc import Sequence
from pathlib import Path

from .hints import PEOPLE, TRAITS, is_words, scale_of
from .profiles import Profile
from .words import in_list, plain, range_of, spoken


class Beside:
    """A file beside the main one: the column they share, and what its rows tell."""

    def __init__(self, word: str, file: str, columns: list[Profile], main: list[Profile]):
        self.word, self.file = word, file
        self.columns = [column for column in columns if column.filled]
        here = {column.name for column in main}
        shared = [column for column in self.columns if column.name in here]
        self.key = max(shared, key=lambda column: len(column.counts), default=None)
        self.is_many = self.key is not None and not self.key.is_unique

    def lookup(self) -> list[str]:
        if self.key is None:
            return [f"  # {self.file} shares no column with the main file."]
        key = plain(self.key.name)
        lines = [
            f"  {self.word}:",
            f"    file: {plain(self.file)}",
            f"    key: {key}  # both files have it",
            f"    on: {key}",
        ]
        if self.is_many:
            lines.append("    many: each  # some keys occur more than once; first or last takes one of them")
        return lines

    def person(self, known: Profile) -> str:
        """The column that names a person better than one that is new in every row of the main file."""
        if self.key is None or self.key.name != known.name:
            return ""
        named = [c for c in self.columns if c is not self.key and c.named(PEOPLE)]
        named = [c for c in named if c.name.lower().endswith(("id", "number", "key")) and not c.is_text]
        return f"{self.word}.{named[0].name}" if named else ""

    def traits(self) -> list[tuple[str, str]]:
        """Facts about a person: a trait and its column."""
        return [(c.name, f"{self.word}.{c.name}") for c in self.columns if TRAITS.match(c.name)]

    def entry(self, row_id: Profile | None, *, came: bool = False) -> list[str]:
        """A signal of each row that says when it was: an answer, a message or a mere happening."""
        dates = [c for c in self.columns if c.is_date]
        if self.key is None or not dates:
            return []
        when = next((c for c in dates if re.search("answer|submit|sent", c.name, re.IGNORECASE)), dates[0])
        score = next(((c, scale) for c in self.columns if (scale := scale_of(c))), None)
        text = max(filter(is_words, self.columns), key=lambda c: c.mean_length, default=None)
        kind = "answer" if score else "message" if text else "behavior"
        lines = [
            f"  - at: {self.word}.{when.name}  # dates such as {when.example}",
            *([f"    each: {self.word}"] if self.is_many else []),
            f"    kind: {kind}",
            f"    name: {plain(spoken((score[0] if score else when).name))}  # from the column's name",
        ]
        if score:
            lines.append(f"    score: {self.word}.{score[0].name}  # {range_of(score[0])}")
            lines.append(f"    scale: {score[1]}")
            # Whoever is asked a day too early still judges what came late, not the step before it.
            if came:
                lines.append('    step: "{came}"  # said of what came, even when it was said before')
        if text:
            lines.append(f"    text: {self.word}.{text.name}  # long texts")
        own = self._apart()
        if self.is_many and row_id and own:
            lines.append(f"    id: [{in_list(row_id.name)}, {self.word}.{own.name}]  # which row it was")
        return lines

    def _apart(self) -> Profile | None:
        """The column that tells rows with the same key apart."""
        key = self.key
        if key is None:
            return None
        for column in self.columns:
            pairs = zip(key.values, column.values, strict=True)
            if column is not key and not column.is_date and len(set(pairs)) == column.rows:
                return column
        return None


def short_names(files: list[str]) -> list[str]:
    """The files' names as words of a mapping, without the words that all of them share."""
    words = [re.findall(r"[a-z]+", Path(file).stem.lower()) or ["file"] for file in files]
    shared = set.intersection(*map(set, words)) if len(words) > 1 else set()
    short = ["_".join(word for word in each if word not in shared) or "_".join(each) for each in words]
    return [f"{word}_{n}" if short.count(word) > 1 else word for n, word in enumerate(short)]


def lookups(others: Sequence[Beside]) -> list[str]:
    lines = [line for other in others for line in other.lookup()]
    return ["lookups:", *lines] if lines else []
