from datetime import datetime

from django.shortcuts import get_object_or_404
from ninja import Router, Schema

from wayline.customers.models import Company

from . import queries

router = Router(tags=["customers"])


class CompanyOut(Schema):
    id: int
    external_id: str
    name: str
    traits: dict
    n_members: int
    first_seen_at: datetime
    last_seen_at: datetime


class MemberOut(Schema):
    id: int
    name: str
    email: str
    last_seen_at: datetime


@router.get("", response=list[CompanyOut])
def companies(request, q: str = "", limit: int = 100, offset: int = 0):
    """Business accounts with how many customers belong to each, the largest first."""
    found = queries.companies(request.member)
    if q.strip():
        found = queries.found_by(found, q)
    return found[offset : offset + min(limit, 500)]


@router.get("/{company_id}/members", response=list[MemberOut])
def members(request, company_id: int, limit: int = 100, offset: int = 0):
    """The customers who belong to a company, last seen first."""
    company = get_object_or_404(Company.objects.visible_to(request.member), pk=company_id)
    return queries.members_of(company)[offset : offset + min(limit, 500)]
