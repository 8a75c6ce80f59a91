from django.db import models

from wayline.accounts.models import InWorkspace, User, Workspace
from wayline.customers import consent


class Consent(models.Model):
    """What a customer allows now for one purpose on one channel, or on every channel when that is blank."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    # The profile it was said to; a merge leaves it there, so that parting the two gives it back.
    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="consents")
    purpose = models.CharField(max_length=consent.LONGEST_PURPOSE)
    channel = models.CharField(max_length=consent.LONGEST_CHANNEL, blank=True)
    is_granted = models.BooleanField()
    since = models.DateTimeField()

    objects = InWorkspace.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "purpose", "channel"], name="one_consent_per_purpose_and_channel"
            )
        ]
        indexes = [models.Index(fields=["workspace", "purpose", "channel"])]

    def __str__(self):
        return f"{self.purpose} {self.channel}: {'granted' if self.is_granted else 'denied'}"

    @property
    def purpose_label(self) -> str:
        return consent.purpose_label(self.purpose)


class ConsentChange(models.Model):
    """One choice as it was made: what, when, by which way it came, and who wrote it down."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="+")
    purpose = models.CharField(max_length=consent.LONGEST_PURPOSE)
    channel = models.CharField(max_length=consent.LONGEST_CHANNEL, blank=True)
    was_granted = models.BooleanField(null=True)  # null: nothing had been said before
    is_granted = models.BooleanField()
    at = models.DateTimeField()
    source = models.CharField(max_length=80)  # key:3, api:4, import:5, or person
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    note = models.CharField(max_length=300, blank=True)

    objects = InWorkspace.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "purpose", "channel", "at", "source", "is_granted"],
                name="consent_change_kept_once",
            )
        ]

    def __str__(self):
        return f"{self.purpose} {self.channel}: {'granted' if self.is_granted else 'denied'}"

    @property
    def purpose_label(self) -> str:
        return consent.purpose_label(self.purpose)
