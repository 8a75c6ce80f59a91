from pathlib import Path

from django.conf import settings
from django.db import models

from wayline.accounts.models import Membership, User, Workspace


class ImportQuerySet(models.QuerySet):
    def visible_to(self, member: Membership) -> "ImportQuerySet":
        return self.filter(workspace=member.workspace_id)


class Import(models.Model):
    """One file turned into signals, once. Its rows carry the source `import:<id>`, so it can be undone."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        FINISHED = "finished", "Finished"
        FAILED = "failed", "Failed"
        UNDOING = "undoing", "Being undone"
        UNDONE = "undone", "Undone"

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="imports")
    file_name = models.CharField(max_length=255)
    folder = models.CharField(max_length=64, blank=True)
    beside = models.JSONField(default=list)  # the names of the further files, for lookups
    digest = models.CharField(max_length=64)
    size = models.BigIntegerField()
    mapping = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    total = models.BigIntegerField(null=True)
    position = models.BigIntegerField(default=0)  # rows read and settled, refused ones included
    made = models.BigIntegerField(default=0)  # signals sent to the journal
    customers = models.BigIntegerField(default=0)
    accepted = models.BigIntegerField(default=0)
    duplicates = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0)
    repaired = models.BigIntegerField(default=0)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    stays = models.JSONField(default=list)  # what undoing it could not take back, in sentences that say why
    files_removed_at = models.DateTimeField(null=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["workspace", "digest"])]

    def __str__(self):
        return self.file_name

    @property
    def source(self) -> str:
        return f"import:{self.pk}"

    @property
    def path(self) -> Path:
        return Path(settings.MEDIA_ROOT) / self.folder / self.file_name

    @property
    def paths_beside(self) -> dict[str, Path]:
        return {name: Path(settings.MEDIA_ROOT) / self.folder / name for name in self.beside}

    @property
    def is_open(self) -> bool:
        return self.state in {self.State.WAITING, self.State.RUNNING}

    @property
    def may_be_undone(self) -> bool:
        return self.state in {self.State.FINISHED, self.State.FAILED, self.State.UNDOING}

    @property
    def percent_done(self) -> int | None:
        if self.state == self.State.FINISHED:
            return 100
        return min(100, self.position * 100 // self.total) if self.total else None


class ImportRefusal(models.Model):
    """A row that came to nothing, as it stood in the file, with the reason."""

    run = models.ForeignKey(Import, models.CASCADE, related_name="refusals")
    line = models.BigIntegerField()
    reason = models.CharField(max_length=1000)
    raw = models.JSONField()

    class Meta:
        ordering = ["line", "id"]

    def __str__(self):
        return f"{self.line}: {self.reason}"
