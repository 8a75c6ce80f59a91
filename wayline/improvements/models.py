from django.db import models
from django.urls import reverse

from wayline.accounts.models import Membership, User, Workspace
from wayline.insights.models import Insight
from wayline.journeys.models import Card


class OpportunityQuerySet(models.QuerySet):
    def visible_to(self, member: Membership) -> "OpportunityQuerySet":
        return self.filter(workspace=member.workspace_id, card__in=Card.objects.visible_to(member))

    def deleted_from(self, member: Membership) -> "OpportunityQuerySet":
        return self.filter(workspace=member.workspace_id).exclude(card__deleted_at=None)

    def open(self) -> "OpportunityQuerySet":
        """Those nobody has finished or dropped."""
        return self.exclude(status__in=[Opportunity.Status.DONE, Opportunity.Status.DROPPED])


class Opportunity(models.Model):
    """What could be better at some steps. Its words, owner and places on maps are those of its card.

    What it is worth and costs is entered as a range; its impact is computed anew at every look, unless a
    person has put a judgment of their own in its place, with the reason.
    """

    class Status(models.TextChoices):
        CONSIDERED = "considered", "Considered"
        CHOSEN = "chosen", "Chosen"
        DOING = "doing", "Being done"
        DONE = "done", "Done"
        DROPPED = "dropped", "Dropped"

    class Basis(models.TextChoices):
        LOST = "lost", "Customers lost at its steps"
        BEHIND = "behind", "Customers behind its pain points"

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="opportunities")
    card = models.OneToOneField(Card, models.CASCADE, related_name="opportunity")
    insights = models.ManyToManyField(Insight, related_name="opportunities", blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.CONSIDERED)
    basis = models.CharField(max_length=6, choices=Basis, default=Basis.LOST)
    # What one customer kept is worth, in the workspace's currency.
    value_low = models.FloatField(null=True)
    value_likely = models.FloatField(null=True)
    value_high = models.FloatField(null=True)
    effort_low_weeks = models.FloatField(null=True)
    effort_high_weeks = models.FloatField(null=True)
    confidence = models.PositiveSmallIntegerField(default=50)  # percent: how sure we are that it would help
    override = models.FloatField(null=True)  # customers a month, in the place of the computed impact
    override_reason = models.CharField(max_length=300, blank=True)
    overridden_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    overridden_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField()

    objects = OpportunityQuerySet.as_manager()

    class Meta:
        ordering = ["-changed_at", "-id"]
        verbose_name_plural = "opportunities"
        indexes = [models.Index(fields=["workspace", "status"])]

    def __str__(self):
        return self.card.title

    def get_absolute_url(self) -> str:
        return reverse("improvements:opportunity", args=[self.workspace.slug, self.pk])

    @property
    def is_valued(self) -> bool:
        return self.value_likely is not None

    @property
    def effort_weeks(self) -> float | None:
        """The middle of the range."""
        if self.effort_low_weeks is None or self.effort_high_weeks is None:
            return None
        return (self.effort_low_weeks + self.effort_high_weeks) / 2
