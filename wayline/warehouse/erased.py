"""People who were erased and whom a company's own tables still name: their rows are not shown.

Who was erased is known higher up, and reached by name. We may not write there, so this is all we can do.
"""

import threading
from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import datetime
from importlib import import_module
from typing import Any, Protocol, cast

from wayline.warehouse import native

PROVIDER = "wayline.signals.rights.hidden"


class Provider(Protocol):
    """Who knows who was erased."""

    def state(self, workspace: int) -> Hashable | None:
        """Changes whenever somebody is erased; nothing while nobody was."""

    def among(self, workspace: int, named: Iterable[str]) -> dict[str, datetime]:
        """Those of the names that are of somebody erased, and when that was."""


def provider() -> Provider:
    """The area that keeps the list of those who were erased."""
    return cast(Provider, import_module(PROVIDER))


Named = Callable[[native.OwnTable, Any], list[tuple[str, int]]]


class ErasedPeople:
    """Whom to leave out of each table, looked for anew as often as the tables are."""

    def __init__(self, own: Sequence[native.OwnTable], named: Named):
        self._own = tuple(own)
        self._named = named
        self._lock = threading.Lock()
        self._found: dict[int, tuple[Hashable, tuple[native.Erased, ...]]] = {}

    def of(self, own: native.OwnTable, engine: Any) -> tuple[native.Erased, ...]:
        """Who is to be left out of this table."""
        state = provider().state(own.workspace)
        if state is None:
            return ()
        place, key = self._own.index(own), (state, native.freshness())
        with self._lock:
            if place not in self._found or self._found[place][0] != key:
                numbers = {name: number for name, number in self._named(own, engine) if name is not None}
                gone = provider().among(own.workspace, numbers)
                found = tuple(native.Erased(name, numbers[name], until) for name, until in gone.items())
                self._found[place] = (key, found)
            return self._found[place][1]

    def state(self) -> Hashable:
        """Changes whenever somebody of one of the tables is erased, and every few minutes."""
        states = {own.workspace: provider().state(own.workspace) for own in self._own}
        return tuple(states.items()), native.freshness() if any(states.values()) else 0
