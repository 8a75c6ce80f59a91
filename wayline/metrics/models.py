from hashlib import sha256

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from wayline.accounts.models import Membership, User, Workspace

from . import written


class TargetQuerySet(models.QuerySet):
    def visible_to(self, member: Membership) -> "TargetQuerySet":
        return self.filter(workspace=member.workspace_id)


class Target(models.Model):
    """What one metric should reach, and by when."""

    class Direction(models.TextChoices):
        AT_LEAST = "at_least", "At least"
        AT_MOST = "at_most", "At most"

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="targets")
    metric = models.SlugField(max_length=60)
    direction = models.CharField(max_length=10, choices=Direction)
    value = models.FloatField()  # in the metric's own unit: shares 0 to 1, durations in seconds
    due_on = models.DateField(null=True, blank=True)
    set_at = models.DateTimeField()
    set_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    objects = TargetQuerySet.as_manager()

    class Meta:
        ordering = ["metric"]
        constraints = [models.UniqueConstraint(fields=["workspace", "metric"], name="one_target_per_metric")]

    def __str__(self):
        return f"{self.metric} {self.get_direction_display().lower()} {self.value:g}"

    def is_met_by(self, estimate) -> bool | None:
        """Whether the whole interval is on the right side; None while nobody can say."""
        if estimate.value is None or estimate.is_thin or estimate.low is None or estimate.high is None:
            return None
        if self.direction == self.Direction.AT_LEAST:
            return True if estimate.low >= self.value else False if estimate.high < self.value else None
        return True if estimate.high <= self.value else False if estimate.low > self.value else None


class BaselineQuerySet(models.QuerySet):
    def visible_to(self, member: Membership) -> "BaselineQuerySet":
        return self.filter(workspace=member.workspace_id)


class Baseline(models.Model):
    """An answer frozen with its question, to compare with later. It is never changed; `digest` shows it."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="baselines")
    name = models.CharField(max_length=120)
    metric = models.SlugField(max_length=60)
    question = models.JSONField(encoder=DjangoJSONEncoder)
    answer = models.JSONField(encoder=DjangoJSONEncoder)
    digest = models.CharField(max_length=64)
    frozen_at = models.DateTimeField()
    frozen_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    objects = BaselineQuerySet.as_manager()

    class Meta:
        ordering = ["-frozen_at", "-id"]
        indexes = [models.Index(fields=["workspace", "metric"])]

    def __str__(self):
        return self.name

    @staticmethod
    def digest_of(question: dict, answer: dict) -> str:
        return sha256(written.canonical({"question": question, "answer": answer}).encode()).hexdigest()

    @property
    def is_intact(self) -> bool:
        """Whether it still says what was frozen."""
        return self.digest == self.digest_of(self.question, self.answer)

    @property
    def asked(self):
        """The question as it was asked."""
        return written.read_question(self.question)

    @property
    def answered(self):
        """The answer as it was given."""
        return written.read_answer(self.answer)
