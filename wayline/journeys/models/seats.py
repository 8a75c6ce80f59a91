from django.db import models

from wayline.accounts.models import Membership, Role, User

from .kept import KeptQuerySet


def open_to(member: Membership, path: str = "") -> models.Q:
    """Which journeys of the workspace this member may see; `path` leads to the journey from other rows.

    A restricted one is open to those who have a seat at it, and to the owners of the workspace.
    """
    return models.Q(**{f"{path}workspace": member.workspace_id}) & unlocked_for(member, path)


def unlocked_for(member: Membership, path: str = "") -> models.Q:
    """The part of it about restrictions, for rows that are known to be of the member's workspace."""
    if member.may("owner"):
        return models.Q()
    seats = Seat.objects.filter(user=member.user_id)
    return models.Q(**{f"{path}is_restricted": False}) | models.Q(
        **{f"{path}pk__in": seats.values("journey")}
    )


def changeable_by(user: User | None) -> models.Q:
    """Which journeys a person may change, as far as restrictions go: their role is checked before."""
    if user is None:
        return models.Q()
    owned = Membership.objects.filter(user=user, role=Role.OWNER).values("workspace")
    seats = Seat.objects.filter(user=user, may_edit=True).values("journey")
    return models.Q(is_restricted=False) | models.Q(workspace__in=owned) | models.Q(pk__in=seats)


def readers(journey) -> models.QuerySet[Membership]:
    """The members who may see the journey."""
    members = Membership.objects.filter(workspace=journey.workspace_id)
    if not journey.is_restricted:
        return members
    return members.filter(models.Q(role=Role.OWNER) | models.Q(user__in=journey.seats.values("user")))


class OfJourneyQuerySet(KeptQuerySet):
    """Rows of one journey, however deep in it they lie."""

    to_journey = "journey__"
    between: tuple[str, ...] = ()  # what must be there too

    def visible_to(self, member: Membership) -> "OfJourneyQuerySet":
        there = {f"{path}deleted_at": None for path in (*self.between, self.to_journey)}
        return self.kept().filter(open_to(member, self.to_journey), **there)


class SeatQuerySet(models.QuerySet):
    def visible_to(self, member: Membership) -> "SeatQuerySet":
        return self.filter(open_to(member, "journey__"), journey__deleted_at=None)


class Seat(models.Model):
    """One person's right to see a restricted journey, and perhaps to change it."""

    journey = models.ForeignKey("journeys.Journey", models.CASCADE, related_name="seats")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    may_edit = models.BooleanField(default=False)

    objects = SeatQuerySet.as_manager()

    class Meta:
        ordering = ["user__name", "id"]
        constraints = [models.UniqueConstraint(fields=["journey", "user"], name="one_seat_for_each")]

    def __str__(self):
        return f"{self.user} {'may change' if self.may_edit else 'may see'} it"

    @property
    def workspace_id(self) -> int:
        return self.journey.workspace_id
