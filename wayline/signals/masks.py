"""Many conditions at once over the same rows: what to fetch, and how to tell which row is which.

An engine computes the place of a name in a list once for each distinct name of a block of rows; it would
compute one comparison per condition for every row. So the places are fetched, and NumPy does the rest.
"""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from ibis.expr.types import Table, Value

from wayline.signals import filters
from wayline.signals.conditions import AllSignals, AnySignal, NotSignal, SignalCondition, SignalIs, Test
from wayline.statistics.compiled import compiled
from wayline.warehouse import places

NAMED = {"kind": "kinds", "name": "names", "channel": "channels", "source": "sources"}


class Masks:
    """Conditions over one result; a property test holds them to filters.matches."""

    def __init__(self, conditions: tuple[SignalCondition, ...]):
        self._conditions = conditions
        simple = [part for condition in conditions for part in _parts(condition)]
        self._values = {
            column: sorted({value for part in simple for value in getattr(part, many)})
            for column, many in NAMED.items()
        }
        # By their words, because a test may hold a list, which cannot be a key.
        self._tests = list({repr(test): test for part in simple for test in part.where}.values())

    def columns(self, signals: Table) -> dict[str, Value]:
        """The columns to select beside one's own."""
        named = {
            f"place_of_{column}": places.place(signals[column], values)
            for column, values in self._values.items()
            if values
        }
        tests = {
            f"test_{n}": filters.signal_filter(SignalIs(where=(test,)), signals)
            for n, test in enumerate(self._tests)
        }
        return named | tests

    def of(self, rows: pa.Table) -> list[np.ndarray]:
        """For each condition, which rows it holds."""
        columns = {name: rows[name].to_numpy() for name in rows.column_names if name.startswith("test_")}
        columns |= {name: _places(rows[name]) for name in rows.column_names if name.startswith("place_of_")}
        return [self._mask(condition, columns, rows.num_rows) for condition in self._conditions]

    def bits(self, rows: pa.Table) -> np.ndarray:
        """One number for each row: bit n says that the n-th condition holds it."""
        wanted = smallest(len(self._conditions))
        column = self._only_column()
        if column is None:
            found = np.zeros(rows.num_rows, wanted)
            for n, mask in enumerate(self.of(rows)):
                found |= mask.astype(wanted) << n
            return found
        values = self._values[column]
        bits_of = np.zeros(len(values) + 1, wanted)  # 0 is the place of a value that nobody named
        for n, condition in enumerate(self._conditions):
            for value in getattr(condition, NAMED[column]):
                bits_of[values.index(value) + 1] |= bits_of.dtype.type(1 << n)
        places, found, begin = rows[f"place_of_{column}"], np.empty(rows.num_rows, wanted), 0
        for part in places.chunks:  # one after the other: together they would be copied first
            end = begin + len(part)
            _look_up(bits_of, _places(part), found[begin:end])
            begin = end
        return found

    def _only_column(self) -> str | None:
        """The one column that every condition names and nothing else, if it is so: one look tells all."""
        if self._tests or not all(isinstance(each, SignalIs) for each in self._conditions):
            return None
        named = {column for each in self._conditions for column, many in NAMED.items() if getattr(each, many)}
        (column,) = named if len(named) == 1 else (None,)
        everyone = column and all(getattr(each, NAMED[column]) for each in self._conditions)
        return column if everyone else None

    def _mask(self, condition: SignalCondition, columns: dict[str, np.ndarray], length: int) -> np.ndarray:
        match condition:
            case SignalIs():
                masks = [
                    self._named(column, getattr(condition, many), columns)
                    for column, many in NAMED.items()
                    if getattr(condition, many)
                ]
                masks += [columns[f"test_{self._number(test)}"] for test in condition.where]
                return np.logical_and.reduce(masks) if masks else np.ones(length, bool)
            case NotSignal():
                return ~self._mask(condition.of, columns, length)
        masks = [self._mask(each, columns, length) for each in condition.of]
        if isinstance(condition, AllSignals):
            return np.logical_and.reduce(masks) if masks else np.ones(length, bool)
        return np.logical_or.reduce(masks) if masks else np.zeros(length, bool)

    def _named(self, column: str, wanted: tuple[str, ...], columns: dict[str, np.ndarray]) -> np.ndarray:
        found = columns[f"place_of_{column}"]
        if len(wanted) == 1:
            return found == self._values[column].index(wanted[0]) + 1
        is_wanted = np.array([False] + [value in wanted for value in self._values[column]])
        return is_wanted[found]

    def _number(self, test: Test) -> int:
        return next(n for n, each in enumerate(self._tests) if repr(each) == repr(test))


def smallest(bits: int) -> str:
    """The smallest signed type that has room for so many bits."""
    return next(
        name for name, width in (("int8", 7), ("int16", 15), ("int32", 31), ("int64", 63)) if bits <= width
    )


def _parts(condition: SignalCondition) -> Iterator[SignalIs]:
    match condition:
        case SignalIs():
            yield condition
        case NotSignal():
            yield from _parts(condition.of)
        case AllSignals() | AnySignal():
            for each in condition.of:
                yield from _parts(each)


def _places(column: pa.ChunkedArray | pa.Array) -> np.ndarray:
    return pc.fill_null(column, 0).to_numpy() if column.null_count else column.to_numpy()


@compiled
def _look_up(values, places, found):
    for row in range(len(places)):
        found[row] = values[places[row]]
