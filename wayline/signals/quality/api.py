from datetime import datetime
from typing import Literal

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from wayline.accounts.api_auth import needs

from . import operations, queries
from .models import Finding

router = Router()


class FindingOut(Schema):
    id: int
    what: str
    kind: str
    name: str
    property_name: str
    since: datetime
    sentence: str = Field(description="What was noticed, with how much.")
    advice: str
    detail: dict
    state: str
    found_at: datetime
    ended_at: datetime | None


class AskedIn(Schema):
    view: Literal["open", "acknowledged", "muted", "ended"] = "open"
    limit: int = Field(100, ge=1, le=500)


@router.get("", response=list[FindingOut])
def findings(request, asked: Query[AskedIn]):
    """What may be wrong with the signals that come in, the latest first."""
    return _out(request, list(queries.findings(request.member, asked.view)[: asked.limit]))


@router.post("/{finding_id}/acknowledge", response=FindingOut)
@needs("contributor")
def acknowledge_finding(request, finding_id: int):
    """Say that somebody deals with it. Answers 409 when it has ended."""
    return _decided(request, finding_id, operations.acknowledge_finding)


@router.post("/{finding_id}/mute", response=FindingOut)
@needs("contributor")
def mute_finding(request, finding_id: int):
    """Never be told of this again."""
    return _decided(request, finding_id, operations.mute_finding)


@router.post("/{finding_id}/reopen", response=FindingOut)
@needs("contributor")
def reopen_finding(request, finding_id: int):
    """Undo an acknowledgment or a muting."""
    return _decided(request, finding_id, operations.reopen_finding)


def _decided(request, finding_id: int, operation) -> dict:
    finding = get_object_or_404(Finding.objects.visible_to(request.member), pk=finding_id)
    operation(finding, by=request.member.user, now=timezone.now())
    return _out(request, [finding])[0]


def _out(request, found: list[Finding]) -> list[dict]:
    columns = (
        "id",
        "what",
        "kind",
        "name",
        "property_name",
        "since",
        "detail",
        "state",
        "found_at",
        "ended_at",
    )
    return [
        {name: getattr(each.finding, name) for name in columns}
        | {"sentence": each.sentence, "advice": each.advice}
        for each in queries.shown(request.member, found)
    ]
