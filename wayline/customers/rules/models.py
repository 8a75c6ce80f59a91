from django.db import models

from wayline.accounts.models import InWorkspace, User, Workspace

MOST_IDENTITIES, MOST_EXTERNAL_IDS = 100, 5  # docs/decisions/0120 says why five


class IdentityRules(models.Model):
    """How large one customer may grow in this workspace. Without a row the defaults hold."""

    workspace = models.OneToOneField(Workspace, models.CASCADE, related_name="+")
    most_identities = models.PositiveIntegerField(default=MOST_IDENTITIES)
    most_external_ids = models.PositiveIntegerField(default=MOST_EXTERNAL_IDS)

    objects = InWorkspace.as_manager()

    class Meta:
        verbose_name_plural = "identity rules"

    def __str__(self):
        return f"At most {self.most_identities} values, {self.most_external_ids} external ids"


class BlockedValue(models.Model):
    """A value by which nobody is recognised in this workspace: a kiosk, a desk's address, a test."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20)
    value = models.CharField(max_length=320)
    why = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    objects = InWorkspace.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "kind", "value"], name="blocked_once_per_value")
        ]

    def __str__(self):
        return f"{self.kind} {self.value}"


class RefusedMerge(models.Model):
    """Two profiles that a call named together and that were kept apart, with the reason."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    one = models.ForeignKey("customers.Customer", models.CASCADE, related_name="+")
    other = models.ForeignKey("customers.Customer", models.CASCADE, related_name="+")
    reason = models.CharField(max_length=1000)
    source = models.CharField(max_length=80)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    times = models.PositiveIntegerField(default=1)

    objects = InWorkspace.as_manager()

    class Meta:
        ordering = ["-last_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["one", "other"], name="one_refused_merge_per_pair")]

    def __str__(self):
        return self.reason
