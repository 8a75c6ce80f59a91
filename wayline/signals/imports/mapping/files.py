"""How a file and the dates in it are written."""

from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from .columns import Column, Part, Text


class FileRules(Part):
    """How the file is written. What is not said is found out from the file itself."""

    format: Literal["csv", "jsonl", "parquet", "xes"] | None = Field(
        None, description="csv, jsonl, parquet or xes; otherwise from the file's name"
    )
    delimiter: str | None = Field(
        None, min_length=1, max_length=1, description="the character between fields"
    )
    quote: str = Field('"', min_length=1, max_length=1, description="the character around fields")
    encoding: str | None = Field(None, description="utf-8, cp1252, utf-16, …; otherwise detected")
    has_header: bool = Field(True, description="false when the first line is already a row")
    columns: tuple[Column, ...] = Field((), description="the columns' names when there is no header line")
    repair: bool = Field(True, description="repair text that was decoded wrongly before it came here")
    short_rows: Literal["refuse", "fill"] = Field(
        "refuse", description="CSV rows with fewer fields than the header: refused, or filled up with nothing"
    )
    lifecycle: tuple[Text, ...] = Field((), description="XES: keep only events with these transitions")

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value):
        if value is not None:
            try:
                "".encode(value)
            except LookupError:
                raise ValueError(f"{value!r} is not an encoding; write utf-8, cp1252 or utf-16") from None
        return value


class DateRule(Part):
    """How dates are written in a column."""

    format: str | None = Field(
        None, description='"%d.%m.%Y %H:%M" and the like, iso, epoch_seconds or epoch_milliseconds'
    )
    day_first: bool | None = Field(None, description="true: 03/04/2018 is 3 April; false: 4 March")
    timezone: str | None = Field(None, description="Europe/Berlin and the like, for times that name no zone")

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, value):
        return check_timezone(value)


def check_timezone(value: str | None) -> str | None:
    if value is not None:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"{value!r} is not a time zone; write one like Europe/Berlin or UTC") from None
    return value


class At(DateRule):
    """When the signal happened: a column, and how its dates are written."""

    column: Column = Field(description="the column, or a template of columns")
