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
    # The only source that has spoken of this customer; blank once a second one has.
    sole_source = models.CharField(max_length=80, blank=True)
    has_declined = models.BooleanField(default=False)  # said no to being observed

    objects = CustomerQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["workspace", "-last_seen_at"]),
            models.Index(fields=["workspace", "email"]),
            models.Index(fields=["workspace", "name"]),
            models.Index(fields=["workspace", "sole_source"]),
            models.Index(
                fields=["workspace"], condition=models.Q(has_declined=True), name="customers_declined"
            ),
        ]

    def __str__(self):
        return self.name or self.email or self.phone or f"Customer {self.pk}"


class IdentityQuerySet(models.QuerySet):
    def visible_to(self, member: Membership) -> "IdentityQuerySet":
        return self.filter(workspace=member.workspace_id)


class Identity(models.Model):
    """One value by which a customer is recognised, normalised, and belonging to exactly one profile.

    `profile` is the one it was first seen with and never changes; `customer` is that profile as merged today.
    """

    class Kind(models.TextChoices):
        EXTERNAL_ID = "external_id", "External id"
        EMAIL = "email", "E-mail"
        PHONE = "phone", "Phone"
        ANONYMOUS_ID = "anonymous_id", "Anonymous id"

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    profile = models.ForeignKey(Customer, models.CASCADE, related_name="own_identities")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="identities")
    kind = models.CharField(max_length=20, choices=Kind)
    value = models.CharField(max_length=320)
    first_seen_at = models.DateTimeField()

    objects = IdentityQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "identities"
        constraints = [
            models.UniqueConstraint(fields=["workspace", "kind", "value"], name="one_customer_per_identity")
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.value}"


class Told(models.Model):
    """What an import said of a customer and what stood there before, by field; undoing it restores that."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    source = models.CharField(max_length=80)
    before = models.JSONField(default=dict)  # a field that was not there is missing
    after = models.JSONField(default=dict)  # a field that was taken away is missing

    class Meta:
        verbose_name_plural = "told"
        constraints = [
            models.UniqueConstraint(fields=["customer", "source"], name="told_once_per_customer_and_source")
        ]
        indexes = [models.Index(fields=["source"])]

    def __str__(self):
        return f"{self.source} of {self.customer_id}"


class MergeQuerySet(models.QuerySet):
    def visible_to(self, member: Membership) -> "MergeQuerySet":
        return self.filter(workspace=member.workspace_id)


class Merge(models.Model):
    """Two profiles found to be one person: why, by whom, and what undoing it must restore."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    kept = models.ForeignKey(Customer, models.CASCADE, related_name="merges_kept")
    merged = models.ForeignKey(Customer, models.CASCADE, related_name="merges_away")
    reason = models.CharField(max_length=1000)
    before = models.JSONField(default=dict)
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    objects = MergeQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self):
        return f"{self.merged_id} into {self.kept_id}"

    @property
    def is_undone(self) -> bool:
        return self.undone_at is not None


from .consents.models import Consent, ConsentChange  # noqa: E402, F401 - Django finds models here
