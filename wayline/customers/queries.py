import json
from collections.abc import Iterable

from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from wayline.accounts.models import Membership

from . import segments
from .identities import EMAIL, PHONE, normalise
from .models import Customer, Identity, Merge


def customers(member: Membership) -> QuerySet[Customer]:
    """Everybody the member may see, last seen first."""
    return Customer.objects.visible_to(member).order_by("-last_seen_at", "-pk")


def profiles_of(customer_id: int) -> list[int]:
    """The customer's own profile and all that were merged into it, at any remove."""
    found, fresh = [customer_id], [customer_id]
    while fresh:
        fresh = list(Customer.objects.filter(merged_into__in=fresh).values_list("pk", flat=True))
        found += fresh
    return found


def found_by(rows: QuerySet[Customer], text: str) -> QuerySet[Customer]:
    """Those whose name, e-mail or phone holds the text, or one of whose identities begins with it."""
    # PostgreSQL takes no NUL in a text and would answer the search with an error.
    text = text.strip().replace("\0", "")
    values = {text, text.casefold()}
    digits = "".join(character for character in text if character.isdigit())
    values |= {clean for kind in (EMAIL, PHONE) if (clean := normalise(kind, text)[0])}
    begins = Q()
    for value in values:
        begins |= Q(value__startswith=value)
    named = Identity.objects.filter(begins).values("customer")
    said = Q(name__icontains=text) | Q(email__icontains=text) | Q(pk__in=named)
    if len(digits) >= 4:
        said |= Q(phone__contains=digits)
    return rows.filter(said)


def in_segment(member: Membership, rows: QuerySet[Customer], segment: str) -> QuerySet[Customer]:
    """Those in the segment with this number; nobody when there is no such segment."""
    ids = (
        segments.provider().customers_in(member, int(segment))
        if segment.isascii() and segment.isdigit()
        else []
    )
    return among(rows, ids or [])


def among(rows: QuerySet[Customer], ids: list[int]) -> QuerySet[Customer]:
    """The rows with these ids, however many: as one value, where a list of values would pass the limit."""
    each = "json_each(%s)" if connection.vendor == "sqlite" else "json_array_elements_text(%s::json)"
    return rows.filter(pk__in=RawSQL(f"SELECT CAST(value AS bigint) FROM {each}", [json.dumps(ids)]))


def roots(workspace_id: int, profiles: Iterable[int]) -> dict[int, int]:
    """The customer that each of these profiles is now, after all merges; those that are gone are left out."""
    wanted = set(profiles)
    into: dict[int, int | None] = {}
    fresh = wanted
    while fresh:
        found = among(Customer.objects.filter(workspace=workspace_id), sorted(fresh))
        into |= dict(found.values_list("pk", "merged_into"))
        fresh = {above for above in into.values() if above is not None and above not in into}
    roots = {}
    for profile in wanted & into.keys():
        root = profile
        while (above := into[root]) is not None:
            root = above
        roots[profile] = root
    return roots


def identities_of(customer: Customer) -> QuerySet[Identity]:
    """The values by which the customer is recognised, the strongest kind first."""
    return customer.identities.order_by("kind", "first_seen_at", "value")


def merges_of(customer: Customer) -> QuerySet[Merge]:
    """The merges that made the customer who they are, and those that were undone, latest first."""
    return Merge.objects.filter(Q(kept=customer) | Q(merged=customer)).select_related("kept", "merged", "by")
