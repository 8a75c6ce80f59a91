"""What is known of customers: traits and names, and when they were heard of."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from wayline.customers import told
from wayline.customers.companies import operations as companies
from wayline.customers.consent import is_denied
from wayline.customers.models import Customer
from wayline.customers.naming import take_name
from wayline.customers.trust import sayings
from wayline.customers.trust.queries import levels_of

from .parts import parts

MANY_TRAITS = 500
WRITE = """
    UPDATE customers_customer SET
        name = %s, email = %s, phone = %s, has_declined = %s, sole_source = %s, traits = %s, sayings = %s
    WHERE id = %s
"""


@dataclass(frozen=True)
class Learned:
    """Facts about a customer and when they were told: None takes a trait away."""

    customer: int
    traits: dict
    at: datetime | None = None


@transaction.atomic
def learn(facts: Iterable[Learned], *, source: str) -> dict[int, Customer]:
    """Remember the facts; answers the customers as they are now. What an import changes can be taken back."""
    facts = list(facts)
    wanted = list(dict.fromkeys(fact.customer for fact in facts))
    people: dict[int, Customer] = {}
    for part in parts(wanted):
        people |= Customer.objects.in_bulk(part)
    before = {pk: told.fields_of(person) for pk, person in people.items()} if told.is_kept(source) else {}
    levels = levels_of(next(iter(people.values())).workspace_id) if people else {}
    for fact in facts:
        _apply(fact, people[fact.customer], source, levels)
    for person in people.values():
        if person.sole_source != source:
            person.sole_source = ""
    _write(people.values())
    companies.tell([(people[fact.customer], fact.traits) for fact in facts], source=source)
    told.keep(before, people, source=source)
    return people


def _apply(fact: Learned, person: Customer, source: str, levels: dict[str, int]) -> None:
    at, won = sayings.moment(fact.at), {}
    for name, value in fact.traits.items():
        if sayings.is_choice(name):
            _put(person.traits, name, value)
        elif name in person.traits or name in person.sayings or len(person.sayings) < MANY_TRAITS:
            said = person.sayings.setdefault(name, {})
            sayings.say(said, source, value, at, levels)
            first = sayings.ranked(said, levels)[0] if len(said) > 1 else source
            _put(person.traits, name, said[first][0])
            if first == source:
                won[name] = said[first][0]
    take_name(person, won)
    if "consent" in fact.traits:
        person.has_declined = is_denied(fact.traits["consent"])


def _put(traits: dict, name: str, value) -> None:
    if value is None:
        traits.pop(name, None)
    elif name in traits or len(traits) < MANY_TRAITS:
        traits[name] = value


def _write(people: Iterable[Customer]) -> None:
    # Only these columns: what else a row holds may be changed meanwhile by who moves its first and last day.
    with connection.cursor() as cursor:
        cursor.executemany(
            WRITE,
            [
                (
                    person.name,
                    person.email,
                    person.phone,
                    person.has_declined,
                    person.sole_source,
                    json.dumps(person.traits, ensure_ascii=False),
                    json.dumps(person.sayings, ensure_ascii=False),
                    person.pk,
                )
                for person in people
            ],
        )


@transaction.atomic
def see(sightings: Iterable[tuple[int, str, str]], *, source: str) -> None:
    """Move first and last seen of (customer, first, last); a second source ends being the sole one.

    The times are text in UTC, as both databases write them: YYYY-MM-DD HH:MM:SS.
    """
    with connection.cursor() as cursor:
        # CASE, because the smaller of two is MIN in SQLite and LEAST in PostgreSQL.
        cursor.executemany(
            """
            UPDATE customers_customer SET
                first_seen_at = CASE WHEN first_seen_at > %s THEN %s ELSE first_seen_at END,
                last_seen_at = CASE WHEN last_seen_at < %s THEN %s ELSE last_seen_at END,
                sole_source = CASE WHEN sole_source = %s THEN sole_source ELSE '' END
            WHERE id = %s AND (first_seen_at > %s OR last_seen_at < %s OR sole_source NOT IN ('', %s))
            """,
            [
                (first, first, last, last, source, customer, first, last, source)
                for customer, first, last in sightings
            ],
        )


@transaction.atomic
def set_seen(sightings: Iterable[tuple[int, datetime, datetime]]) -> None:
    """Say anew when these customers were first and last heard of."""
    adapt = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE customers_customer SET first_seen_at = %s, last_seen_at = %s WHERE id = %s",
            [(adapt(first), adapt(last), customer) for customer, first, last in sightings],
        )
