"""Who may see and change one journey, beyond the roles of the workspace."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from wayline.accounts.models import Membership, User
from wayline.audit import operations as audit
from wayline.journeys import announcing
from wayline.journeys.models import Journey, Seat, Share
from wayline.kit import live

from . import order
from .refusals import OwnerNotHere


@transaction.atomic
def restrict_journey(journey: Journey, *, people: Mapping[int, bool], by: User | None, now: datetime) -> None:
    """Let only these people see the journey, and those marked True change it; owners always may.

    Whoever restricts it keeps the right to change it. Links for people without an account end.
    """
    order.check_right(journey, by)
    given = dict(people) | ({by.pk: True} if by else {})
    members = Membership.objects.filter(workspace=journey.workspace_id, user__in=given)
    if members.count() != len(given):
        raise OwnerNotHere("Only members of this workspace can be let in. Invite the others first.")
    order.change_kept(journey, noun="journey", is_restricted=True)
    Seat.objects.filter(journey=journey).delete()
    Seat.objects.bulk_create(Seat(journey=journey, user_id=pk, may_edit=edit) for pk, edit in given.items())
    ended = Share.objects.filter(journey=journey, revoked_at=None).update(revoked_at=now)
    # Nothing to draw: it wakes the streams, and those who may no longer read are closed.
    live.announce(announcing.topic(journey.pk), {"access": True}, now=now)
    audit.record("journey.restricted", subject=journey, by=by, at=now, people=len(given), links_ended=ended)


@transaction.atomic
def open_journey(journey: Journey, *, by: User | None, now: datetime) -> None:
    """Let everybody of the workspace see it again, and change it as far as their role goes."""
    order.check_right(journey, by)
    order.change_kept(journey, noun="journey", is_restricted=False)
    Seat.objects.filter(journey=journey).delete()
    live.announce(announcing.topic(journey.pk), {"access": True}, now=now)
    audit.record("journey.opened", subject=journey, by=by, at=now)
