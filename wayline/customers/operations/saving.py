"""Writing what a batch of calls settled, with a handful of statements however many they are."""

from collections import defaultdict
from datetime import datetime

from django.db import connection

from wayline.customers.identities import EMAIL, PHONE

from .calls import Profile
from .parts import parts

Attached = tuple[str, str, Profile, datetime]  # kind, value, whose, since when


ROWS_AT_ONCE = 1_000
CREATE = """
    INSERT INTO customers_customer (workspace_id, name, email, phone, traits, first_seen_at, last_seen_at,
        sole_source, has_declined) VALUES
"""
PLACES = "(%s, '', %s, %s, '{}', %s, %s, %s, false)"
OWNERS = """
    SELECT value, profile_id, customer_id FROM customers_identity
    WHERE workspace_id = %s AND kind = %s AND value IN ({})
"""
ATTACH = """
    INSERT INTO customers_identity (workspace_id, profile_id, customer_id, kind, value, first_seen_at)
    VALUES (%s, %s, %s, %s, %s, %s)
"""


def save(workspace_id: int, source: str, created: list[Profile], attached: list[Attached]) -> None:
    """Write the new profiles, then the values by which they and the known ones are recognised from now on.

    As SQL: through the models, forty thousand rows take ten times as long.
    """
    shown: dict[tuple[Profile, str], str] = {}
    for kind, value, profile, _ in attached:
        if kind in {EMAIL, PHONE}:
            shown.setdefault((profile, kind), value)
    _create(workspace_id, source, created, shown)
    adapt = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        cursor.executemany(
            ATTACH,
            [
                (workspace_id, profile.id, profile.root().id, kind, value, adapt(at))
                for kind, value, profile, at in attached
            ],
        )
    _show_on_existing(shown, set(created))


def _create(workspace_id: int, source: str, created: list[Profile], shown: dict) -> None:
    adapt = connection.ops.adapt_datetimefield_value
    for part in parts(created, ROWS_AT_ONCE):
        rows = [
            (
                workspace_id,
                shown.get((profile, EMAIL), ""),
                shown.get((profile, PHONE), "")[:40],
                adapt(profile.first_seen_at),
                adapt(profile.first_seen_at),
                source,
            )
            for profile in part
        ]
        with connection.cursor() as cursor:
            cursor.execute(
                CREATE + ", ".join([PLACES] * len(part)) + " RETURNING id",
                [value for row in rows for value in row],
            )
            # The databases give rising ids in the order of the rows, but answer them in any order.
            for profile, (id,) in zip(part, sorted(cursor.fetchall()), strict=True):
                profile.id = id


def _show_on_existing(shown: dict, new: set[Profile]) -> None:
    """A first e-mail or phone is also what the list of customers shows."""
    rows = defaultdict(list)
    for (profile, kind), value in shown.items():
        if profile not in new:
            rows[kind].append((value[:40] if kind == PHONE else value, profile.root().id))
    with connection.cursor() as cursor:
        for kind, values in rows.items():
            cursor.executemany(
                f"UPDATE customers_customer SET {kind} = %s WHERE id = %s AND {kind} = ''", values
            )
