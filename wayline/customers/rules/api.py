from datetime import datetime
from typing import Literal

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field

from wayline.accounts.api_auth import needs
from wayline.customers.models import BlockedValue
from wayline.customers.trust.api import router as trust

from . import operations, queries

router = Router(tags=["customers"])
router.add_router("", trust)


class RefusedMergeOut(Schema):
    id: int
    one_id: int
    other_id: int
    reason: str
    source: str
    times: int = Field(description="How often a call named the two together.")
    first_at: datetime
    last_at: datetime


class BlockedOut(Schema):
    id: int
    kind: str
    value: str
    why: str
    at: datetime


class BlockIn(Schema):
    kind: Literal["external_id", "email", "phone", "anonymous_id"]
    value: str = Field(max_length=320)
    why: str = Field("", max_length=200)


class LimitsOut(Schema):
    most_identities: int
    most_external_ids: int


class LimitsIn(Schema):
    most_identities: int = Field(ge=2, le=10_000)
    most_external_ids: int = Field(ge=1, le=1_000)


@router.get("/refused-merges", response=list[RefusedMergeOut])
def refused_merges(request, limit: int = 100, offset: int = 0):
    """Pairs that one call named together and a rule kept apart, with the reason, the latest first."""
    return queries.refused_merges(request.member)[offset : offset + min(limit, 500)]


@router.get("/blocked-values", response=list[BlockedOut])
def blocked_values(request):
    """The values by which nobody is recognised in this workspace."""
    return queries.blocked(request.member)


@router.post("/blocked-values", response=BlockedOut)
@needs("manager")
def block_value(request, asked: BlockIn):
    """Let nobody be recognised by a value any more. 409 when it is blocked already."""
    return operations.block_value(
        request.workspace, **asked.dict(), by=request.member.user, now=timezone.now()
    )


@router.post("/blocked-values/{blocked_id}/allow", response={204: None})
@needs("manager")
def unblock_value(request, blocked_id: int):
    """Let a value recognise customers again."""
    blocked = get_object_or_404(BlockedValue.objects.visible_to(request.member), pk=blocked_id)
    operations.unblock_value(blocked, by=request.member.user, now=timezone.now())
    return 204, None


@router.get("/limits", response=LimitsOut)
def limits(request):
    """How large one customer may grow."""
    return queries.rules_of(request.workspace)


@router.post("/limits", response=LimitsOut)
@needs("manager")
def set_limits(request, asked: LimitsIn):
    """Change how large one customer may grow, for calls from now on."""
    return operations.set_limits(
        request.workspace, **asked.dict(), by=request.member.user, now=timezone.now()
    )
