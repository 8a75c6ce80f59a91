"""Answered rows as values that JSON, tables on pages and spreadsheets know."""

import json
import math
from collections.abc import Iterator
from itertools import chain

import pyarrow as pa


def plain(value):
    """As JSON has it: numbers it does not know become nothing, everything else its own words."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {str(name): plain(each) for name, each in value.items()}
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def in_cell(value) -> str | int | float | bool | None:
    """As one cell holds it; what has parts is written out, pairs as an object."""
    if isinstance(value, list) and value and all(isinstance(each, tuple) for each in value):
        value = dict(value)
    found = plain(value)
    return json.dumps(found, ensure_ascii=False) if isinstance(found, list | dict) else found


def as_table(rows: pa.Table) -> Iterator[list]:
    """The names of the columns, then each row, cell by cell."""
    columns = [rows.column(place).to_pylist() for place in range(rows.num_columns)]
    return chain([rows.column_names], ([in_cell(each) for each in row] for row in zip(*columns, strict=True)))
