import uuid
from pathlib import Path

from django.conf import settings
from django.db import models

from wayline.accounts.models import InWorkspace, User, Workspace
from wayline.kit.tasks.asked import Asked, State


class Erasure(models.Model):
    """The removal of one person, and its certificate. It says where how much was, never who it was."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    customer_number = models.BigIntegerField()  # no foreign key: it outlives the customer
    reason = models.CharField(max_length=300)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    planned = models.JSONField(default=dict)  # place: how much was shown before the confirmation
    removed = models.JSONField(default=dict)  # place: how much was removed
    left = models.JSONField(default=dict)  # place: how much a second search found; empty when nothing
    notes = models.JSONField(default=list)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    finished_at = models.DateTimeField(null=True)

    objects = InWorkspace.as_manager()

    class Meta:
        ordering = ["-asked_at", "-id"]

    def __str__(self):
        return f"Erasure of customer {self.customer_number}"

    @property
    def total_removed(self) -> int:
        return sum(self.removed.values())


class Tombstone(models.Model):
    """One value of somebody erased, as a keyed hash: it recognises, and cannot be read."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    erasure = models.ForeignKey(Erasure, models.CASCADE, related_name="tombstones")
    digest = models.CharField(max_length=64)
    hashed_for = models.BigIntegerField(null=True)  # the workspace it came from, when that was another one
    at = models.DateTimeField()

    objects = InWorkspace.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "digest"], name="one_tombstone_per_value")
        ]

    def __str__(self):
        return self.digest[:12]


class AccessExport(Asked):
    """Everything kept about one person, as files to hand over. They are deleted after some days."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="+")
    percent = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)
    asked_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    expires_at = models.DateTimeField(null=True)

    objects = InWorkspace.as_manager()

    def __str__(self):
        return f"Access export {self.pk}"

    @property
    def path(self) -> Path:
        return Path(settings.MEDIA_ROOT) / self.folder


class RetentionRule(models.Model):
    """For how many days signals of one kind are kept; a blank kind speaks of all without one."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20, blank=True)
    days = models.PositiveIntegerField()
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    objects = InWorkspace.as_manager()

    class Meta:
        ordering = ["kind"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "kind"], name="one_retention_rule_per_kind")
        ]

    def __str__(self):
        return f"{self.kind or 'everything else'}: {self.days} days"


class MaskRule(models.Model):
    """What kind of personal data is masked on the way in, in texts and properties."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    finding = models.CharField(max_length=20)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    objects = InWorkspace.as_manager()

    class Meta:
        ordering = ["finding"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "finding"], name="one_mask_rule_per_finding")
        ]

    def __str__(self):
        return self.finding


class FoundReport(models.Model):
    """Where personal data was found in the signals there are: how often, in which property, of which name."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    rows = models.JSONField(default=list)  # [finding, kind, name, place, signals]
    searched = models.BigIntegerField(default=0)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    finished_at = models.DateTimeField(null=True)

    objects = InWorkspace.as_manager()

    class Meta:
        ordering = ["-asked_at", "-id"]

    def __str__(self):
        return f"Search of {self.asked_at:%d %b %Y}"
