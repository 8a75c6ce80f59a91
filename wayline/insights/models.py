from django.db import models
from django.urls import reverse

from wayline.accounts.models import Membership, User, Workspace
from wayline.journeys.models import Card


class InsightQuerySet(models.QuerySet):
    def visible_to(self, member: Membership) -> "InsightQuerySet":
        return self.filter(workspace=member.workspace_id, card__in=Card.objects.visible_to(member))

    def deleted_from(self, member: Membership) -> "InsightQuerySet":
        return self.filter(workspace=member.workspace_id).exclude(card__deleted_at=None)

    def with_evidence(self) -> "InsightQuerySet":
        """Bring cards, owners and the kept evidence along."""
        kept = models.Prefetch("evidence", Evidence.objects.filter(deleted_at=None))
        return self.select_related("card__owner").prefetch_related(kept)


class Insight(models.Model):
    """A finding about customers. Its words, owner and places on maps are those of its card."""

    class Certainty(models.TextChoices):
        FACTUAL = "factual", "Fact: seen or measured as it stands"
        INTERPRETED = "interpreted", "Interpretation: what we make of it"

    KINDS = ("pain", "gain", "need", "observation")  # those of cards that say what was found

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="insights")
    card = models.OneToOneField(Card, models.CASCADE, related_name="insight")
    certainty = models.CharField(max_length=12, choices=Certainty, default=Certainty.INTERPRETED)
    fresh_days = models.PositiveIntegerField(default=90)  # without newer evidence it is stale
    # As counted.py counted it last: customers of 90 days, interviews and notes, the newest evidence.
    customers = models.PositiveIntegerField(null=True)
    told = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField()

    objects = InsightQuerySet.as_manager()

    class Meta:
        ordering = ["-changed_at", "-id"]
        indexes = [models.Index(fields=["workspace", "-changed_at"])]

    def __str__(self):
        return self.card.title

    def get_absolute_url(self) -> str:
        return reverse("insights:insight", args=[self.workspace.slug, self.pk])

    @property
    def is_deleted(self) -> bool:
        return self.card.deleted_at is not None


class EvidenceQuerySet(models.QuerySet):
    def visible_to(self, member: Membership) -> "EvidenceQuerySet":
        return self.filter(insight__in=Insight.objects.visible_to(member))


class Evidence(models.Model):
    """One thing an insight rests on.

    Answers, messages and signals hold a condition and are counted anew at every look; interviews and notes
    hold what was said, by whom and when.
    """

    class Kind(models.TextChoices):
        ANSWERS = "answers", "Survey answers"
        MESSAGES = "messages", "Messages and comments"
        SIGNALS = "signals", "Signals"
        INTERVIEW = "interview", "An interview"
        NOTE = "note", "A note"

    MEASURED = (Kind.ANSWERS, Kind.MESSAGES, Kind.SIGNALS)

    insight = models.ForeignKey(Insight, models.CASCADE, related_name="evidence")
    kind = models.CharField(max_length=10, choices=Kind)
    condition = models.JSONField(null=True)  # wayline.signals.conditions, of what is measured
    text = models.TextField(blank=True)
    said_by = models.CharField(max_length=160, blank=True)
    said_on = models.DateField(null=True)
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    deleted_at = models.DateTimeField(null=True)

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        ordering = ["added_at", "id"]
        verbose_name_plural = "evidence"

    def __str__(self):
        return self.get_kind_display()

    @property
    def workspace_id(self) -> int:
        return self.insight.workspace_id

    @property
    def is_measured(self) -> bool:
        return self.kind in self.MEASURED
