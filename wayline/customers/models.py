from django.db import models
from wayline.accounts.models import Membership, User, Workspace


class CustomerQuerySet(models.QuerySet):
    def visible_to(self, member: Membership) -> "CustomerQuerySet":
        return self.filter(workspace=member.workspace_id, merged_into=None)


class Customer(models.Model):
    """One person served. A merged profile stays, pointing at the one that was kept."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="customers")
    name = models.CharField(max_length=300, blank=True)
    email = models.CharField(max_length=320, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    traits = models.JSONField(default=dict)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="absorbed")

    objects = CustomerQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["workspace", "-last_seen_at"]),
            models.Index(fields=["workspace", "email"]),
            models.Index(fields=["workspace", "name"]),
        ]

    def __str__(self):
        return self.name or self.email or self.phone or f"Customer {self.pk}"


class Identity(models.Model):
    """One value by which a customer is recognised, normalised, and belonging to exactly one profile."""

    class Kind(models.TextChoices):
        EXTERNAL_ID = "external_id", "External id"
        EMAIL = "email", "E-mail"
        PHONE = "phone", "Phone"
        ANONYMOUS_ID = "anonymous_id", "Anonymous id"

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="identities")
    kind = models.CharField(max_length=20, choices=Kind)
    value = models.CharField(max_length=320)
    first_seen_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "identities"
        constraints = [
            models.UniqueConstraint(fields=["workspace", "kind", "value"], name="one_customer_per_identity")
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.value}"


class Merge(models.Model):
    """Two profiles found to be one person: why, by whom, and what undoing it must restore."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    kept = models.ForeignKey(Customer, models.CASCADE, related_name="merges_kept")
    merged = models.ForeignKey(Customer, models.CASCADE, related_name="merges_away")
    reason = models.CharField(max_length=400)
    before = models.JSONField(default=dict)
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self):
        return f"{self.merged_id} into {self.kept_id}"
