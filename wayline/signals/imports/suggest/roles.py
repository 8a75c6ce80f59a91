"""Which column plays which part, judged by its name and what it holds."""

import re
from collections.abc import Callable, Iterable, Sequence

from wayline.signals.imports import readers

from .beside import Beside
from .hints import (
    ACTIVITY,
    AMOUNTS,
    CASE,
    EXPECTED,
    HAPPENED,
    MOMENT,
    PEOPLE,
    THINGS,
    is_words,
    scale_of,
)
from .profiles import MARKERS, Profile


class Roles:
    """Which column plays which part."""

    def __init__(self, source: readers.Source, columns: list[Profile], beside: Sequence[Beside] = ()):
        self.beside = beside
        self.columns = [column for column in columns if column.filled]
        self.used: set[str] = set()
        self.markers = [each for each in MARKERS if any(each in column.values for column in self.columns)]
        # The order decides: a column taken for one part is not asked about the next.
        self._find_moments(source)
        self._find_people()
        self._find_what_happened()
        self._find_scores_and_words()
        self._find_state()
        self._find_numbers(columns)
        joined = [other for other in beside if other.key and not other.is_many]
        known = self.external_id if self.external_id and self.external_id.is_unique else None
        self.person = next((found for other in joined if known and (found := other.person(known))), "")

    def _find_moments(self, source: readers.Source) -> None:
        self.case, self.does, moment = (self._exact(names) for names in (CASE, ACTIVITY, MOMENT))
        has_log_names = self.case and self.does and moment and moment.is_date
        self.is_log = source.format == "xes" or bool(has_log_names)
        dates = [column for column in self.columns if column.is_date]
        if self.is_log and moment:
            dates = [moment]
        self.expected = [column for column in dates if column.named(EXPECTED)]
        self.dates = [column for column in dates if column not in self.expected]
        self.used |= {column.name for column in self.columns if column.is_date}

    def _find_people(self) -> None:
        self.email = self._take(lambda c: c.is_email)
        self.phone = self._take(lambda c: c.is_phone)
        self.activity = self.does if self.is_log else self._take(
            lambda c: c.named(HAPPENED) and c.is_repeating and not c.is_number
        )  # fmt: skip
        self.external_id = self.case if self.is_log else self._identity()
        if self.external_id:
            self.used.add(self.external_id.name)

    def _find_what_happened(self) -> None:
        whole = rf"(?:{THINGS})(?:[_ -]?(?:id|no|nr|number|nummer|key))?"
        self.subject = self.case if self.is_log else self._take(
            lambda c: re.fullmatch(whole, c.name, re.IGNORECASE)
        )  # fmt: skip
        if self.activity:
            self.used.add(self.activity.name)
        self.channel = self._take(lambda c: c.named("channel|contact_type|medium|origin") and c.is_repeating)

    def _find_scores_and_words(self) -> None:
        self.scores = [(c, scale) for c in self.columns if c.name not in self.used and (scale := scale_of(c))]
        self.used |= {column.name for column, _ in self.scores}
        texts = [c for c in self.columns if c.name not in self.used and is_words(c)]
        self.text = max(texts, key=lambda c: c.mean_length, default=None)
        self.used |= {self.text.name} if self.text else set()

    def _find_state(self) -> None:
        """A column of states means a history only where its subject stands on several rows."""
        states = [c for c in self.columns if c.name not in self.used and c.named("state|status|ident_state")]
        states = [c for c in states if c.is_repeating and len(c.counts) > 1 and not c.is_number]
        is_history = self.subject and len(self.subject.counts) < 0.7 * self.subject.filled
        self.state = states[0] if states and is_history and not self.is_log else None
        if self.state:
            self.used.add(self.state.name)
            # In a history most dates repeat what stood there before; the one that varies says when.
            self.dates.sort(key=lambda c: -len(c.counts))

    def _find_numbers(self, columns: list[Profile]) -> None:
        self.weight = self._take(lambda c: c.name.lower() == "weight" and c.is_number)
        self.value = self._take(lambda c: c.is_number and c.named(AMOUNTS))
        endings = ("id", "number", "num")
        unique = (c for c in columns if c.is_unique and not c.is_date)
        self.row_id = next((c for c in unique if c.name.lower().endswith(endings)), None)

    @property
    def promise(self) -> tuple[Profile, Profile] | None:
        """The date a thing was promised for, and the last date of the row, which says when it came."""
        can_tell = self.expected and self.dates and not (self.is_log or self.state)
        return (self.dates[-1], self.expected[-1]) if can_tell else None

    def _exact(self, names: Iterable[str]) -> Profile | None:
        by_name = {column.name.lower(): column for column in self.columns}
        return next((by_name[name] for name in names if name in by_name), None)

    def _take(self, test: Callable[[Profile], object]) -> Profile | None:
        for column in self.columns:
            if column.name not in self.used and test(column):
                self.used.add(column.name)
                return column
        return None

    def _identity(self) -> Profile | None:
        whole = rf"(?:{PEOPLE})(?:[_ ]?(?:unique))?(?:[_ -]?(?:id|no|nr|number|nummer|key))?"
        return self._take(
            lambda c: re.fullmatch(whole, c.name, re.IGNORECASE) and not c.is_text
        ) or self._take(lambda c: c.named(PEOPLE) and c.name.lower().endswith("id"))
