from django.db import models

from wayline.accounts.models import Membership, User, Workspace


class DuplicateQuerySet(models.QuerySet):
    def visible_to(self, member: Membership) -> "DuplicateQuerySet":
        return self.filter(workspace=member.workspace_id)

    def open(self) -> "DuplicateQuerySet":
        """Those that wait for a decision and whose two are still apart."""
        return self.filter(state=Duplicate.State.OPEN, one__merged_into=None, other__merged_into=None)


class Duplicate(models.Model):
    """Two customers who are probably one person, how probable that is, and what speaks for and against it."""

    class State(models.TextChoices):
        OPEN = "open", "Waits for review"
        MERGED = "merged", "Merged"
        APART = "apart", "Not the same"

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    one = models.ForeignKey("customers.Customer", models.CASCADE, related_name="+")  # the smaller number
    other = models.ForeignKey("customers.Customer", models.CASCADE, related_name="+")
    probability = models.FloatField()
    weight = models.FloatField()  # bits: the logarithm to base two of how much more likely than not
    reasons = models.JSONField(default=list)  # [{field, says, weight}]
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    found_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    objects = DuplicateQuerySet.as_manager()

    class Meta:
        ordering = ["-weight", "id"]
        constraints = [
            models.UniqueConstraint(fields=["one", "other"], name="one_duplicate_per_pair_of_customers")
        ]
        indexes = [models.Index(fields=["workspace", "state", "-weight"])]

    def __str__(self):
        return f"{self.one_id} and {self.other_id}"
