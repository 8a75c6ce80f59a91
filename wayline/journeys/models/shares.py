from datetime import datetime

from django.db import models

from wayline.accounts.models import Membership, User

from .journeys import Journey
from .seats import open_to


class ShareQuerySet(models.QuerySet):
    def visible_to(self, member: Membership) -> "ShareQuerySet":
        return self.filter(open_to(member, "journey__"), journey__deleted_at=None)

    def usable(self, now: datetime) -> "ShareQuerySet":
        return self.filter(revoked_at=None, journey__deleted_at=None).filter(
            models.Q(expires_at=None) | models.Q(expires_at__gt=now)
        )


class Share(models.Model):
    """A link by which people without an account read one map. The link is signed, not stored."""

    journey = models.ForeignKey(Journey, models.CASCADE, related_name="shares")
    name = models.CharField(max_length=120, blank=True)  # for whom: “Board, November”
    nonce = models.CharField(max_length=24, unique=True)
    password = models.CharField(max_length=128, blank=True)  # hashed
    may_embed = models.BooleanField(default=False)
    shows_numbers = models.BooleanField(default=True)
    expires_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True)
    opened = models.PositiveIntegerField(default=0)
    opened_at = models.DateTimeField(null=True)

    objects = ShareQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self):
        return self.name or str(self.journey)

    @property
    def workspace_id(self) -> int:
        return self.journey.workspace_id
