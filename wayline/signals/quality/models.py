from django.db import models
from django.db.models import Q

from wayline.accounts.models import Membership, User, Workspace


class FindingQuerySet(models.QuerySet):
    def visible_to(self, member: Membership) -> "FindingQuerySet":
        return self.filter(workspace=member.workspace_id)

    def standing(self) -> "FindingQuerySet":
        return self.filter(ended_at=None)

    def open(self) -> "FindingQuerySet":
        return self.standing().filter(state=Finding.State.OPEN)


class Finding(models.Model):
    """Something noticed about a name: it stands until it is no longer so."""

    class What(models.TextChoices):
        SILENCE = "silence", "Silence"
        FALL = "fall", "Far fewer"
        JUMP = "jump", "Far more"
        NEW_PROPERTY = "new_property", "New property"
        LOST_PROPERTY = "lost_property", "Lost property"
        NEW_TYPE = "new_type", "Changed type"
        TYPO = "typo", "Misspelling"
        STREAM = "stream", "Nothing arrives"

    class State(models.TextChoices):
        OPEN = "open", "Open"
        ACKNOWLEDGED = "acknowledged", "Acknowledged"
        MUTED = "muted", "Muted"

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    what = models.CharField(max_length=20, choices=What)
    kind = models.CharField(max_length=20, blank=True)
    name = models.CharField(max_length=200, blank=True)
    property_name = models.CharField(max_length=200, blank=True)
    since = models.DateTimeField()
    detail = models.JSONField(default=dict)
    state = models.CharField(max_length=12, choices=State, default=State.OPEN)
    found_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    objects = FindingQuerySet.as_manager()

    class Meta:
        ordering = ["-found_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "what", "kind", "name", "property_name"],
                condition=Q(ended_at=None),
                name="one_standing_finding_of_a_sort",
            )
        ]

    def __str__(self):
        return f"{self.get_what_display()}: {self.name}" if self.name else self.get_what_display()

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN
