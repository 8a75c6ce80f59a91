from datetime import datetime
from typing import Literal

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from wayline.accounts.api_auth import needs
from wayline.signals.models import RefusedSignal

from . import lines, queries, replay

router = Router()


class ArrivalOut(Schema):
    entry: int
    place: int
    received_at: datetime
    source: str
    outcome: str = Field(description="accepted, refused, duplicate, fact or waiting.")
    kind: str
    name: str
    customer: str
    at: datetime | None
    reason: str
    is_late: bool = Field(description="It arrived more than a day after it happened.")
    is_unknown: bool = Field(description="Nobody has decided on its name.")
    refusal: int | None = Field(description="The number to replay it by.")


class ArrivalsOut(Schema):
    items: list[ArrivalOut]
    newest: int = Field(description="Send as `until` to stop the clock.")
    is_all: bool = Field(description="Whether everything in the journal was looked at.")


class ArrivalsIn(Schema):
    name: str = ""
    source: str = ""
    kind: str = ""
    customer: str = ""
    outcome: Literal["", "accepted", "refused", "duplicate", "fact", "waiting", "late", "unknown"] = ""
    until: int | None = None
    limit: int = Field(200, ge=1, le=1_000)


@router.get("/arrivals", response=ArrivalsOut)
def arrivals(request, asked: Query[ArrivalsIn]):
    """The latest signals as they arrived, with what became of each, the newest first."""
    sought = lines.Sought(**asked.dict(exclude={"limit"}))
    seen = lines.look(request.member, sought, shown=asked.limit)
    return {"items": seen.lines, "newest": seen.newest, "is_all": seen.is_all}


class ReplayIn(Schema):
    reason: str = Field("", description="Replay everything that was refused for this very reason.")
    ids: list[int] = Field([], max_length=5_000, description="Or these, by their numbers.")


class ReplayedOut(Schema):
    sent: int
    left: dict[str, int] = Field(description="Why the others were not sent, with how many.")


class CorrectedIn(Schema):
    text: str = Field(max_length=100_000, description="The signal or call as JSON, corrected.")


@router.post("/refused/replay", response=ReplayedOut)
@needs("contributor")
def replay_refused(request, body: ReplayIn):
    """Send refused signals again after a fix, each once."""
    chosen = queries.replayable(request.member, reason=body.reason, ids=body.ids)
    return replay.replay_signals(request.workspace, chosen, by=request.member.user, now=timezone.now())


@router.post("/refused/{refused_id}/correct", response={204: None})
@needs("contributor")
def replay_corrected(request, refused_id: int, body: CorrectedIn):
    """Send one refused signal again as it was corrected. Answers 409 while it is still refused."""
    found = get_object_or_404(RefusedSignal.objects.visible_to(request.member), pk=refused_id)
    replay.replay_corrected(found, text=body.text, by=request.member.user, now=timezone.now())
    return 204, None
