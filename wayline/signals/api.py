from datetime import datetime

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from wayline.accounts.api_auth import needs
from wayline.customers.models import Merge

from . import operations, queries
from .conditions import CustomerCondition
from .debugger.api import router as debugger
from .derived.api import router as rules
from .imports.api import router as imports
from .models import Segment
from .names.api import router as names
from .quality.api import router as quality
from .rights.api import router as rights

router = Router(tags=["signals"])
router.add_router("/imports", imports)
router.add_router("", debugger)
router.add_router("/rules", rules)
router.add_router("/names", names)
router.add_router("/quality", quality)
router.add_router("/rights", rights)


class AccountOut(Schema):
    received: int = Field(description="Every call that was accepted or refused, counted in the journal.")
    stored: int = Field(description="Signals in the stream.")
    facts: int = Field(description="Calls that only told who a customer is; they leave no signal.")
    duplicates: int = Field(description="Signals known already by their ids; they add nothing.")
    refused: int
    waiting: int = Field(description="In the journal, not loaded yet.")
    missing: int = Field(description="What the parts above leave unexplained; zero unless something is lost.")


@router.get("/account", response=AccountOut)
def account(request):
    """What became of everything that was received."""
    return queries.account(request.member)


class RefusedOut(Schema):
    id: int
    source: str
    entry_id: int
    index: int = Field(description="The place in the batch, from zero.")
    reason: str
    excerpt: str
    was_kept: bool = Field(description="The signal counts; only the named part was ignored.")
    at: datetime


class RefusedPage(Schema):
    items: list[RefusedOut]
    cursor: int | None = Field(description="Send as `before` for the next items; null at the end.")


class RefusedIn(Schema):
    before: int | None = None
    limit: int = Field(50, ge=1, le=500)


@router.get("/refused", response=RefusedPage)
def refused(request, asked: Query[RefusedIn]):
    """What could not be used, with the reason, latest first."""
    found = queries.refused(request.member).order_by("-id")
    if asked.before:
        found = found.filter(pk__lt=asked.before)
    items = list(found[: asked.limit])
    return {"items": items, "cursor": items[-1].pk if len(items) == asked.limit else None}


class SegmentIn(Schema):
    name: str = Field(min_length=1, max_length=120)
    condition: CustomerCondition


class SegmentOut(Schema):
    id: int
    name: str
    condition: dict
    created_at: datetime


@router.get("/segments", response=list[SegmentOut])
def segments(request):
    """The saved conditions on customers."""
    return queries.segments(request.member)


@router.post("/segments", response={201: SegmentOut})
@needs("contributor")
def create_segment(request, body: SegmentIn):
    """Save a condition on customers. Answers 409 when the name is taken."""
    return 201, operations.create_segment(
        request.workspace,
        name=body.name,
        condition=body.condition,
        by=request.member.user,
        now=timezone.now(),
    )


@router.get("/segments/{segment_id}", response=SegmentOut)
def segment(request, segment_id: int):
    """One saved condition."""
    return get_object_or_404(Segment.objects.visible_to(request.member), pk=segment_id)


@router.put("/segments/{segment_id}", response=SegmentOut)
@needs("contributor")
def change_segment(request, segment_id: int, body: SegmentIn):
    """Give the segment another name or condition."""
    found = get_object_or_404(Segment.objects.visible_to(request.member), pk=segment_id)
    operations.change_segment(
        found, name=body.name, condition=body.condition, by=request.member.user, now=timezone.now()
    )
    return found


@router.delete("/segments/{segment_id}", response={204: None})
@needs("contributor")
def delete_segment(request, segment_id: int):
    """Delete the segment; nothing happens to its customers."""
    found = get_object_or_404(Segment.objects.visible_to(request.member), pk=segment_id)
    operations.delete_segment(found, by=request.member.user, now=timezone.now())
    return 204, None


@router.post("/merges/{merge_id}/undo", response={204: None})
@needs("contributor")
def undo_merge(request, merge_id: int):
    """Part two customers that were joined. Answers 409 when they are apart already."""
    found = get_object_or_404(Merge.objects.visible_to(request.member), pk=merge_id)
    operations.undo_merge(found, by=request.member.user, now=timezone.now())
    return 204, None
