from django.db import models
from django.urls import reverse

from wayline.accounts.models import Membership, User

from .journeys import Journey
from .seats import open_to


class VersionQuerySet(models.QuerySet):
    def visible_to(self, member: Membership) -> "VersionQuerySet":
        return self.filter(open_to(member, "journey__"), journey__deleted_at=None)


class Version(models.Model):
    """A map as it was, or as it shall be, under a name. It never changes; its approval does."""

    class Kind(models.TextChoices):
        AS_IS = "as_is", "As it is"
        TO_BE = "to_be", "As it shall be"

    journey = models.ForeignKey(Journey, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.AS_IS)
    note = models.CharField(max_length=500, blank=True)
    document = models.JSONField()  # exchange.document.Document
    revision = models.CharField(max_length=16)
    measured = models.JSONField(default=dict)  # figures with n and interval when it was kept, see measured.py
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    approved_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    objects = VersionQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["journey", "number"], name="one_version_per_number")]

    def __str__(self):
        return f"{self.number}. {self.name}"

    def get_absolute_url(self) -> str:
        return reverse("journeys:version", args=[self.journey.workspace.slug, self.pk])

    @property
    def workspace_id(self) -> int:
        return self.journey.workspace_id


class ReviewQuerySet(models.QuerySet):
    def visible_to(self, member: Membership) -> "ReviewQuerySet":
        return self.filter(open_to(member, "journey__"), journey__deleted_at=None)


class Review(models.Model):
    """Somebody looked whether the map is still true. Drift is held against what customers did before."""

    journey = models.ForeignKey(Journey, models.CASCADE, related_name="reviews")
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    note = models.CharField(max_length=500, blank=True)
    next_on = models.DateField()

    objects = ReviewQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self):
        return f"Review of {self.journey} on {self.at:%d %b %Y}"

    @property
    def workspace_id(self) -> int:
        return self.journey.workspace_id
