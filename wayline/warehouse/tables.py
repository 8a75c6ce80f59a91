"""The warehouse's tables, once, for every engine."""

from datetime import UTC, datetime

import ibis

# customer is the profile as merged today; profile is the one that was recognised on arrival, so that a merge
# can be undone. Dimension columns are nullable (ClickHouse's lead() gives '' otherwise); sort keys are not.
SIGNALS = ibis.schema(
    {
        "workspace": "!int64",
        "customer": "!int64",
        "at": "!timestamp(6)",
        "seq": "!int64",  # order of arrival: breaks ties in time
        "profile": "!int64",
        "received_at": "!timestamp(6)",
        "key": "!string",  # hex of 128 bits: unique in its workspace
        "kind": "!string",
        "name": "!string",
        "channel": "string",
        "source": "string",
        "subject": "string",
        "step": "string",
        "score": "float64",
        "scale": "string",
        "weight": "float64",
        "text": "string",
        "value": "float64",
        "properties": "map<string, string>",
    }
)

# What filters need of a customer; numbers and booleans are kept as text, cast where a test needs numbers.
CUSTOMERS = ibis.schema(
    {
        "workspace": "!int64",
        "customer": "!int64",
        "first_seen_at": "!timestamp(6)",
        "traits": "map<string, string>",
        # When each trait was told, in UTC, and by whom, where it is remembered: "2026-03-02 09:00:00 key:3".
        # customers.trust.sayings.facts writes them, signals.filters reads them.
        "facts": "map<string, string>",
    }
)

# Which texts are numbers, in every engine alike: up to 30 digits, ASCII.
NUMBER = "^[+-]?([0-9]{1,30}([.][0-9]{0,30})?|[.][0-9]{1,30})([eE][+-]?[0-9]{1,2})?$"

# How far each part of the journal has been loaded; moves in the same transaction as the rows.
MARKS = ibis.schema({"journal": "!string", "mark": "!int64"})

ALL = {"signals": SIGNALS, "customers": CUSTOMERS, "marks": MARKS}


def stored(at: datetime) -> ibis.Value:
    """A moment as the tables keep it: in UTC, without saying so."""
    return ibis.literal(at.astimezone(UTC).replace(tzinfo=None), type="timestamp(6)")


def aware(at: datetime) -> datetime:
    """The moment a row means, as everybody else writes it."""
    return at.replace(tzinfo=UTC)


_UNBOUND = {name: ibis.table(schema, name=name) for name, schema in ALL.items()}


def table(name: str) -> ibis.Table:
    """The table to build expressions on; every engine has the same ones."""
    return _UNBOUND[name]
