"""Deciding which steps are moments that matter, and listing what must change there."""

from datetime import datetime

from django.db import transaction

from wayline.accounts.models import Membership, User
from wayline.audit import operations as audit
from wayline.journeys.models import MomentChange, MomentChoice, Step

from . import order
from .refusals import (
    AlreadyDecided,
    AlreadyDeleted,
    ChoiceUnknown,
    CostOutOfRange,
    NotDeleted,
    OwnerNotHere,
    ReasonMissing,
)
from .steps import mark_step

MOST_COST = 10**12
FIELDS = ("kind", "what", "owner", "cost", "status", "due_on")


@transaction.atomic
def accept_moment(
    step: Step, *, reason: str, by: User | None, now: datetime, evidence: dict | None = None
) -> MomentChoice:
    """Flag the step as a moment that matters, with the reason and what the numbers said."""
    reason = _said(reason)
    mark_step(step, is_moment=True, by=by, now=now)
    choice = _decided(step, MomentChoice.Kind.ACCEPTED, reason, evidence, by, now)
    audit.record("moment.accepted", subject=step, by=by, at=now, reason=reason)
    return choice


@transaction.atomic
def dismiss_moment(
    step: Step, *, reason: str, by: User | None, now: datetime, evidence: dict | None = None
) -> MomentChoice:
    """Say why the step is no moment that matters although the numbers propose it."""
    reason = _said(reason)
    order.touch(step.phase.journey, by=by, now=now)
    choice = _decided(step, MomentChoice.Kind.DISMISSED, reason, evidence, by, now)
    audit.record("moment.dismissed", subject=step, by=by, at=now, reason=reason)
    return choice


@transaction.atomic
def reconsider_moment(choice: MomentChoice, *, by: User | None, now: datetime) -> None:
    """Take a decision about a moment back; one that was accepted loses its flag."""
    if not MomentChoice.objects.standing().filter(pk=choice.pk).update(withdrawn_at=now):
        raise AlreadyDecided("This decision was taken back already.")
    order.check_right(choice.step.phase.journey, by)
    choice.withdrawn_at = now
    if choice.kind == MomentChoice.Kind.ACCEPTED and choice.step.is_moment:
        mark_step(choice.step, is_moment=False, by=by, now=now)
    audit.record("moment.reconsidered", subject=choice.step, by=by, at=now, kind=choice.kind)


@transaction.atomic
def add_change(step: Step, *, kind: str, what: str, by: User | None, now: datetime, **more) -> MomentChange:
    """List something that must become different behind this step."""
    order.touch(step.phase.journey, by=by, now=now)
    fields = _checked(step.workspace_id, {"kind": kind, "what": what} | more)
    change = MomentChange.objects.create(step=step, created_at=now, created_by=by, changed_at=now, **fields)
    audit.record("moment_change.added", subject=change, by=by, at=now, step=step.title, kind=kind)
    return change


@transaction.atomic
def describe_change(change: MomentChange, *, by: User | None, now: datetime, **changes) -> None:
    """Say otherwise what must change, whose it is, what it costs, how far it is or when it is due."""
    order.check_right(change.step.phase.journey, by)
    fields = _checked(change.workspace_id, changes)
    before = {name: str(getattr(change, name)) for name in fields}
    order.change_kept(change, noun="change", changed_at=now, **fields)
    changed = {name: [was, str(fields[name])] for name, was in before.items() if was != str(fields[name])}
    audit.record("moment_change.described", subject=change, by=by, at=now, changed=changed)


@transaction.atomic
def delete_change(change: MomentChange, *, by: User | None, now: datetime) -> None:
    """Take a change off the list. It can be restored."""
    order.check_right(change.step.phase.journey, by)
    if not MomentChange.objects.kept().filter(pk=change.pk).update(deleted_at=now):
        raise AlreadyDeleted("This change is off the list already.")
    change.deleted_at = now
    audit.record("moment_change.deleted", subject=change, by=by, at=now)


@transaction.atomic
def restore_change(change: MomentChange, *, by: User | None, now: datetime) -> None:
    """Bring a change back onto the list."""
    order.check_right(change.step.phase.journey, by)
    if not MomentChange.objects.filter(pk=change.pk).exclude(deleted_at=None).update(deleted_at=None):
        raise NotDeleted("This change is on the list; there is nothing to undo.")
    change.deleted_at = None
    audit.record("moment_change.restored", subject=change, by=by, at=now)


def _said(reason: str) -> str:
    reason = " ".join((reason or "").split())
    if not reason:
        raise ReasonMissing("Say why in a sentence, for those who read this later.")
    return order.limited(reason, name="reason", longest=300)


def _decided(step: Step, kind, reason: str, evidence: dict | None, by, now) -> MomentChoice:
    MomentChoice.objects.standing().filter(step=step).update(withdrawn_at=now)
    return MomentChoice.objects.create(
        step=step, kind=kind, reason=reason, evidence=evidence or {}, at=now, by=by
    )


def _checked(workspace_id: int, fields: dict) -> dict:
    unknown = set(fields) - set(FIELDS)
    if unknown:
        raise ChoiceUnknown(f"A change has no {', '.join(sorted(unknown))}.")
    if "what" in fields:
        fields["what"] = order.worded(fields["what"], noun="change", longest=300)
    for name, choices in (("kind", MomentChange.Kind), ("status", MomentChange.Status)):
        if name in fields and fields[name] not in choices.values:
            raise ChoiceUnknown(f"Choose the {name} of the change: {', '.join(choices.values)}.")
    owner = fields.get("owner")
    if owner and not Membership.objects.filter(workspace=workspace_id, user=owner).exists():
        raise OwnerNotHere(f"{owner} is not a member of this workspace. Choose a member as owner.")
    cost = fields.get("cost")
    if cost is not None and not 0 <= cost <= MOST_COST:
        raise CostOutOfRange(f"Write the cost as a whole number from 0 to {MOST_COST:,}, or leave it empty.")
    return fields
