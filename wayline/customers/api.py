from datetime import datetime

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from . import queries
from .consents.api import router as consents
from .models import Customer
from .trust.queries import traits_of

router = Router(tags=["customers"])
router.add_router("", consents)


class IdentityOut(Schema):
    kind: str
    value: str
    first_seen_at: datetime


class MergeOut(Schema):
    id: int
    kept_id: int
    merged_id: int
    reason: str
    at: datetime
    undone_at: datetime | None


class CustomerOut(Schema):
    id: int
    name: str
    email: str
    phone: str
    first_seen_at: datetime
    last_seen_at: datetime


class OtherOut(Schema):
    source: str
    value: str | float | bool | None
    told_at: datetime


class TraitOut(Schema):
    name: str
    value: str | float | bool | None
    source: str = Field(description="Who said it; blank where nobody remembers.")
    told_at: datetime | None
    is_stale: bool
    others: list[OtherOut] = Field(description="What other sources say or said, the most trusted first.")


class CustomerWhole(CustomerOut):
    traits: dict
    told: list[TraitOut] = Field(description="The same traits, each with who said it and when.")
    has_declined: bool = Field(description="Said no to being observed; new signals are refused.")
    identities: list[IdentityOut]
    merges: list[MergeOut]


class CustomersOut(Schema):
    items: list[CustomerOut]
    cursor: int | None = Field(description="Send as `before` for the next items; null at the end.")


class CustomersIn(Schema):
    q: str = Field("", description="Part of a name, e-mail or phone, or the beginning of an id.")
    segment: int | None = Field(None, description="Only customers in this segment.")
    before: int | None = None
    limit: int = Field(50, ge=1, le=500)


@router.get("/", response=CustomersOut)
def customers(request, asked: Query[CustomersIn]):
    """The customers of the workspace, the newest first."""
    found = Customer.objects.visible_to(request.member).order_by("-pk")
    if asked.q.strip():
        found = queries.found_by(found, asked.q)
    if asked.segment is not None:
        found = queries.in_segment(request.member, found, str(asked.segment))
    if asked.before:
        found = found.filter(pk__lt=asked.before)
    items = list(found[: asked.limit])
    return {"items": items, "cursor": items[-1].pk if len(items) == asked.limit else None}


@router.get("/{customer_id}", response=CustomerWhole)
def customer(request, customer_id: int):
    """One customer, with the values they are recognised by and the merges that made them."""
    found = get_object_or_404(Customer.objects.visible_to(request.member), pk=customer_id)
    return {
        **{name: getattr(found, name) for name in (*CustomerOut.model_fields, "traits", "has_declined")},
        "told": traits_of(found, now=timezone.now()),
        "identities": list(queries.identities_of(found)),
        "merges": list(queries.merges_of(found)),
    }
