from django.db import models

from . import registry


class ActivityQuerySet(models.QuerySet):
    def visible_to(self, member) -> "ActivityQuerySet":
        found, hidden = self.filter(workspace_id=member.workspace_id), registry.hidden_from(member)
        # By key: a detail that an activity does not have is neither equal nor unequal in SQL.
        return found if hidden is None else found.exclude(pk__in=found.filter(hidden).values("pk"))

    def hidden_from(self, member) -> "ActivityQuerySet":
        """Those of the workspace that would tell the member of what they may not see."""
        hidden = registry.hidden_from(member)
        return self.none() if hidden is None else self.filter(hidden, workspace_id=member.workspace_id)


class Activity(models.Model):
    """One thing done. It outlives the person, the workspace and the subject, so it holds no foreign keys."""

    workspace_id = models.BigIntegerField(null=True)
    name = models.CharField(max_length=80)
    at = models.DateTimeField()
    by_id = models.BigIntegerField(null=True)
    by_name = models.CharField(max_length=200)
    subject_kind = models.CharField(max_length=80)
    subject_id = models.CharField(max_length=64)
    subject_label = models.CharField(max_length=300)
    details = models.JSONField(default=dict)

    objects = ActivityQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "activities"
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["workspace_id", "-at", "-id"]),
            models.Index(fields=["workspace_id", "-id"]),  # what was written last, whatever time it says
            models.Index(fields=["subject_kind", "subject_id"]),
        ]

    def __str__(self):
        return f"{self.name} by {self.by_name}"
