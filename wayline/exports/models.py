from pathlib import Path

from django.conf import settings
from django.db import models

from wayline.accounts.models import InWorkspace, User, Workspace
from wayline.kit.tasks.asked import Asked


class Export(Asked):
    """The whole workspace as one file to take away. It is deleted after some days."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    percent = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)
    size = models.BigIntegerField(default=0)
    asked_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    expires_at = models.DateTimeField(null=True)

    objects = InWorkspace.as_manager()

    def __str__(self):
        return f"Export of {self.asked_at:%-d %b %Y}"

    @property
    def path(self) -> Path:
        return Path(settings.MEDIA_ROOT) / self.folder / "workspace.zip"


class Arrival(Asked):
    """An export put into this workspace. `kept` is what was there before; the rest can be taken away."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    percent = models.PositiveIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True)  # of the manifest: the same export comes once
    kept = models.JSONField(default=dict)
    counts = models.JSONField(default=dict)
    notes = models.JSONField(default=list)
    asked_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    objects = InWorkspace.as_manager()

    def __str__(self):
        return f"Arrival of {self.asked_at:%-d %b %Y}"

    @property
    def path(self) -> Path:
        return Path(settings.MEDIA_ROOT) / self.folder


class Schedule(models.Model):
    """A table that is written again and again, always for the last whole day, week or month."""

    class What(models.TextChoices):
        METRIC = "metric", "Answers of a metric"
        SEGMENT = "segment", "Customers of a segment"
        SIGNALS = "signals", "Signals of a kind or name"
        FEEDBACK = "feedback", "Feedback in customers' words"

    class Every(models.TextChoices):
        DAY = "day", "Every day"
        WEEK = "week", "Every Monday"
        MONTH = "month", "On the first of each month"

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    name = models.CharField(max_length=120)
    what = models.CharField(max_length=10, choices=What)
    said = models.JSONField(default=dict)  # metric and by, or segment, or kinds and names
    every = models.CharField(max_length=10, choices=Every)
    hour = models.PositiveSmallIntegerField(default=6)  # of the workspace's clock
    kept_days = models.PositiveSmallIntegerField(default=30)
    is_clear = models.BooleanField(default=False)  # personal data as it is
    cleared_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")  # who had the right
    tells = models.BooleanField(default=False)  # webhooks hear of each file
    is_paused = models.BooleanField(default=False)
    next_at = models.DateTimeField()
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    deleted_at = models.DateTimeField(null=True)

    objects = InWorkspace.as_manager()

    class Meta:
        ordering = ["name", "id"]

    def __str__(self):
        return self.name


class ScheduledFile(Asked):
    """One run of a schedule, with the file it wrote as long as that is kept."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="files")
    first_on = models.DateField()  # the days it covers, both included, of the workspace's clock
    last_on = models.DateField()
    rows = models.BigIntegerField(default=0)
    size = models.BigIntegerField(default=0)
    is_clear = models.BooleanField(default=False)
    expires_at = models.DateTimeField(null=True)

    objects = InWorkspace.as_manager()

    def __str__(self):
        return f"{self.schedule} to {self.last_on}"

    @property
    def path(self) -> Path:
        return Path(settings.MEDIA_ROOT) / self.folder / "table.csv"
