"""What is asked of a company's PostgreSQL: SELECTs of the columns and rows that are needed, nothing else."""

from collections.abc import Sequence

from wayline.warehouse.bounds import FLOATING, TEXT, WHOLE, Bound, literal, quoted, table_of
from wayline.warehouse.native import Erased, OwnTable

PLAIN = WHOLE | FLOATING | TEXT | {"boolean", "date", "timestamp without time zone"}


def rows(own: OwnTable, types: dict[str, str], columns: Sequence[str], where: Bound, erased=()) -> str:
    """The rows for which this holds."""
    return f"SELECT {_listed(own, types, columns)} {_from(own, types, where, erased)}"


def ends(own: OwnTable, types: dict[str, str], columns: Sequence[str], where: Bound, erased=()) -> str:
    """The earliest of these rows and the latest."""
    found, at = rows(own, types, columns, where, erased), _own(own, own.at)
    return f"({found} ORDER BY {at} LIMIT 1) UNION ALL ({found} ORDER BY {at} DESC LIMIT 1)"


def first_rows(
    own: OwnTable,
    types: dict[str, str],
    columns: Sequence[str],
    where: Bound,
    *,
    most: int,
    falling: bool | None,
) -> str:
    """So many of these rows: the earliest or latest with all that share the last one's moment, or any."""
    found = rows(own, types, columns, where)
    if falling is None:
        return f"{found} LIMIT {most}"
    return f"{found} ORDER BY {_own(own, own.at)}{' DESC' * falling} FETCH FIRST {most} ROWS WITH TIES"


def customers(
    own: OwnTable, types: dict[str, str], columns: Sequence[str], where: Bound, erased=(), *, first: str
) -> str:
    """The latest row of every customer, with when their first one was."""
    customer, at = quoted(own.customer), quoted(own.at)
    least = f"min({at})"
    if len(columns) == 2:  # nothing but who and when
        last, first_at = _moment(f"max({at})", own, types), _moment(least, own, types)
        return (
            f"SELECT {_fetched(own.customer, types)} AS {customer}, {last} AS {at}, "
            f"{first_at} AS {quoted(first)} {_from(own, types, where, erased)} GROUP BY {customer}"
        )
    ever = _moment(f"{least} OVER (PARTITION BY {customer})", own, types)
    return (
        f"SELECT DISTINCT ON ({customer}) {_listed(own, types, columns)}, {ever} AS {quoted(first)} "
        f"{_from(own, types, where, erased)} ORDER BY {customer}, {at} DESC"
    )


def named(own: OwnTable, types: dict[str, str]) -> str:
    """Every customer once, as the table names them."""
    column = quoted(own.customer)
    return (
        f"SELECT DISTINCT {_fetched(own.customer, types)} AS {column} FROM {table_of(own)} "
        f"WHERE {column} IS NOT NULL"
    )


def _own(own: OwnTable, column: str) -> str:
    """The table's column, not what is made of it: its index is in that order."""
    return f"{table_of(own)}.{quoted(column)}"


def _listed(own: OwnTable, types: dict[str, str], columns: Sequence[str]) -> str:
    return ", ".join(
        f"{_moment(quoted(name), own, types) if name == own.at else _fetched(name, types)} AS {quoted(name)}"
        for name in columns
    )


def _fetched(name: str, types: dict[str, str]) -> str:
    column, kind = quoted(name), types[name]
    if kind == "timestamp with time zone":
        return f"({column} AT TIME ZONE 'UTC')"
    return column if kind in PLAIN else f"{column}::text"


def _moment(said: str, own: OwnTable, types: dict[str, str]) -> str:
    if types[own.at] == "timestamp with time zone":
        return f"({said} AT TIME ZONE 'UTC')"
    return f"{said}::timestamp"


def _from(own: OwnTable, types: dict[str, str], where: Bound, erased: Sequence[Erased]) -> str:
    customer, at = quoted(own.customer), quoted(own.at)
    said = [f"{customer} IS NOT NULL", f"isfinite({at})"]  # which a time that is missing is not either
    if where.sql != "true":
        said.append(f"({where.sql})")
    if erased:
        listed = ", ".join(
            f"({literal(each.named)}::text, '{each.until.isoformat()}'::timestamptz AT TIME ZONE 'UTC')"
            for each in erased
        )
        said.append(
            f"NOT EXISTS (SELECT FROM (VALUES {listed}) AS erased (erased_name, erased_until) "
            f"WHERE erased_name = {customer}::text AND {_moment(at, own, types)} <= erased_until)"
        )
    return f"FROM {table_of(own)} WHERE {' AND '.join(said)}"
