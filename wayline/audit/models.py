from django.db import models


class ActivityQuerySet(models.QuerySet):
    def visible_to(self, member) -> "ActivityQuerySet":
        return self.filter(workspace_id=member.workspace_id)


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
            models.Index(fields=["subject_kind", "subject_id"]),
        ]

    def __str__(self):
        return f"{self.name} by {self.by_name}"
