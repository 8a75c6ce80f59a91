"""Columns become signals: blocks of NumPy columns are gathered and handed over in order of time."""

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import repeat

import numpy as np

from wayline.signals.vocabulary import Signal

NOTHING: dict = {}
WHO = ("external_id", "email", "phone", "anonymous_id")
ABOUT = ("channel", "source", "subject", "step", "score", "scale", "text", "value")


class Stream:
    """What happened to one group of customers. Moments are whole seconds since 1970; none lies after now."""

    def __init__(self, *, now: int, prefix: str):
        self.now = now
        self.prefix = prefix
        self.moments: list[np.ndarray] = []
        self.signals: list[Signal] = []

    def add(
        self,
        kind: str,
        name: str,
        at: np.ndarray,
        *,
        properties: Mapping | None = None,
        traits=None,
        **columns,
    ):
        """Add one signal per moment; every column is one value for all or one value for each."""
        happened = at <= self.now
        if not happened.all():
            columns = {key: chosen(column, happened) for key, column in columns.items()}
            properties = {key: chosen(column, happened) for key, column in (properties or {}).items()}
            traits = chosen(traits, happened)
            at = at[happened]
        n = len(at)
        if not n:
            return

        begin = len(self.signals)
        self.moments.append(at.astype(np.int64))
        self.signals.extend(
            Signal(
                kind=kind,
                name=name,
                at=datetime.fromtimestamp(moment, UTC),
                key=f"{self.prefix}{number}",
                properties=of,
                traits=known,
                **dict(zip(WHO + ABOUT, values, strict=True)),
            )
            for moment, number, of, known, values in zip(
                at.tolist(),
                range(begin, begin + n),
                flat(properties or {}, n),
                traits if isinstance(traits, list) else repeat(NOTHING, n),
                zip(*(spread(columns.get(field)) for field in WHO + ABOUT), strict=False),
                strict=False,
            )
        )

    def in_order(self) -> list[Signal]:
        """All of them, the oldest first."""
        if not self.signals:
            return []
        order = np.argsort(np.concatenate(self.moments), kind="stable")
        return [self.signals[place] for place in order.tolist()]


def chosen(column, mask: np.ndarray):
    """The column's values where the mask is true; one value for all stays one value."""
    if isinstance(column, np.ndarray):
        return column[mask]
    if isinstance(column, list):
        return [value for value, keep in zip(column, mask.tolist(), strict=True) if keep]
    return column


def spread(column):
    """One value for each row."""
    if isinstance(column, np.ndarray):
        return column.tolist()
    return column if isinstance(column, list) else repeat(column)


def flat(properties: Mapping, n: int):
    """One dictionary of text for each row, without what is missing."""
    if not properties:
        return repeat(NOTHING, n)
    names = tuple(properties)
    rows = zip(*(spread(properties[name]) for name in names), strict=False)
    return [
        {name: str(value) for name, value in zip(names, next(rows), strict=True) if value is not None}
        for _ in range(n)
    ]
