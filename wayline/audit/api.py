from datetime import datetime

from ninja import Query, Router, Schema
from pydantic import Field

from . import queries

router = Router(tags=["audit"])


class ActivityOut(Schema):
    id: int
    name: str
    at: datetime
    by_id: int | None
    by_name: str
    subject_kind: str
    subject_id: str
    subject_label: str
    details: dict


class ActivitiesOut(Schema):
    items: list[ActivityOut]
    cursor: int | None = Field(description="Send as `before` for the next items; null at the end.")


class ActivitiesIn(Schema):
    by: int | None = None
    name: str = ""
    subject: str = ""
    before: int | None = None
    limit: int = Field(50, ge=1, le=500)


@router.get("/activities", response=ActivitiesOut)
def activities(request, asked: Query[ActivitiesIn]):
    """What people and rules did in the workspace, latest first."""
    filters = queries.Filters(by=asked.by, name=asked.name, subject=asked.subject)
    found = queries.activities(request.member, filters).order_by("-id")
    if asked.before:
        found = found.filter(pk__lt=asked.before)
    items = list(found[: asked.limit])
    return {"items": items, "cursor": items[-1].pk if len(items) == asked.limit else None}
