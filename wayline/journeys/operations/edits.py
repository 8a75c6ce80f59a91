"""Changes that can be taken back: every one of them is written down with how it was before."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.db.models import F

from wayline.accounts.models import User
from wayline.audit import operations as audit
from wayline.journeys import announcing
from wayline.journeys.models import (
    Card,
    Edge,
    Edit,
    Handoff,
    Journey,
    Lane,
    PersonaFeeling,
    Phase,
    Placement,
    Step,
    Touchpoint,
)

from . import order
from .refusals import AlreadyDeleted, ChangedMeanwhile, NothingToUndo

ROWS: dict[str, Any] = {
    "card": Card,
    "placement": Placement,
    "lane": Lane,
    "edge": Edge,
    "phase": Phase,
    "step": Step,
    "touchpoint": Touchpoint,
    "feeling": PersonaFeeling,
    "handoff": Handoff,
}
KINDS = {model: kind for kind, model in ROWS.items()}
# Where siblings are numbered one by one, a neighbor's move shifts the others: their places are no conflict.
NUMBERED = {"phase", "step", "touchpoint"}


def write(row: models.Model, *, noun: str, seen: int | None = None, **fields) -> dict:
    """Change a row that is still as the person saw it; answers the change, for the edit that holds it.

    Fields are given by the names of their columns (`step_id`), so that an edit can be kept as JSON.
    """
    before = {name: _plain(getattr(row, name)) for name in fields}
    same = type(row).objects.filter(pk=row.pk)
    if "deleted_at" not in fields:
        same = same.filter(deleted_at=None)
    if seen is not None:
        same = same.filter(version=seen)
    version = _next_version(row)
    if not same.update(**fields, **version):
        raise _overtaken(row, noun)
    for name, value in fields.items():
        setattr(row, name, value)
    for name in version:
        row.__dict__.pop(name, None)  # deferred: who asks for it reads it
    return change_of(row, before=before, after={name: _plain(value) for name, value in fields.items()})


def made(row: models.Model, *, now: datetime) -> dict:
    """The change that brought a row into being. Undone, the row is deleted, and can come back."""
    return change_of(row, before={"deleted_at": now.isoformat()}, after={"deleted_at": None})


def change_of(row: models.Model, *, before: dict, after: dict) -> dict:
    return {"kind": KINDS[type(row)], "id": row.pk, "before": before, "after": after}


def keep(journey: Journey, label: str, changes: list[dict], by: User | None, now: datetime) -> Edit:
    """Keep the edit so that it can be undone, and tell everybody who has the map open."""
    changes = [change for change in changes if change["before"] != change["after"]]
    edit = Edit(journey=journey, by=by, at=now, label=label[:240], changes=changes)
    if changes and by is not None:
        Edit.objects.filter(journey=journey).to_redo(by).update(state=Edit.State.OVERTAKEN)
        edit.save()
    announcing.changed(journey, changes, now=now)
    return edit


def undo(journey: Journey, *, by: User, now: datetime) -> Edit:
    """Take back this person's last change, unless somebody else has built on it since."""
    edit = Edit.objects.filter(journey=journey).to_undo(by).first()
    if edit is None:
        raise NothingToUndo("There is nothing of yours to undo on this map.")
    _settle(edit, "after", "before", "undone", by=by, now=now)
    return edit


def redo(journey: Journey, *, by: User, now: datetime) -> Edit:
    """Do again what this person undid last."""
    edit = Edit.objects.filter(journey=journey).to_redo(by).first()
    if edit is None:
        raise NothingToUndo("There is nothing to do again.")
    _settle(edit, "before", "after", "done", by=by, now=now)
    return edit


def _settle(edit: Edit, was: str, becomes: str, state: str, *, by: User, now: datetime) -> None:
    try:
        with transaction.atomic():
            order.touch(edit.journey, by=by, now=now)
            changes = edit.changes if was == "before" else list(reversed(edit.changes))
            for change in changes:
                _turn(change, change[was], change[becomes])
            if not Edit.objects.filter(pk=edit.pk, state=edit.state).update(state=state):
                raise NothingToUndo("This was undone or done again in another window a moment ago.")
            announcing.changed(edit.journey, edit.changes, now=now)
            name = "map.undone" if state == "undone" else "map.redone"
            audit.record(name, subject=edit.journey, by=by, at=now, label=edit.label)
    except ChangedMeanwhile:
        # Outside the transaction that failed, so that the next press takes the change before this one.
        Edit.objects.filter(pk=edit.pk).update(state=Edit.State.OVERTAKEN)
        raise
    edit.state = state


def _turn(change: dict, was: dict, becomes: dict) -> None:
    model = ROWS[change["kind"]]
    row = model.objects.filter(pk=change["id"]).first()
    if row is None or _differs(row, was):
        raise ChangedMeanwhile(
            f"“{row or 'This'}” has been changed since by somebody else. It stays as they left it."
        )
    fields = {name: model._meta.get_field(name).to_python(value) for name, value in becomes.items()}
    place = fields.pop("position", None) if change["kind"] in NUMBERED else None
    model.objects.filter(pk=row.pk).update(**fields, **_next_version(row))
    if place is not None:
        row.refresh_from_db()
        order.place(_siblings(row), row, place)


def _differs(row: models.Model, was: dict) -> bool:
    return any(
        _plain(getattr(row, name)) != value
        and not (name == "deleted_at" and value and row.deleted_at)
        and name != "position"
        for name, value in was.items()
    )


def _siblings(row):
    if isinstance(row, Touchpoint):
        return row.step.touchpoints
    return row.phase.steps if isinstance(row, Step) else row.journey.phases


def _plain(value):
    return value.isoformat() if isinstance(value, datetime) else value


def _next_version(row: models.Model) -> dict:
    return {"version": F("version") + 1} if hasattr(row, "version") else {}


def _overtaken(row: models.Model, noun: str):
    if type(row).objects.filter(pk=row.pk, deleted_at=None).exists():
        return ChangedMeanwhile(
            f"Somebody changed this {noun} a moment ago. It now shows as they left it; change it again."
        )
    return AlreadyDeleted(f"This {noun} has been deleted meanwhile. Undo the deletion to change it.")


def labeled(verb: str, row: object, rest: str = "") -> str:
    """“Moved “A slot too late” to step 3”: what the toast and the history say."""
    title = str(row)
    short = title if len(title) <= 40 else f"{title[:39].rstrip()}…"
    return f"{verb} “{short}”{' ' + rest if rest else ''}"


def cells_of(placements: Iterable[Placement]) -> set[tuple[str, int]]:
    return {(placement.lane, placement.step_id) for placement in placements}
