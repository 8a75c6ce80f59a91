from django.db import models

from wayline.accounts.models import InWorkspace, Workspace


class Company(models.Model):
    """A business account, as group calls tell of it. Its members are customers."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    external_id = models.CharField(max_length=320)
    name = models.CharField(max_length=300, blank=True)
    traits = models.JSONField(default=dict)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    objects = InWorkspace.as_manager()

    class Meta:
        verbose_name_plural = "companies"
        constraints = [
            models.UniqueConstraint(fields=["workspace", "external_id"], name="one_company_per_external_id")
        ]
        indexes = [models.Index(fields=["workspace", "name"])]

    def __str__(self):
        return self.name or self.external_id


class Member(models.Model):
    """A customer of a company: `profile` is the one that was told of, `customer` it as merged today."""

    company = models.ForeignKey(Company, models.CASCADE, related_name="members")
    profile = models.ForeignKey("customers.Customer", models.CASCADE, related_name="+")
    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="memberships")
    since = models.DateTimeField()
    source = models.CharField(max_length=80, blank=True)  # the import that said so, as with identities

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "profile"], name="member_once_per_company_and_profile")
        ]

    def __str__(self):
        return f"{self.customer_id} of {self.company_id}"
