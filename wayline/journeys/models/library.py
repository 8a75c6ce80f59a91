from django.db import models
from django.urls import reverse

from wayline.accounts.models import Membership, User, Workspace

from .journeys import Journey
from .seats import open_to


class StandingQuerySet(models.QuerySet):
    def visible_to(self, member: Membership) -> "StandingQuerySet":
        return self.filter(open_to(member, "journey__"), journey__deleted_at=None)


class Standing(models.Model):
    """How a journey goes, as it was last worked out; can be thrown away and worked out again.

    The library sorts and shows ten thousand journeys by these rows without asking the warehouse.
    """

    journey = models.OneToOneField(Journey, models.CASCADE, related_name="standing")
    of_change = models.DateTimeField()  # the journey's changed_at when this was worked out
    until = models.DateTimeField()  # the end of the period it speaks of
    steps = models.PositiveIntegerField(default=0)
    bound = models.PositiveIntegerField(default=0)
    share = models.FloatField(null=True)  # the conversion's value, to sort by
    numbers = models.JSONField(default=dict)
    together = models.JSONField(null=True)  # rolled up from everything inside; None where nothing is
    is_outdated = models.BooleanField(default=False)

    objects = StandingQuerySet.as_manager()

    def __str__(self):
        return f"Standing of {self.journey}"

    @property
    def workspace_id(self) -> int:
        return self.journey.workspace_id


class OfWorkspace(models.QuerySet):
    def visible_to(self, member: Membership) -> "OfWorkspace":
        return self.filter(workspace=member.workspace_id)


class SavedViewQuerySet(OfWorkspace):
    def visible_to(self, member: Membership) -> "SavedViewQuerySet":
        """The member's own views, and those shared with everybody."""
        own = models.Q(created_by=member.user_id) | models.Q(is_shared=True)
        return self.filter(own, workspace=member.workspace_id)


class SavedView(models.Model):
    """A way of looking at the library, under a name."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    name = models.CharField(max_length=80)
    query = models.CharField(max_length=500, blank=True)
    is_shared = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.CASCADE, related_name="+")

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "created_by", "name"], name="one_view_per_name_and_person"
            )
        ]

    def __str__(self):
        return self.name

    @property
    def address(self) -> str:
        return f"{reverse('journeys:library', args=[self.workspace.slug])}?{self.query}"


class BulkChange(models.Model):
    """One change of many journeys, with what stood there before, so that it can be undone."""

    class Act(models.TextChoices):
        OWNER = "owner", "Set the owner"
        STATUS = "status", "Set the status"
        TAG = "tag", "Add a tag"
        UNTAG = "untag", "Take a tag away"
        ARCHIVE = "archive", "Archive"
        UNARCHIVE = "unarchive", "Bring back from the archive"

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    act = models.CharField(max_length=10, choices=Act)
    value = models.CharField(max_length=254, blank=True)  # of an owner the e-mail
    before = models.JSONField()  # by the journey's key; only those that really changed
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)

    objects = OfWorkspace.as_manager()

    def __str__(self):
        count = len(self.before)
        return f"{self.said}: {count} journey{'' if count == 1 else 's'}"

    @property
    def said(self) -> str:
        """What was done, with the owner's name."""
        match self.act:
            case self.Act.OWNER:
                owner = User.objects.filter(email__iexact=self.value).first() if self.value else None
                return f"Owner is now {owner or self.value or 'nobody'}"
            case self.Act.STATUS:
                return f"Status is now “{Journey.Status(self.value).label}”"
            case self.Act.TAG:
                return f"Tag “{self.value}” added"
            case self.Act.UNTAG:
                return f"Tag “{self.value}” taken away"
            case self.Act.ARCHIVE:
                return "Moved to the archive"
        return "Back from the archive"
