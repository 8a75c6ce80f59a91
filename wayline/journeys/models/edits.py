from django.db import models

from wayline.accounts.models import Membership, User

from .journeys import Journey
from .seats import open_to


class EditQuerySet(models.QuerySet):
    def visible_to(self, member: Membership) -> "EditQuerySet":
        return self.filter(open_to(member, "journey__"))

    def to_undo(self, user: User) -> "EditQuerySet":
        return self.filter(by=user, state=Edit.State.DONE).order_by("-pk")

    def to_redo(self, user: User) -> "EditQuerySet":
        return self.filter(by=user, state=Edit.State.UNDONE).order_by("pk")


class Edit(models.Model):
    """One reversible change of a map: which rows, how they were before, and how it left them."""

    class State(models.TextChoices):
        DONE = "done", "Done"
        UNDONE = "undone", "Undone"
        OVERTAKEN = "overtaken", "Overtaken"  # by somebody else's change, or by a new one after undoing

    journey = models.ForeignKey(Journey, models.CASCADE, related_name="edits")
    by = models.ForeignKey(User, models.CASCADE, null=True, related_name="+")
    at = models.DateTimeField()
    label = models.CharField(max_length=240)  # what the toast says: “Moved “Late slot” to step 3”
    changes = models.JSONField()  # [{"kind": "placement", "id": 7, "before": {…}, "after": {…}}]
    state = models.CharField(max_length=10, choices=State, default=State.DONE)

    objects = EditQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["journey", "by", "state"])]

    def __str__(self):
        return self.label

    @property
    def workspace_id(self) -> int:
        return self.journey.workspace_id
