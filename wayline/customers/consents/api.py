from datetime import datetime

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from wayline.accounts.api_auth import needs
from wayline.customers import consent
from wayline.customers.models import Customer

from . import operations, queries

router = Router()


class ConsentOut(Schema):
    purpose: str
    channel: str = Field(description="Empty for every channel.")
    is_granted: bool
    since: datetime


class ConsentChangeOut(Schema):
    purpose: str
    channel: str
    was_granted: bool | None = Field(description="null when nothing had been said before.")
    is_granted: bool
    at: datetime
    source: str = Field(description="key:ID, api:ID, import:ID, or person.")
    by_id: int | None
    note: str


class ConsentsOut(Schema):
    standing: list[ConsentOut]
    history: list[ConsentChangeOut]


class ConsentIn(Schema):
    purpose: str = Field(min_length=1, max_length=consent.LONGEST_PURPOSE)
    channel: str = Field("", max_length=consent.LONGEST_CHANNEL)
    is_granted: bool
    note: str = Field(min_length=1, max_length=300, description="How we know.")


class AllowedIn(Schema):
    purpose: str = Field("analytics", min_length=1, max_length=consent.LONGEST_PURPOSE)
    channel: str = Field("", max_length=consent.LONGEST_CHANNEL)


class AllowedOut(Schema):
    is_allowed: bool


@router.get("/{customer_id}/consents", response=ConsentsOut)
def consents(request, customer_id: int):
    """What a customer allows, and how that came about."""
    customer = get_object_or_404(Customer.objects.visible_to(request.member), pk=customer_id)
    return {"standing": queries.standing(customer), "history": list(queries.history(customer)[:500])}


@router.get("/{customer_id}/consents/allowed", response=AllowedOut)
def is_allowed(request, customer_id: int, asked: Query[AllowedIn]):
    """Whether something may be done for a customer now. Ask at the moment of doing it."""
    customer = get_object_or_404(Customer.objects.visible_to(request.member), pk=customer_id)
    return {"is_allowed": queries.allows(customer, asked.purpose, asked.channel)}


@router.post("/{customer_id}/consents/change", response=ConsentsOut)
@needs("contributor")
def change_consent(request, customer_id: int, body: ConsentIn):
    """Write down what a customer told us about one purpose, on one channel or every channel."""
    customer = get_object_or_404(Customer.objects.visible_to(request.member), pk=customer_id)
    operations.change_consent(customer, **body.dict(), by=request.member.user, now=timezone.now())
    return consents(request, customer_id)
