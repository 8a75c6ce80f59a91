from pathlib import Path

from django.conf import settings
from django.db import models

from wayline.accounts.models import Membership, User, Workspace


class InWorkspace(models.QuerySet):
    def visible_to(self, member: Membership) -> "InWorkspace":
        return self.filter(workspace=member.workspace_id)


class State(models.TextChoices):
    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Running"
    FINISHED = "finished", "Finished"
    FAILED = "failed", "Failed"


class Export(models.Model):
    """The whole workspace as one file to take away. It is deleted after some days."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    percent = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)
    size = models.BigIntegerField(default=0)
    folder = models.CharField(max_length=120, blank=True)
    error = models.CharField(max_length=500, blank=True)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    objects = InWorkspace.as_manager()

    class Meta:
        ordering = ["-asked_at", "-id"]

    def __str__(self):
        return f"Export of {self.asked_at:%-d %b %Y}"

    @property
    def path(self) -> Path:
        return Path(settings.MEDIA_ROOT) / self.folder / "workspace.zip"

    @property
    def is_open(self) -> bool:
        return self.state in {State.WAITING, State.RUNNING}


class Arrival(models.Model):
    """An export put into this workspace. `kept` is what was there before; the rest can be taken away."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    percent = models.PositiveIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True)  # of the manifest: the same export comes once
    folder = models.CharField(max_length=120, blank=True)
    kept = models.JSONField(default=dict)
    counts = models.JSONField(default=dict)
    notes = models.JSONField(default=list)
    error = models.CharField(max_length=500, blank=True)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    finished_at = models.DateTimeField(null=True)

    objects = InWorkspace.as_manager()

    class Meta:
        ordering = ["-asked_at", "-id"]

    def __str__(self):
        return f"Arrival of {self.asked_at:%-d %b %Y}"

    @property
    def path(self) -> Path:
        return Path(settings.MEDIA_ROOT) / self.folder

    @property
    def is_open(self) -> bool:
        return self.state in {State.WAITING, State.RUNNING}
