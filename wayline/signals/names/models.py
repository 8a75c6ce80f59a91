from django.db import models

from wayline.accounts.models import Membership, User, Workspace


class TermQuerySet(models.QuerySet):
    def visible_to(self, member: Membership) -> "TermQuerySet":
        return self.filter(workspace=member.workspace_id)


class Term(models.Model):
    """A signal name and what people say about it. It is registered when the first signal comes in."""

    class Status(models.TextChoices):
        NEW = "new", "New"
        APPROVED = "approved", "Approved"
        BLOCKED = "blocked", "Blocked"

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=200)
    meaning = models.TextField(blank=True)
    owner = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    status = models.CharField(max_length=10, choices=Status, default=Status.NEW)
    expected = models.JSONField(default=list)  # [{"name", "type", "is_required"}, …]
    merged_into = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="spellings")

    objects = TermQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "name"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "kind", "name"], name="one_term_per_signal_name")
        ]

    def __str__(self):
        return self.name

    @property
    def is_blocked(self) -> bool:
        return self.status == self.Status.BLOCKED

    @property
    def is_approved(self) -> bool:
        return self.status == self.Status.APPROVED

    @property
    def is_merged(self) -> bool:
        return self.merged_into_id is not None


class NameDay(models.Model):
    """How many signals of a name happened on a day, by source and channel. Kept for KEPT_DAYS days."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=200)
    source = models.CharField(max_length=200)
    channel = models.CharField(max_length=200)
    day = models.DateField()
    count = models.BigIntegerField()

    objects = TermQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "kind", "name", "source", "channel", "day"],
                name="one_row_per_name_and_day",
            )
        ]
        indexes = [models.Index(fields=["workspace", "day"])]

    def __str__(self):
        return f"{self.name} on {self.day}"


class NameHour(models.Model):
    """How many signals of a name happened in an hour, and how many of them arrived within a day."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=200)
    hour = models.DateTimeField()
    count = models.BigIntegerField()
    prompt = models.BigIntegerField()

    objects = TermQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "kind", "name", "hour"], name="one_row_per_name_and_hour"
            )
        ]
        indexes = [models.Index(fields=["workspace", "hour"])]

    def __str__(self):
        return f"{self.name} at {self.hour}"


class PropertyDay(models.Model):
    """How often a name's signals had a property on a day, by what its values read as."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=200)
    property = models.CharField(max_length=200)
    day = models.DateField()
    texts = models.BigIntegerField()
    numbers = models.BigIntegerField()
    booleans = models.BigIntegerField()
    times = models.BigIntegerField()
    structures = models.BigIntegerField()

    objects = TermQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "kind", "name", "property", "day"], name="one_row_per_property_and_day"
            )
        ]

    def __str__(self):
        return f"{self.property} of {self.name} on {self.day}"
