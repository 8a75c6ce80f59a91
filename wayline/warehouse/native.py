"""A company's own tables read as signals where they lie: nothing is copied, nothing is written.

A mapping file says which columns mean what; see docs/operating/own-tables.md.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from wayline.kit.refusals import Refusal
from wayline.warehouse import tables

FRESH_SECONDS = 300  # answers about tables that others write to are kept no longer
TEXTS = ("channel", "source", "subject", "step", "scale", "text")
NUMBERS = ("score", "weight", "value")
Column = Annotated[str, Field(min_length=1, pattern=r'^[^"`\\]+$')]
# Text becomes a number of 60 bits, the same in every engine; a whole number stays what it is.
DIALECTS = {
    "duckdb": {
        "quote": '"',
        "number": "CAST('0x' || left(md5(CAST({0} AS VARCHAR)), 15) AS BIGINT)",
        "whole": "coalesce(TRY_CAST({0} AS BIGINT), {1})",
        "at": "CAST({0} AS TIMESTAMP)",
        "text": "CAST({0} AS VARCHAR)",
        "float": "TRY_CAST({0} AS DOUBLE)",
        "map": "map_from_entries(list_filter([{0}], lambda each: each.v IS NOT NULL))",
        "pair": "{{'k': {0}, 'v': {1}}}",
        "none": "CAST(map([], []) AS MAP(VARCHAR, VARCHAR))",
        "over": "map_concat({0}, {1})",
    },
    "spark": {
        "quote": "`",
        "number": "CAST(conv(left(md5(CAST({0} AS STRING)), 15), 16, 10) AS BIGINT)",
        "whole": "coalesce(try_cast({0} AS BIGINT), {1})",
        "at": "CAST({0} AS TIMESTAMP)",
        "text": "CAST({0} AS STRING)",
        "float": "try_cast({0} AS DOUBLE)",
        "map": "map_from_entries(filter(array({0}), each -> each.v IS NOT NULL))",
        "pair": "struct({0} AS k, {1} AS v)",
        "none": "CAST(map() AS MAP<STRING, STRING>)",
        "over": "map_concat(map_filter({0}, (k, v) -> NOT map_contains_key({1}, k)), {1})",
    },
}


class MappingUnclear(Refusal):
    """The mapping file cannot be carried out as written."""


@dataclass(frozen=True)
class Erased:
    """Somebody erased whom a table still names: how, as which number, and until when rows are theirs."""

    named: str
    number: int
    until: datetime


class OwnTable(BaseModel):
    """One table: where it is, and which column means what. A row is one signal."""

    model_config = ConfigDict(extra="forbid")

    workspace: int
    parquet: str = ""
    table: str = Field("", pattern=r"^[\w.]*$")
    postgresql: str = Field("", pattern=r"^(\w+(\.\w+)?)?$")
    customer: Column
    at: Column
    key: Column
    kind: str = "behavior"
    name: str = ""
    name_from: Column | None = None
    columns: dict[str, Column] = {}
    properties: tuple[Column, ...] = ()
    traits: tuple[Column, ...] = ()

    @model_validator(mode="after")
    def _is_whole(self) -> "OwnTable":
        if [bool(each) for each in (self.parquet, self.table, self.postgresql)].count(True) != 1:
            raise ValueError("name either a parquet path, a table of Spark's or a postgresql table")
        if bool(self.name) == bool(self.name_from):
            raise ValueError("give either a name for all rows or the column it is taken from (name_from)")
        unknown = set(self.columns) - {*TEXTS, *NUMBERS}
        if unknown:
            known = ", ".join(TEXTS + NUMBERS)
            raise ValueError(f"signals have no {', '.join(sorted(unknown))}; they have {known}")
        return self

    @property
    def said(self) -> str:
        """What people call it."""
        return self.parquet or self.table or self.postgresql

    def columns_of(self, fields: Iterable[str]) -> tuple[str, ...]:
        """The columns that these fields of signals or customers are made of, and those of every row."""
        made_of = {"key": [self.key], "seq": [self.key], "properties": self.properties, "traits": self.traits}
        made_of |= {field: [column] for field, column in self.columns.items()}
        made_of["name"] = [self.name_from] if self.name_from else []
        wanted = [column for field in fields for column in made_of.get(field, [])]
        return tuple(dict.fromkeys([self.customer, self.at, *wanted]))

    @property
    def all_columns(self) -> tuple[str, ...]:
        return self.columns_of([*tables.SIGNALS.names, "traits"])


def read(path: str) -> tuple[OwnTable, ...]:
    """The tables of a mapping file; none without one."""
    if not path:
        return ()
    try:
        found = yaml.safe_load(Path(path).read_text())
        return tuple(OwnTable(**each) for each in found)
    except OSError as error:
        raise MappingUnclear(f"The mapping file {path} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        said = first["msg"].removeprefix("Value error, ")
        raise MappingUnclear(f"The mapping file {path} is unclear: {where} {said}.") from error
    except (yaml.YAMLError, TypeError) as error:
        raise MappingUnclear(f"The mapping file {path} must be a YAML list of tables.") from error


def freshness() -> int:
    """Changes every few minutes, as what others write may."""
    return int(time.time() // FRESH_SECONDS)


def together(stored: dict[str, str], mapped: Iterable[dict[str, str]], dialect: str) -> dict[str, str]:
    """Queries of both tables: what we store, and after it the company's own, as far as they are needed."""
    own = list(mapped)
    parts = {name: [stored[name], *(each[name] for each in own if name in each)] for name in stored}
    return {
        "signals": " UNION ALL ".join(parts["signals"]),
        "customers": _one_each(parts["customers"], DIALECTS[dialect]),
    }


def _one_each(parts: Sequence[str], say: dict) -> str:
    """Every customer once, with the traits that any part tells; of one told twice, as the first part says."""
    if len(parts) == 1:
        return parts[0]
    columns = ", ".join(tables.CUSTOMERS.names)
    told = " UNION ALL ".join(
        f"SELECT {columns}, {place} AS place FROM ({part}) AS part_{place}"
        for place, part in enumerate(parts)
    )
    each = [f"traits_{place}" for place in range(len(parts))]
    found = ", ".join(
        f"coalesce(max_by(traits, place) FILTER (WHERE place = {place}), {say['none']}) AS {name}"
        for place, name in enumerate(each)
    )
    return (
        f"SELECT workspace, customer, first_seen_at, {reduce(say['over'].format, reversed(each))} AS traits, "
        f"facts FROM (SELECT workspace, customer, min(first_seen_at) AS first_seen_at, {found}, "
        # Only what was told to us has somebody who told it, and of several traits ours is shown.
        "max_by(facts, place) FILTER (WHERE place = 0) AS facts "
        f"FROM ({told}) AS told GROUP BY workspace, customer) AS met"
    )


def mapped(own: OwnTable, dialect: str, erased: Sequence[Erased] = ()) -> dict[str, str]:
    """The table as signals and as customers."""
    place = _place(own, dialect)
    return {
        "signals": signals_sql(own, dialect, place, erased),
        "customers": customers_sql(own, dialect, place, erased=erased),
    }


def signals_sql(own: OwnTable, dialect: str, place: str, erased: Sequence[Erased] = ()) -> str:
    """The table as signals."""
    say = DIALECTS[dialect]
    column = _quoted(say)
    customer = _customer(own, say)
    name = say["text"].format(column(own.name_from)) if own.name_from else _literal(own.name)
    key = f"md5({say['text'].format(column(own.key))})"
    values = {
        "workspace": f"CAST({own.workspace} AS BIGINT)",
        "customer": customer,
        "at": say["at"].format(column(own.at)),
        "seq": say["number"].format(column(own.key)),
        "profile": customer,
        "received_at": say["at"].format(column(own.at)),
        "key": key,
        "kind": _literal(own.kind),
        "name": name,
        "properties": _map(own.properties, say),
    }
    for field in TEXTS:
        values[field] = say["text"].format(column(own.columns[field]) if field in own.columns else "NULL")
    for field in NUMBERS:
        values[field] = say["float"].format(column(own.columns[field]) if field in own.columns else "NULL")
    listed = ", ".join(f"{values[field]} AS {column(field)}" for field in tables.SIGNALS.names)
    return f"SELECT {listed} FROM {place} WHERE {_present(own, say, erased)}"


def customers_sql(
    own: OwnTable, dialect: str, place: str, *, first: str = "", erased: Sequence[Erased] = ()
) -> str:
    """Who is in the table, with the traits of their latest row; `first` is a column with their first time."""
    say = DIALECTS[dialect]
    column = _quoted(say)
    return (
        f"SELECT CAST({own.workspace} AS BIGINT) AS workspace, customer, min(first_moment) AS first_seen_at, "
        f"max_by(traits, moment) AS traits, {say['none']} AS facts "
        f"FROM (SELECT {_customer(own, say)} AS customer, "
        f"{say['at'].format(column(own.at))} AS moment, {say['at'].format(column(first or own.at))} AS "
        f"first_moment, {_map(own.traits, say)} AS traits "
        f"FROM {place} WHERE {_present(own, say, erased)}) AS mapped GROUP BY customer"
    )


def named_sql(own: OwnTable, dialect: str, place: str = "") -> str:
    """How the table names its customers, and the number of each."""
    say = DIALECTS[dialect]
    column = _quoted(say)(own.customer)
    return (
        f"SELECT DISTINCT {say['text'].format(column)} AS named, {_customer(own, say)} AS number "
        f"FROM {place or _place(own, dialect)} WHERE {column} IS NOT NULL"
    )


def _customer(own: OwnTable, say: dict) -> str:
    column = _quoted(say)(own.customer)
    return say["whole"].format(column, say["number"].format(column))


def _present(own: OwnTable, say: dict, erased: Sequence[Erased]) -> str:
    """Rows with a customer and a time, but those of somebody erased from before the erasure."""
    column = _quoted(say)
    present = f"{column(own.customer)} IS NOT NULL AND {column(own.at)} IS NOT NULL"
    if not erased:
        return present
    listed = ", ".join(f"(CAST({each.number} AS BIGINT), {_moment(each.until)})" for each in erased)
    at = say["at"].format(column(own.at))
    is_theirs = f"erased_number = {_customer(own, say)} AND {at} <= erased_until"
    gone = f"SELECT 1 FROM (VALUES {listed}) AS erased(erased_number, erased_until) WHERE {is_theirs}"
    return f"{present} AND NOT EXISTS ({gone})"


def _moment(at: datetime) -> str:
    return f"CAST('{at.astimezone(UTC).replace(tzinfo=None).isoformat(sep=' ')}' AS TIMESTAMP)"


def _place(own: OwnTable, dialect: str) -> str:
    if own.table:
        return own.table
    path = own.parquet.replace("'", "''")
    return f"read_parquet('{path}')" if dialect == "duckdb" else f"parquet.`{own.parquet}`"


def _quoted(say: dict):
    return lambda name: f"{say['quote']}{name}{say['quote']}"


def _literal(text: str) -> str:
    return "'" + text.replace("\\", "").replace("'", "''") + "'"


def _map(names: tuple[str, ...], say: dict) -> str:
    if not names:
        return say["none"]
    column = _quoted(say)
    pairs = [say["pair"].format(_literal(name), say["text"].format(column(name))) for name in names]
    return say["map"].format(", ".join(pairs))
