from django.db import models

from wayline.accounts.models import Membership, User

from .seats import open_to
from .versions import Review


class DriftAlarmQuerySet(models.QuerySet):
    def visible_to(self, member: Membership) -> "DriftAlarmQuerySet":
        return self.filter(
            open_to(member, "review__journey__"), review__journey__deleted_at=None
        ).select_related("review__journey__workspace")

    def unread(self) -> "DriftAlarmQuerySet":
        return self.filter(read_at=None)


class DriftAlarm(models.Model):
    """The owner was told that customers have left the mapped path: once for each review."""

    review = models.OneToOneField(Review, models.CASCADE, related_name="alarm")
    user = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")  # whom it was told to
    found = models.JSONField(default=list)  # [{"label": …, "before": …, "since": …, "low": …, "high": …}]
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)

    objects = DriftAlarmQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self):
        return f"Drift on {self.review.journey}"

    @property
    def workspace_id(self) -> int:
        return self.review.journey.workspace_id
