from collections.abc import Iterable
from datetime import datetime

from django.db import IntegrityError, transaction

from wayline.accounts.models import User, Workspace
from wayline.audit import operations as audit
from wayline.journeys.models import Journey, Persona

from . import order
from .refusals import (
    AlreadyDeleted,
    ChoiceUnknown,
    NotDeleted,
    PersonaNameTaken,
    PictureRefused,
    SegmentElsewhere,
    TooMany,
)

LISTS = ("needs", "jobs", "behaviors", "quotes", "channels")
MOST_LINES, LONGEST_LINE = 40, 400


def create_persona(workspace: Workspace, *, name: str, by: User | None, now: datetime, **said) -> Persona:
    """Write down whom journeys are drawn for."""
    fields = _checked(workspace, {"name": name, **said})
    try:
        with transaction.atomic():
            persona = Persona.objects.create(
                workspace=workspace, created_at=now, created_by=by, changed_at=now, **fields
            )
            audit.record("persona.created", subject=persona, by=by, at=now)
    except IntegrityError as error:
        raise _taken(fields["name"]) from error
    return persona


def describe_persona(persona: Persona, *, by: User | None, now: datetime, **changes) -> None:
    """Change what is known of the persona, or the segment it is bound to."""
    fields = _checked(persona.workspace, changes)
    before = {name: getattr(persona, name) for name in fields}
    try:
        with transaction.atomic():
            order.change_kept(persona, noun="persona", changed_at=now, **fields)
            changed = {
                name: [str(old), str(fields[name])] for name, old in before.items() if old != fields[name]
            }
            audit.record("persona.described", subject=persona, by=by, at=now, changed=changed)
    except IntegrityError as error:
        raise _taken(fields["name"]) from error


@transaction.atomic
def set_persona_journeys(
    persona: Persona, *, journeys: Iterable[Journey], by: User | None, now: datetime
) -> None:
    """Say which journeys are the persona's."""
    chosen = [journey for journey in journeys if journey.workspace_id == persona.workspace_id]
    order.change_kept(persona, noun="persona", changed_at=now)
    persona.journeys.set(chosen)
    audit.record(
        "persona.journeys_set", subject=persona, by=by, at=now, journeys=[each.pk for each in chosen]
    )


@transaction.atomic
def delete_persona(persona: Persona, *, by: User, now: datetime) -> None:
    """Take the persona away; journeys stay, and it can be restored."""
    if not Persona.objects.kept().filter(pk=persona.pk).update(deleted_at=now):
        raise AlreadyDeleted("This persona is already deleted.")
    persona.deleted_at = now
    audit.record("persona.deleted", subject=persona, by=by, at=now)


def restore_persona(persona: Persona, *, by: User, now: datetime) -> None:
    """Bring a deleted persona back."""
    try:
        with transaction.atomic():
            gone = Persona.objects.filter(pk=persona.pk).exclude(deleted_at=None)
            if not gone.update(deleted_at=None):
                raise NotDeleted("This persona is not deleted; there is nothing to undo.")
            persona.deleted_at = None
            audit.record("persona.restored", subject=persona, by=by, at=now)
    except IntegrityError as error:
        raise _taken(persona.name) from error


def _taken(name: str) -> PersonaNameTaken:
    return PersonaNameTaken(f"There is a persona called “{name}” already. Choose another name.")


def _checked(workspace: Workspace, fields: dict) -> dict:
    if "name" in fields:
        fields["name"] = order.worded(fields["name"], noun="persona", longest=120)
    for name in LISTS:
        if name in fields:
            lines = [" ".join(line.split()) for line in fields[name]]
            fields[name] = [line for line in lines if line]
            if len(fields[name]) > MOST_LINES or any(len(line) > LONGEST_LINE for line in fields[name]):
                raise TooMany(
                    f"Write at most {MOST_LINES} {name} of at most {LONGEST_LINE} characters, one a line."
                )
    for name in ("summary", "evidence_note"):
        if name in fields:
            fields[name] = " ".join((fields[name] or "").split())[:300]
    if "evidence" in fields and fields["evidence"] not in Persona.Evidence.values:
        raise ChoiceUnknown(f"Evidence must be one of: {', '.join(Persona.Evidence.values)}.")
    if "picture_alt" in fields:
        fields["picture_alt"] = " ".join((fields["picture_alt"] or "").split())[:200]
    picture = fields.get("picture")
    if picture is not None and picture.workspace_id != workspace.pk:
        raise PictureRefused("That picture is not in this workspace. Upload it here first.")
    segment = fields.get("segment")
    if segment is not None and segment.workspace_id != workspace.pk:
        raise SegmentElsewhere("That segment is not in this workspace. Choose one of its segments.")
    return fields
