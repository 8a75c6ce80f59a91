"""Answers kept while nothing new was written: keyed by question and warehouse version."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from wayline.warehouse import connect

Value = TypeVar("Value")


class Kept:
    """A few values by key; what is asked for twice at once is computed once."""

    def __init__(self, size: int):
        self._size = size
        self._values: OrderedDict[tuple, Any] = OrderedDict()
        self._computing: dict[tuple, threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, compute: Callable[[], Value], *key) -> Value:
        """The value kept for this key and the warehouse as it is now, computed if there is none.

        The key's parts need a repr that says everything about them; conditions may hold lists, which
        have no hash.
        """
        full_key = (connect.current().version, *map(repr, key))
        with self._lock:
            if full_key in self._values:
                self._values.move_to_end(full_key)
                return self._values[full_key]
            turn = self._computing.setdefault(full_key, threading.Lock())
        with turn:
            with self._lock:
                if full_key in self._values:
                    return self._values[full_key]
                # What was found before the last write is never asked for again, and a run may hold 100 MB.
                for old in [each for each in self._values if each[0] < full_key[0]]:
                    del self._values[old]
            try:
                value = compute()
            finally:
                with self._lock:
                    self._computing.pop(full_key, None)
            with self._lock:
                self._values[full_key] = value
                while len(self._values) > self._size:
                    self._values.popitem(last=False)
        return value

    def clear(self) -> None:
        """Compute everything anew."""
        with self._lock:
            self._values.clear()


def minute() -> datetime:
    """The time, cut to the minute, so that the same question asked twice is the same question."""
    return datetime.now(UTC).replace(second=0, microsecond=0)
