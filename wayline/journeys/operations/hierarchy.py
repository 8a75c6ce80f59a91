from datetime import datetime

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Concat, Substr

from wayline.accounts.models import User, Workspace
from wayline.audit import operations as audit
from wayline.journeys.models import Journey, Phase

from . import order
from .refusals import AlreadyDeleted, JourneyInItself, NotAttached, PlaceElsewhere


@transaction.atomic
def attach_journey(
    journey: Journey, *, parent: Journey, phase: Phase | None = None, by: User | None, now: datetime
) -> None:
    """Put the journey into another one, as the detail of one of its phases or of the whole.

    Everything inside it comes along. Refused when the other stands inside this one already.
    """
    _alone(journey.workspace)
    order.check_right(journey, by)
    # Read again behind the lock: somebody may have moved it since the page was drawn.
    journey.refresh_from_db(fields=["lineage", "level", "parent_id", "parent_phase_id"])
    parent = Journey.objects.kept().filter(pk=parent.pk, workspace=journey.workspace_id).first()
    if parent is None:
        raise AlreadyDeleted("That journey is not in this workspace. Choose another one.")
    order.check_right(parent, by)
    if parent.pk == journey.pk or journey.pk in parent.ancestors:
        raise JourneyInItself(
            f"“{parent}” stands inside “{journey}”, so it cannot hold it too. "
            "Take it out first, or choose another journey."
        )
    if phase is not None and (phase.journey_id != parent.pk or phase.deleted_at):
        raise PlaceElsewhere(f"That phase is not one of “{parent}”. Choose one of its phases, or none.")
    before = {"parent": journey.parent_id, "phase": journey.parent_phase_id}
    # Those it leaves; `_place` does the same for those it comes into.
    order.outdate(journey)
    _place(journey, parent, phase, now)
    audit.record(
        "journey.attached",
        subject=journey,
        by=by,
        at=now,
        parent=parent.pk,
        phase=phase.pk if phase else None,
        before=before,
    )


@transaction.atomic
def detach_journey(journey: Journey, *, by: User | None, now: datetime) -> None:
    """Take the journey out of the one it stands in, with everything inside it."""
    _alone(journey.workspace)
    order.check_right(journey, by)
    journey.refresh_from_db(fields=["lineage", "level", "parent_id", "parent_phase_id"])
    if journey.parent_id is None:
        raise NotAttached("This journey stands in no other.")
    before = {"parent": journey.parent_id, "phase": journey.parent_phase_id}
    order.outdate(journey)
    _place(journey, None, None, now)
    audit.record("journey.detached", subject=journey, by=by, at=now, before=before)


def _alone(workspace: Workspace) -> None:
    """Two people placing journeys at once could close a circle that neither of them sees."""
    Workspace.objects.select_for_update().get(pk=workspace.pk)


def _place(journey: Journey, parent: Journey | None, phase: Phase | None, now: datetime) -> None:
    inside, old_level = journey.lineage_inside, journey.level
    lineage, level = (parent.lineage_inside, parent.level + 1) if parent else ("/", 0)
    order.change_kept(
        journey,
        noun="journey",
        parent=parent,
        parent_phase=phase,
        lineage=lineage,
        level=level,
        changed_at=now,
    )
    Journey.objects.filter(lineage__startswith=inside).update(
        lineage=Concat(Value(journey.lineage_inside), Substr("lineage", len(inside) + 1)),
        level=F("level") + (level - old_level),
    )
    order.outdate(journey)
