"""Endpoints about versions, reviews and drift."""

from datetime import date, datetime
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router, Schema

from wayline.accounts.api_auth import by, needs
from wayline.journeys import operations
from wayline.journeys.exchange import document, drawing
from wayline.journeys.models import Version
from wayline.journeys.queries import differences, freshness
from wayline.journeys.schemas.journeys import FlowChangeOut

from .find import drawn_journey_of

router = Router()


class VersionOut(Schema):
    id: int
    number: int
    name: str
    kind: str
    note: str
    revision: str
    created_at: datetime
    approved_at: datetime | None


class VersionIn(Schema):
    """`kind` is as_is or to_be."""

    name: str
    kind: str = "as_is"
    note: str = ""


class DifferenceOut(Schema):
    what: str
    where: str
    before: str
    after: str


class VersionDetailOut(VersionOut):
    """With the map itself, the figures measured that day, and what the map says otherwise now."""

    document: dict[str, Any]
    measured: dict[str, Any]
    differences_to_now: list[DifferenceOut]


class ReviewIn(Schema):
    days: int = 90
    note: str = ""


class WatchedOut(Schema):
    label: str
    change: FlowChangeOut
    p_value: float | None
    level: float
    is_alarm: bool

    @staticmethod
    def resolve_change(watched):
        return watched.drift.change

    @staticmethod
    def resolve_p_value(watched) -> float | None:
        return watched.drift.p_value

    @staticmethod
    def resolve_level(watched) -> float:
        return watched.drift.level

    @staticmethod
    def resolve_is_alarm(watched) -> bool:
        return watched.drift.is_alarm


class FreshnessOut(Schema):
    """`state` is never, fresh or due; drift is tested once a whole week since the review is over."""

    state: str
    reviewed_at: datetime | None
    next_on: date | None
    weeks: int
    is_alarm: bool
    watched: list[WatchedOut]

    @staticmethod
    def resolve_reviewed_at(found) -> datetime | None:
        return found.review.at if found.review else None

    @staticmethod
    def resolve_next_on(found) -> date | None:
        return found.review.next_on if found.review else None


def _version(request, version_id: int) -> Version:
    rows = Version.objects.visible_to(request.member).select_related("journey")
    return get_object_or_404(rows, pk=version_id)


@router.get("/{journey_id}/versions", response=list[VersionOut])
def versions(request, journey_id: int):
    """The versions of a map, the latest first."""
    return drawn_journey_of(request, journey_id).versions.all()


@router.post("/{journey_id}/versions", response={201: VersionOut})
@needs("contributor")
def save_version(request, journey_id: int, body: VersionIn):
    """Keep the map as it is drawn now, under a name."""
    return 201, operations.save_version(drawn_journey_of(request, journey_id), **body.dict(), **by(request))


@router.get("/versions/{version_id}", response=VersionDetailOut)
def version(request, version_id: int):
    """A version with its map, and what the map says otherwise now."""
    found = _version(request, version_id)
    now_drawn = drawing.document_of(found.journey)
    found.differences_to_now = differences.differences(document.parsed(found.document), now_drawn)
    return found


@router.post("/versions/{version_id}/put-back", response=VersionOut)
@needs("contributor")
def restore_version(request, version_id: int):
    """Make the map what the version says; answers the version that keeps what it was."""
    return operations.restore_version(_version(request, version_id), **by(request))


@router.post("/versions/{version_id}/approve", response=VersionOut)
@needs("manager")
def approve_version(request, version_id: int):
    """Say that this is how the journey is, or shall be."""
    found = _version(request, version_id)
    operations.approve_version(found, **by(request))
    return found


@router.post("/versions/{version_id}/withdraw-approval", response=VersionOut)
@needs("manager")
def withdraw_approval(request, version_id: int):
    """Take an approval back."""
    found = _version(request, version_id)
    operations.withdraw_approval(found, **by(request))
    return found


@router.get("/{journey_id}/freshness", response=FreshnessOut)
def freshness_of(request, journey_id: int):
    """The last review, when the next is due, and whether customers have left the path since."""
    return freshness.freshness(drawn_journey_of(request, journey_id), now=timezone.now())


@router.post("/{journey_id}/review", response=FreshnessOut)
@needs("contributor")
def review_journey(request, journey_id: int, body: ReviewIn):
    """Say that the map is true today, and in how many days to look again."""
    journey = drawn_journey_of(request, journey_id)
    operations.review_journey(journey, **body.dict(), **by(request))
    return freshness.freshness(journey, now=timezone.now())
