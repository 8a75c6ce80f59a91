from datetime import datetime

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field

from wayline.accounts.api_auth import needs
from wayline.customers.models import Duplicate

from . import operations, queries

router = Router(tags=["customers"])


class ReasonOut(Schema):
    field: str
    says: str
    weight: float = Field(description="Bits: one more makes it twice as likely that the two are one.")


class DuplicateOut(Schema):
    id: int
    one_id: int
    other_id: int
    probability: float
    weight: float
    reasons: list[ReasonOut]
    state: str
    found_at: datetime


class SearchOut(Schema):
    is_new: bool = Field(description="False when a search waited already.")


@router.get("", response=list[DuplicateOut])
def duplicates(request, limit: int = 100, offset: int = 0):
    """Pairs of customers who are probably one person and wait for a decision, the most probable first."""
    return queries.waiting(request.member)[offset : offset + min(limit, 500)]


@router.post("/search", response=SearchOut)
@needs("contributor")
def search(request):
    """Have the customers compared in the background."""
    return {"is_new": operations.ask(request.workspace, now=timezone.now())}


@router.post("/{duplicate_id}/apart", response=DuplicateOut)
@needs("contributor")
def keep_apart(request, duplicate_id: int):
    """Say that the two are not the same. 409 when somebody has decided already."""
    return _decided(request, duplicate_id, operations.keep_apart)


@router.post("/{duplicate_id}/reconsider", response=DuplicateOut)
@needs("contributor")
def reconsider(request, duplicate_id: int):
    """Take "not the same" back."""
    return _decided(request, duplicate_id, operations.reconsider)


def _decided(request, duplicate_id: int, decide) -> Duplicate:
    found = get_object_or_404(Duplicate.objects.visible_to(request.member), pk=duplicate_id)
    decide(found, by=request.member.user, now=timezone.now())
    found.refresh_from_db()
    return found
