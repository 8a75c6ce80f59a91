from datetime import datetime
from typing import Any

from django.db import transaction

from wayline.accounts.models import User
from wayline.audit import operations as audit
from wayline.journeys.models import Step, Touchpoint

from . import edits, order
from .refusals import AlreadyDeleted, NotDeleted


@transaction.atomic
def add_touchpoint(step: Step, *, name: str, channel: str = "", by: User, now: datetime) -> Touchpoint:
    """Add the place where the customer meets us at this step."""
    name = order.worded(name, noun="touchpoint", longest=120)
    order.touch(step.phase.journey, by=by, now=now)
    touchpoint = Touchpoint.objects.create(
        step=step, name=name, channel=channel.strip()[:40], position=order.next_position(step.touchpoints)
    )
    _record(touchpoint, "Added", edits.made(touchpoint, now=now), by, now)
    audit.record("touchpoint.added", subject=touchpoint, by=by, at=now, step=step.title)
    return touchpoint


@transaction.atomic
def rename_touchpoint(
    touchpoint: Touchpoint, *, name: str, channel: str | None = None, by: User, now: datetime
) -> None:
    """Give the touchpoint another name or channel."""
    before = touchpoint.name
    fields: dict[str, Any] = {"name": order.worded(name, noun="touchpoint", longest=120)}
    if channel is not None:
        fields["channel"] = channel.strip()[:40]
    order.touch(touchpoint.step.phase.journey, by=by, now=now)
    _record(touchpoint, "Renamed", edits.write(touchpoint, noun="touchpoint", **fields), by, now)
    audit.record("touchpoint.renamed", subject=touchpoint, by=by, at=now, before=before)


@transaction.atomic
def move_touchpoint(touchpoint: Touchpoint, *, places: int, by: User, now: datetime) -> None:
    """Move the touchpoint by so many places within its step."""
    siblings = touchpoint.step.touchpoints
    order.touch(touchpoint.step.phase.journey, by=by, now=now)
    order.change_kept(touchpoint, noun="touchpoint")
    was = order.index_of(siblings, touchpoint)
    position = order.place(siblings, touchpoint, was + places)
    change = edits.change_of(touchpoint, before={"position": was}, after={"position": position})
    _record(touchpoint, "Moved", change, by, now)
    audit.record("touchpoint.moved", subject=touchpoint, by=by, at=now, position=position)


@transaction.atomic
def delete_touchpoint(touchpoint: Touchpoint, *, by: User, now: datetime) -> None:
    """Delete the touchpoint. It can be restored."""
    order.touch(touchpoint.step.phase.journey, by=by, now=now)
    if not Touchpoint.objects.kept().filter(pk=touchpoint.pk).update(deleted_at=now):
        raise AlreadyDeleted("This touchpoint is already deleted.")
    touchpoint.deleted_at = now
    change = edits.change_of(touchpoint, before={"deleted_at": None}, after={"deleted_at": now.isoformat()})
    _record(touchpoint, "Deleted", change, by, now)
    audit.record("touchpoint.deleted", subject=touchpoint, by=by, at=now)


@transaction.atomic
def restore_touchpoint(touchpoint: Touchpoint, *, by: User, now: datetime) -> None:
    """Undo the deletion of the touchpoint."""
    order.touch(touchpoint.step.phase.journey, by=by, now=now)
    if not Touchpoint.objects.filter(pk=touchpoint.pk).exclude(deleted_at=None).update(deleted_at=None):
        raise NotDeleted("This touchpoint is not deleted; there is nothing to undo.")
    was = str(touchpoint.deleted_at)
    touchpoint.deleted_at = None
    change = edits.change_of(touchpoint, before={"deleted_at": was}, after={"deleted_at": None})
    _record(touchpoint, "Restored", change, by, now)
    audit.record("touchpoint.restored", subject=touchpoint, by=by, at=now)


def _record(touchpoint: Touchpoint, verb: str, change: dict, by: User | None, now: datetime) -> None:
    label = edits.labeled(f"{verb} the touchpoint", touchpoint)
    edits.keep(touchpoint.step.phase.journey, label, [change], by=by, now=now)
