"""A person as everything that names them, and how to find that in anything."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from wayline.customers.identities import ANONYMOUS_ID, EMAIL, EXTERNAL_ID, PHONE, PREVIOUS_ID, normalise
from wayline.customers.models import Customer, Identity
from wayline.customers.queries import profiles_of
from wayline.signals.vocabulary import Signal

ERASED = "[erased]"
SEVEN_DIGITS = re.compile(r"(?:\D*\d){7}")  # a number that can be called has no fewer
SHORTEST_MENTION = 6  # a shorter id stands in too many other words


@dataclass(frozen=True)
class Person:
    """One customer with all profiles merged into them and every value they are recognised by."""

    workspace: int
    root: int
    profiles: tuple[int, ...]
    identities: frozenset[tuple[str, str]]
    names: tuple[str, ...]

    @cached_property
    def mentions(self) -> tuple[str, ...]:
        """What gives them away in a text of somebody else, the longest first."""
        found = {value for _, value in self.identities if len(value) >= SHORTEST_MENTION}
        found |= {name for name in self.names if " " in name and len(name) >= SHORTEST_MENTION}
        return tuple(sorted(found, key=lambda value: (-len(value), value)))

    @cached_property
    def _pattern(self) -> re.Pattern:
        each = (rf"(?<![\w]){re.escape(value)}(?![\w])" for value in self.mentions)
        # An empty pattern would match everywhere; this one nowhere.
        return re.compile("|".join(each) or r"(?!)", re.IGNORECASE)

    @cached_property
    def written(self) -> tuple[str, ...]:
        """The mentions as they may stand in JSON too, in lower case."""
        ways = {value.casefold() for value in self.mentions}
        return tuple(ways | {json.dumps(value)[1:-1].casefold() for value in ways})

    @cached_property
    def _ids(self) -> frozenset[str]:
        return frozenset(value for kind, value in self.identities if kind in (EXTERNAL_ID, ANONYMOUS_ID))

    @cached_property
    def _shortest(self) -> int:
        return min(map(len, self.written), default=0)

    def is_named_in(self, text: str) -> bool:
        """Whether the text holds a value of theirs, as it stands or as JSON writes it."""
        if len(text) < self._shortest and text.isascii():  # other letters may grow when their case is folded
            return False
        low = text.casefold()
        return any(value in low for value in self.written)

    def scrubbed(self, value):
        """The same with every mention taken out, however deep it lies."""
        if isinstance(value, str):
            return self._pattern.sub(ERASED, value)
        if isinstance(value, list):
            return [self.scrubbed(each) for each in value]
        if isinstance(value, dict):
            return {self.scrubbed(name): self.scrubbed(each) for name, each in value.items()}
        return value

    def is_of(self, signal: Signal) -> bool:
        """Whether the signal names them."""
        return any(each in self.identities for each in named_by(signal))

    def is_cell(self, cell: str) -> bool:
        """Whether a cell of a file is one of their values, written in any way we would recognise."""
        if cell.strip() in self._ids:
            return True
        if any((kind, normalise(kind, cell)[0]) in self.identities for kind in _possible_kinds(cell)):
            return True
        return self.is_named_in(cell)


def _possible_kinds(cell: str) -> list[str]:
    """What the cell may be besides an id, told without reading it closely: files have millions of cells."""
    if not cell.isascii():  # other scripts have an at sign and digits of their own
        return [EMAIL, PHONE]
    return [EMAIL] * ("@" in cell) + [PHONE] * bool(SEVEN_DIGITS.match(cell))


def person_of(customer: Customer) -> Person:
    """The person behind the profile, as merged today."""
    root = customer
    while root.merged_into is not None:
        root = root.merged_into
    profiles = profiles_of(root.pk)
    held = Identity.objects.filter(customer__in=profiles) | Identity.objects.filter(profile__in=profiles)
    rows = list(Customer.objects.filter(pk__in=profiles).values_list("name", "email", "phone"))
    values = set(held.values_list("kind", "value"))
    values |= {(kind, clean) for _, email, phone in rows for kind, clean in _clean(email, phone)}
    names = {name for name, _, _ in rows if name}
    shared = Customer.objects.filter(workspace=root.workspace_id, name__in=names).exclude(pk__in=profiles)
    names -= set(shared.values_list("name", flat=True))  # a namesake keeps the name
    return Person(root.workspace_id, root.pk, tuple(profiles), frozenset(values), tuple(sorted(names)))


def named_by(signal: Signal) -> Iterable[tuple[str, str]]:
    """Every value the signal names somebody by, normalised."""
    said = (
        (EXTERNAL_ID, signal.external_id),
        (EMAIL, signal.email),
        (PHONE, signal.phone),
        (ANONYMOUS_ID, signal.anonymous_id),
    )
    for kind, value in said:
        if value is not None and (clean := normalise(kind, value)[0]) is not None:
            yield kind, clean
    previous = signal.properties.get("previous_id")
    if previous is not None and (clean := normalise(PREVIOUS_ID, previous)[0]) is not None:
        yield EXTERNAL_ID, clean
        yield ANONYMOUS_ID, clean


def _clean(email: str, phone: str):
    for kind, value in ((EMAIL, email), (PHONE, phone)):
        clean = normalise(kind, value)[0] if value else None
        if clean:
            yield kind, clean
