"""Columns and templates of columns, as a mapping names them."""

import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

COLUMN_IN_TEMPLATE = re.compile(r"\{([^{}]+)\}")
PSEUDO_COLUMNS = ("@file", "@row")


def columns_in(source: str) -> list[str]:
    """The columns that a column name or a template like "{order_id}-{item}" reads."""
    return COLUMN_IN_TEMPLATE.findall(source) or [source]


def columns_in_words(words: str) -> list[str]:
    """The columns a text reads that is constant unless it holds {columns}."""
    return COLUMN_IN_TEMPLATE.findall(words)


def as_text(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


def as_column(value: Any) -> Any:
    return {"column": value} if isinstance(value, str | int) else value


def as_names(value: Any) -> Any:
    """A list of columns keeps the columns' own names."""
    if not isinstance(value, list | tuple):
        return value
    return {name: name for name in value if isinstance(name, str | int)}


Text = Annotated[str, BeforeValidator(as_text)]
Column = Annotated[str, BeforeValidator(as_text), Field(min_length=1, max_length=1000)]


class Part(BaseModel):
    """A part of the mapping: unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True)
