from django.db import models

from wayline.accounts.models import InWorkspace, Membership, User, Workspace


class JournalEntryQuerySet(models.QuerySet):
    def visible_to(self, member: Membership) -> "JournalEntryQuerySet":
        return self.filter(workspace_id=member.workspace_id)


class JournalEntry(models.Model):
    """One batch as it was accepted, durable before the sender heard "yes".

    It lies in the journal's own database, so it names the workspace by number.
    """

    workspace_id = models.BigIntegerField()
    source = models.CharField(max_length=80)
    received_at = models.DateTimeField()
    count = models.PositiveIntegerField()
    refused = models.PositiveIntegerField(default=0)
    body = models.BinaryField()
    digest = models.CharField(max_length=32)

    objects = JournalEntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "journal entries"
        constraints = [
            models.UniqueConstraint(fields=["workspace_id", "digest"], name="same_bytes_stored_once")
        ]
        # With the counts, so that what was received is summed without reading any batch.
        indexes = [models.Index(fields=["workspace_id", "source", "count", "refused"])]

    def __str__(self):
        return f"{self.count} signals from {self.source}"


class PrunedEntries(models.Model):
    """How much the journal's removed entries held, so that everything received still adds up."""

    workspace_id = models.BigIntegerField()
    source = models.CharField(max_length=80)
    entries = models.PositiveBigIntegerField(default=0)
    received = models.PositiveBigIntegerField(default=0)  # what was accepted and what was refused
    last_entry = models.BigIntegerField(default=0)

    objects = JournalEntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "pruned entries"
        constraints = [
            models.UniqueConstraint(fields=["workspace_id", "source"], name="one_row_per_pruned_source")
        ]

    def __str__(self):
        return f"{self.received} signals from {self.source}, up to entry {self.last_entry}"


class RefusedSignal(models.Model):
    """A signal, or a part of one, that could not be used, with the reason in a sentence."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    entry_id = models.BigIntegerField()
    index = models.PositiveIntegerField()
    source = models.CharField(max_length=80)
    reason = models.CharField(max_length=500)
    excerpt = models.TextField(blank=True)
    was_kept = models.BooleanField(default=False)  # the signal counts; only the named part was ignored
    at = models.DateTimeField()
    replayed_at = models.DateTimeField(null=True)
    replayed_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    objects = InWorkspace.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["entry_id", "index", "was_kept"], name="refused_once_per_signal")
        ]
        indexes = [models.Index(fields=["workspace", "-at"])]

    def __str__(self):
        return self.reason

    @property
    def may_be_replayed(self) -> bool:
        return bool(self.excerpt) and not self.was_kept and self.replayed_at is None


class SignalName(models.Model):
    """A name seen in the stream, by kind and source, with how often."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=200)
    source = models.CharField(max_length=80)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    count = models.BigIntegerField(default=0)

    objects = InWorkspace.as_manager()

    class Meta:
        ordering = ["kind", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "kind", "name", "source"], name="one_row_per_signal_name_and_source"
            )
        ]

    def __str__(self):
        return f"{self.kind} {self.name}"


class Segment(models.Model):
    """A saved condition on customers, under a name."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="segments")
    name = models.CharField(max_length=120)
    condition = models.JSONField()
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    objects = InWorkspace.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "name"], name="one_segment_per_name_in_workspace")
        ]

    def __str__(self):
        return self.name


class CountedMark(models.Model):
    """How far the journal is counted into the names, so that a chunk loaded again is not counted twice."""

    journal = models.CharField(max_length=40, unique=True)
    mark = models.BigIntegerField(default=0)

    def __str__(self):
        return f"{self.journal} up to {self.mark}"


class LoadedEntry(models.Model):
    """How many of a journal entry's signals are neither rows nor refused; an entry without any has none."""

    entry_id = models.BigIntegerField(unique=True)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    source = models.CharField(max_length=80)
    duplicates = models.PositiveIntegerField(default=0)  # known already by their keys
    facts = models.PositiveIntegerField(default=0)  # they tell who a customer is, and leave no row

    objects = InWorkspace.as_manager()

    class Meta:
        verbose_name_plural = "loaded entries"
        indexes = [models.Index(fields=["workspace", "source"])]

    def __str__(self):
        return f"Entry {self.entry_id}: {self.duplicates} known already"


class WarehouseChange(models.Model):
    """A change the warehouse still has to follow, written in the same transaction as what caused it."""

    class Kind(models.TextChoices):
        PROFILES = "profiles"  # these profiles may belong to another customer now
        SOURCE = "source"  # this source is forgotten, with the customers only it knew
        NAMES = "names"  # two names became one, or two again

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20, choices=Kind)
    subject = models.JSONField()

    def __str__(self):
        return f"{self.kind} {self.pk}"


# Django finds the models of the folders here.
from .derived.models import DerivedRule  # noqa: E402, F401
from .imports.models import Import, ImportRefusal  # noqa: E402, F401
from .names.models import NameDay, NameHour, PropertyDay, Term  # noqa: E402, F401
from .quality.models import Finding  # noqa: E402, F401
from .rights.models import (  # noqa: E402, F401
    AccessExport,
    Erasure,
    FoundReport,
    MaskRule,
    RetentionRule,
    Tombstone,
)
