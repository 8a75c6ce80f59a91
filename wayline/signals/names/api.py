from datetime import date, datetime

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field

from wayline.accounts.api_auth import needs

from . import operations, queries
from .expected import Expected
from .models import Term

router = Router()


class NameOut(Schema):
    id: int
    kind: str
    name: str
    status: str = Field(description="new, approved or blocked.")
    merged_into_id: int | None = Field(description="The true name that this one is a spelling of.")
    meaning: str
    owner_id: int | None
    expected: list[Expected]
    volume: int
    first_at: datetime | None
    last_at: datetime | None


class TypeShareOut(Schema):
    type: str
    share: float


class PropertyOut(Schema):
    name: str
    count: int
    share: float = Field(description="Of the name's signals in the weeks that are kept.")
    types: list[TypeShareOut]
    first_on: date | None
    last_on: date | None
    complaint: str = Field(description="How it differs from what was expected; empty when it does not.")


class ShareOut(Schema):
    name: str
    count: int
    share: float


class NameSeenOut(NameOut):
    sources: list[ShareOut]
    channels: list[ShareOut]
    properties: list[PropertyOut]


class DescribeIn(Schema):
    meaning: str = Field("", max_length=2_000)
    owner_id: int | None = Field(None, description="A person of the workspace.")
    expected: list[Expected] = []


class MergeIn(Schema):
    into_id: int = Field(description="The true name, of the same kind.")


@router.get("", response=list[NameOut])
def names(request):
    """Every name of the stream with its kind and volume, the loudest first."""
    return list(queries.vocabulary(request.member))


@router.get("/{term_id}", response=NameSeenOut)
def name(request, term_id: int):
    """One name: what people say about it, and what was observed in the last thirteen weeks."""
    term = _term(request, term_id)
    seen = queries.seen(request.member, term)
    properties = [
        {
            "name": each.name,
            "count": each.count,
            "share": each.share,
            "types": [{"type": type_, "share": share} for type_, share in each.types],
            "first_on": each.first_on,
            "last_on": each.last_on,
            "complaint": each.complaint,
        }
        for each in seen.properties
    ]
    observed = {"sources": seen.sources, "channels": seen.channels, "properties": properties}
    return NameOut.from_orm(term).dict() | observed


@router.put("/{term_id}", response=NameOut)
@needs("contributor")
def describe_name(request, term_id: int, body: DescribeIn):
    """Say what a name means, who answers for it, and which properties its signals should have."""
    term = _term(request, term_id)
    owner = get_object_or_404(queries.owners(request.member), pk=body.owner_id) if body.owner_id else None
    operations.describe_name(
        term,
        meaning=body.meaning,
        owner=owner,
        expected=body.expected,
        by=request.member.user,
        now=timezone.now(),
    )
    return term


@router.post("/{term_id}/approve", response=NameOut)
@needs("contributor")
def approve_name(request, term_id: int):
    """Take the name into the agreed vocabulary."""
    return _changed(request, term_id, operations.approve_name)


@router.post("/{term_id}/block", response=NameOut)
@needs("contributor")
def block_name(request, term_id: int):
    """Refuse every later signal of this name; the stored ones stay."""
    return _changed(request, term_id, operations.block_name)


@router.post("/{term_id}/unblock", response=NameOut)
@needs("contributor")
def unblock_name(request, term_id: int):
    """Let signals of this name in again."""
    return _changed(request, term_id, operations.unblock_name)


@router.post("/{term_id}/merge", response=NameOut)
@needs("contributor")
def merge_name(request, term_id: int, body: MergeIn):
    """Make a misspelled name the true one, for the stored signals and for all that come later."""
    term, into = _term(request, term_id), _term(request, body.into_id)
    operations.merge_name(term, into=into, by=request.member.user, now=timezone.now())
    return _term(request, term_id)


@router.post("/{term_id}/part", response=NameOut)
@needs("contributor")
def part_name(request, term_id: int):
    """Undo the merge of a name. Answers 409 when it is a name of its own."""
    return _changed(request, term_id, operations.part_name)


def _changed(request, term_id: int, operation) -> Term:
    term = _term(request, term_id)
    operation(term, by=request.member.user, now=timezone.now())
    return _term(request, term_id)


def _term(request, term_id: int) -> Term:
    return get_object_or_404(queries.vocabulary(request.member), pk=term_id)
