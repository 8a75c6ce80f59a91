"""Signals and customers for tests, put straight into the warehouse."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count

import pyarrow as pa

from wayline.warehouse import connect, tables

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
_arrivals = count(1)


def make_row(**fields) -> dict:
    """One row of the signals table; `minute` is a short way to say when, counted from MONDAY."""
    arrival = next(_arrivals)
    minute = fields.pop("minute", 0)
    row = {
        "workspace": 1,
        "customer": 1,
        "at": MONDAY + timedelta(minutes=minute),
        "seq": arrival,
        "key": f"{arrival:032x}",
        "kind": "behavior",
        "name": "signed up",
        "properties": {},
    } | fields
    return {"profile": row["customer"], "received_at": row["at"]} | row


def fill(rows: list[dict], customers: Sequence[dict] = ()) -> None:
    """Write signals, and customers: those given, and whoever else has signals (without traits)."""
    rows = [make_row(**row) for row in rows]
    known = {(each.get("workspace", 1), each["customer"]) for each in customers}
    first: dict[tuple[int, int], datetime] = {}
    for row in rows:
        whose = (row["workspace"], row["customer"])
        if whose not in known:
            first[whose] = min(row["at"], first.get(whose, row["at"]))
    unknown: dict = {"workspace": 1, "first_seen_at": MONDAY, "traits": {}, "facts": {}}
    profiles = [unknown | dict(each) for each in customers]
    profiles += [
        unknown | {"workspace": workspace, "customer": customer, "first_seen_at": at}
        for (workspace, customer), at in first.items()
    ]
    with connect.current().writing() as writer:
        writer.append("signals", as_arrow("signals", rows))
        writer.replace_customers(as_arrow("customers", profiles))


def as_arrow(table: str, rows: list[dict]) -> pa.Table:
    """The rows as the table stores them: times in UTC without a zone, maps as lists of pairs."""
    schema = tables.ALL[table].to_pyarrow()
    return pa.table(
        {field.name: pa.array([_stored(row.get(field.name)) for row in rows], field.type) for field in schema}
    )


def _stored(value):
    if isinstance(value, datetime) and value.tzinfo:
        return value.astimezone(UTC).replace(tzinfo=None)
    return list(value.items()) if isinstance(value, dict) else value
