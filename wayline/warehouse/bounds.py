"""Conditions on signals, said in PostgreSQL's words about a company's own columns: its indexes are used.

What cannot be said exactly is left out or said wider: whoever asked looks at every row that comes once more.
"""

import operator
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import ibis.expr.operations as ops
from psycopg import sql

from wayline.warehouse.native import NUMBERS, OwnTable
from wayline.warehouse.tables import NUMBER

SIGNS = {
    ops.Equals: ("=", operator.eq),
    ops.NotEquals: ("<>", operator.ne),
    ops.Less: ("<", operator.lt),
    ops.LessEqual: ("<=", operator.le),
    ops.Greater: (">", operator.gt),
    ops.GreaterEqual: (">=", operator.ge),
}
TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
WHOLE = {"smallint", "integer", "bigint"}
FLOATING = {"real", "double precision"}
TEXT = {"text", "character varying"}
ALIKE = WHOLE | {"boolean", "jsonb", "json", "uuid"}  # as text, the same in PostgreSQL and in DuckDB
MOMENTS = {"timestamp with time zone", "timestamp without time zone", "date"}
BIGGEST = 2**63 - 1
# Whatever DuckDB reads as a whole number begins so; texts like it are fetched and looked at there.
LIKE_A_NUMBER = r"^\s*[-+]?(\.?[0-9][0-9_.]*([eE][-+]?[0-9_]*)?\s*$|0[xXbB])"


@dataclass(frozen=True)
class Bound:
    """A condition in PostgreSQL's words; one that is not exact lets more rows through, never fewer."""

    sql: str
    is_exact: bool = True


TRUE, FALSE, UNKNOWN = Bound("true"), Bound("false"), Bound("NULL::boolean")
ANYTHING = Bound("true", is_exact=False)


@dataclass(frozen=True)
class Known:
    """A field that has the same value in every row."""

    value: Any


def quoted(*names: str) -> str:
    """The name as PostgreSQL reads it; of a table, its schema's and its own."""
    return sql.Identifier(*names).as_string(None)


def table_of(own: OwnTable) -> str:
    """The table as PostgreSQL reads its name."""
    return quoted(*own.postgresql.split("."))


def literal(value: Any) -> str:
    """The value as PostgreSQL reads it."""
    return sql.Literal(value).as_string(None)


class Columns:
    """The conditions on one table, whose columns have these types; none are given where nobody asked yet."""

    def __init__(self, own: OwnTable, types: dict[str, str]):
        self.own = own
        self.types = types

    def is_never(self, known: Iterable[ops.Value]) -> bool:
        """Whether no row of the table can be so."""
        return self.all_of(known).sql in ("false", UNKNOWN.sql)

    def all_of(self, known: Iterable[ops.Value]) -> Bound:
        """All of the conditions together."""
        return _and([self.bound(each) for each in known])

    def bound(self, node: ops.Value) -> Bound:
        """The condition, as exactly as it can be said."""
        match node:
            case ops.Literal():
                return UNKNOWN if node.value is None else TRUE if node.value else FALSE
            case ops.And():
                return _and([self.bound(node.left), self.bound(node.right)])
            case ops.Or():
                return _or([self.bound(node.left), self.bound(node.right)])
            case ops.Not():
                return _not(self.bound(node.arg))
            case ops.Coalesce(arg=(inner, ops.Literal(value=False))):
                return _told(self.bound(inner))
            case ops.InValues():
                return self._in(node)
            case ops.IsNull() | ops.NotNull():
                return self._there(node)
            case ops.StringContains(haystack=text, needle=ops.Literal(value=str(part))):
                return self._text(text, f'strpos({{0}} COLLATE "C", {_text(part)}) > 0', part)
            case ops.StartsWith(arg=text, start=ops.Literal(value=str(part))):
                return self._text(text, f'starts_with({{0}} COLLATE "C", {_text(part)})', part)
        if type(node) in SIGNS:
            return self._compared(node)
        return ANYTHING

    def _compared(self, node) -> Bound:
        sign, compare = SIGNS[type(node)]
        field, value = node.left, node.right
        if isinstance(field, ops.Literal):
            field, value, sign = value, field, TURNED.get(sign, sign)
            compare = next(compare for each, compare in SIGNS.values() if each == sign)
        if not isinstance(value, ops.Literal) or value.value is None:
            return ANYTHING
        if (text := _read_as_number(field)) is not None:
            return self._number(text, sign, value.value)
        return self._said(field, sign, compare, value.value)

    def _said(self, node: ops.Value, sign: str, compare, value) -> Bound:
        found = self._operand(node)
        if isinstance(found, Known):
            return UNKNOWN if found.value is None else TRUE if compare(found.value, value) else FALSE
        if found is None:
            return ANYTHING
        if _is_customer(node):
            return self._customer([value]) if sign == "=" else ANYTHING
        written = self._literal(value)
        return Bound(f"{found} {sign} {written}") if written else ANYTHING

    def _text(self, node: ops.Value, said: str, part: str) -> Bound:
        """What is said about a text."""
        found = self._operand(node)
        if isinstance(found, Known):
            return UNKNOWN if found.value is None else ANYTHING
        return Bound(said.format(found)) if found and "\0" not in part else ANYTHING

    def _number(self, node: ops.Value, sign: str, value) -> Bound:
        """A comparison of a text that is read as a number, where it is one."""
        found, written = self._operand(node), self._literal(value)
        if isinstance(found, Known):
            return UNKNOWN if found.value is None else ANYTHING
        if not found or not written:
            return ANYTHING
        # Whole numbers and texts are read alike everywhere; of others it is enough to leave nothing out.
        kind = self.types.get(_name_of(node), "")
        if kind in WHOLE:
            return Bound(f"{quoted(_name_of(node))} {sign} {written}")
        if kind not in TEXT:
            return ANYTHING
        return Bound(f"CASE WHEN {found} ~ '{NUMBER}' THEN {found}::float8 {sign} {written} END")

    def _in(self, node: ops.InValues) -> Bound:
        if not all(isinstance(each, ops.Literal) for each in node.options):
            return ANYTHING
        values = [each.value for each in node.options]
        found = None if None in values else self._operand(node.value)
        if isinstance(found, Known):
            return UNKNOWN if found.value is None else TRUE if found.value in values else FALSE
        if found is None:
            return ANYTHING
        if _is_customer(node.value):
            return self._customer(values)
        written = [self._literal(value) for value in values]
        return Bound(f"{found} IN ({', '.join(filter(None, written))})") if all(written) else ANYTHING

    def _there(self, node) -> Bound:
        is_null = isinstance(node, ops.IsNull)
        found = self._operand(node.arg)
        if isinstance(found, Known):
            return TRUE if (found.value is None) == is_null else FALSE
        # A text that is no number is null as a number.
        return Bound(f"{found} IS {'' if is_null else 'NOT '}NULL") if found else ANYTHING

    def _operand(self, node: ops.Value) -> str | Known | None:
        """The column behind a field or a property, its one value, or nothing where that is not simple."""
        match node:
            case ops.Field():
                return self._field(node.name)
            case ops.MapGet(
                arg=ops.Field(name="properties"), key=ops.Literal(), default=ops.Literal(value=None)
            ):
                return self._property(_name_of(node))
        return None

    def _property(self, name: str) -> str | Known | None:
        """The property as text, where both servers write it alike; see statements._fetched."""
        if name not in self.own.properties:
            return Known(None)
        kind = self.types.get(name, "")
        if kind in TEXT:
            return quoted(name)
        return f"{quoted(name)}::text" if kind in ALIKE else None

    def _field(self, field: str) -> str | Known | None:
        """The column behind a field, its one value, or nothing where that is not simple to say."""
        own = self.own
        if field == "workspace":
            return Known(own.workspace)
        if field == "kind":
            return Known(own.kind)
        if field == "name" and not own.name_from:
            return Known(own.name)
        if field in ("at", "received_at"):
            return quoted(own.at)
        if field in ("customer", "profile"):
            return quoted(own.customer)
        if field in ("seq", "key", "properties", "traits", "facts", "first_seen_at"):
            return None
        column = own.name_from if field == "name" else own.columns.get(field)
        if column is None:
            return Known(None)
        kind = self.types.get(column, "")
        if field in NUMBERS:
            return quoted(column) if kind in WHOLE | FLOATING else None
        return quoted(column) if kind in TEXT else None

    def _literal(self, value) -> str | None:
        if isinstance(value, datetime):
            if value.tzinfo:
                return None
            if self.types.get(self.own.at) == "timestamp with time zone":
                return f"'{value.isoformat(sep=' ')}+00'::timestamptz"
            return f"'{value.isoformat(sep=' ')}'::timestamp"
        if isinstance(value, str):
            return None if "\0" in value else literal(value)
        return f"{float(value)!r}::float8" if abs(float(value)) < float("inf") else None

    def _customer(self, numbers: list) -> Bound:
        column, kind = quoted(self.own.customer), self.types.get(self.own.customer)
        asked = ", ".join(str(int(number)) for number in numbers if abs(int(number)) <= BIGGEST)
        if not asked:
            return FALSE
        if kind in WHOLE:
            return Bound(f"{column} IN ({asked})")
        return Bound(f"({number_of(column)} IN ({asked}) OR {column}::text ~ '{LIKE_A_NUMBER}')", False)


def _name_of(node: ops.Value) -> str:
    """The field's name, or the property's."""
    match node:
        case ops.Field():
            return node.name
        case ops.MapGet(arg=ops.Field(name="properties"), key=ops.Literal(value=str(name))):
            return name
    return ""


def _is_customer(node: ops.Value) -> bool:
    return isinstance(node, ops.Field) and node.name in ("customer", "profile")


def _read_as_number(node: ops.Value) -> ops.Value | None:
    """The text, where texts that are numbers are read as such and others are not; see tables.NUMBER."""
    match node:
        case ops.TryCast(
            arg=ops.IfElse(
                bool_expr=ops.Coalesce(
                    arg=(
                        ops.RegexSearch(arg=asked, pattern=ops.Literal(value=pattern)),
                        ops.Literal(value=False),
                    )
                ),
                true_expr=text,
                false_null_expr=ops.Literal(value=None),
            )
        ) if pattern == NUMBER and asked == text:
            return text
    return None


def _text(part: str) -> str:
    """A text within a text that is to be formatted."""
    return literal(part).replace("{", "{{").replace("}", "}}")


def number_of(column: str) -> str:
    """The number of a customer who is named by a text, as every engine makes it; see native.DIALECTS."""
    return f"('x' || left(md5({column}::text), 15))::bit(60)::bigint"


def _and(parts: list[Bound]) -> Bound:
    is_exact = all(part.is_exact for part in parts)
    said = list(dict.fromkeys(part.sql for part in parts if part.sql != "true"))
    if "false" in said:
        return FALSE
    return Bound(" AND ".join(map(_bracketed, said)) or "true", is_exact)


def _or(parts: list[Bound]) -> Bound:
    is_exact = all(part.is_exact for part in parts)
    said = list(dict.fromkeys(part.sql for part in parts if part.sql != "false"))
    if "true" in said:
        return TRUE if is_exact else ANYTHING
    return Bound(" OR ".join(map(_bracketed, said)) or "false", is_exact)


def any_of(parts: list[Bound]) -> Bound:
    """At least one of the conditions."""
    return _or(parts)


def _not(part: Bound) -> Bound:
    if not part.is_exact:
        return ANYTHING
    return {"true": FALSE, "false": TRUE}.get(part.sql, Bound(f"NOT {_bracketed(part.sql)}"))


def _told(part: Bound) -> Bound:
    """The condition, where not to know means no."""
    if part.sql in ("true", "false"):
        return part
    return FALSE if part == UNKNOWN else Bound(f"coalesce({part.sql}, false)", part.is_exact)


def _bracketed(said: str) -> str:
    return said if said.isalpha() else f"({said})"
