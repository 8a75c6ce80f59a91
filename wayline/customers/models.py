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
    sayings = models.JSONField(default=dict)  # trait: {source: [value, told_at]}; trust/sayings.py reads it
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
    # The import that brought it, so that undoing it takes it away; blank once anybody else has named it.
    source = models.CharField(max_length=80, blank=True)
    # Of an anonymous id: the strongest value it was named with, and whether it was named with two as strong.
    tied_to = models.ForeignKey("self", models.SET_NULL, null=True, related_name="devices")
    is_shared = models.BooleanField(default=False)

    objects = IdentityQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "identities"
        constraints = [
            models.UniqueConstraint(fields=["workspace", "kind", "value"], name="one_customer_per_identity")
        ]
        indexes = [
            models.Index(
                fields=["workspace", "source"],
                condition=~models.Q(source=""),
                name="identities_of_imports",
            ),
            models.Index(fields=["workspace"], condition=models.Q(is_shared=True), name="identities_shared"),
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
    # Why the product itself parted them; blank when a person did, and then they stay apart.
    undone_reason = models.CharField(max_length=500, blank=True)
    source = models.CharField(max_length=80, blank=True)  # the import that made it

    objects = MergeQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self):
        return f"{self.merged_id} into {self.kept_id}"

    @property
    def is_undone(self) -> bool:
        return self.undone_at is not None


from .companies.models import Company, Member  # noqa: E402, F401 - Django finds models here
from .consents.models import Consent, ConsentChange  # noqa: E402, F401
from .duplicates.models import Duplicate  # noqa: E402, F401
from .rules.models import BlockedValue, IdentityRules, RefusedMerge  # noqa: E402, F401
from .trust.models import TrustRules  # noqa: E402, F401
