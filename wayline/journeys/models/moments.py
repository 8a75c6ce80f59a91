from django.db import models
from django.urls import reverse

from wayline.accounts.models import Membership, User

from .kept import KeptQuerySet
from .steps import Step


class MomentChoiceQuerySet(models.QuerySet):
    def visible_to(self, member: Membership) -> "MomentChoiceQuerySet":
        return self.filter(step__in=Step.objects.visible_to(member))

    def standing(self) -> "MomentChoiceQuerySet":
        return self.filter(withdrawn_at=None)


class MomentChoice(models.Model):
    """Somebody decided that a step is a moment that matters, or that the numbers mislead; and why."""

    class Kind(models.TextChoices):
        ACCEPTED = "accepted", "Accepted"
        DISMISSED = "dismissed", "Dismissed"

    step = models.ForeignKey(Step, models.CASCADE, related_name="moment_choices")
    kind = models.CharField(max_length=10, choices=Kind)
    reason = models.CharField(max_length=300)
    evidence = models.JSONField(default=dict)  # what the numbers said then: sides, difference, n, outcome
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    objects = MomentChoiceQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self):
        return f"{self.get_kind_display()}: {self.step}"

    @property
    def workspace_id(self) -> int:
        return self.step.workspace_id


class MomentChangeQuerySet(KeptQuerySet):
    def visible_to(self, member: Membership) -> "MomentChangeQuerySet":
        return self.kept().filter(step__in=Step.objects.visible_to(member))

    def deleted_from(self, member: Membership) -> "MomentChangeQuerySet":
        return self.filter(step__in=Step.objects.visible_to(member)).exclude(deleted_at=None)


class MomentChange(models.Model):
    """What must become different behind a moment that matters: people, process or technology."""

    class Kind(models.TextChoices):
        PEOPLE = "people", "People"
        PROCESS = "process", "Process"
        TECHNOLOGY = "technology", "Technology"

    class Status(models.TextChoices):
        PLANNED = "planned", "Planned"
        UNDER_WAY = "under_way", "Under way"
        DONE = "done", "Done"
        DROPPED = "dropped", "Dropped"

    step = models.ForeignKey(Step, models.CASCADE, related_name="changes")
    kind = models.CharField(max_length=10, choices=Kind)
    what = models.CharField(max_length=300)
    owner = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    cost = models.PositiveBigIntegerField(null=True, blank=True)  # whole units of the workspace's currency
    status = models.CharField(max_length=10, choices=Status, default=Status.PLANNED)
    due_on = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)

    objects = MomentChangeQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "id"]
        indexes = [models.Index(fields=["step", "status"])]

    def __str__(self):
        return self.what

    def get_absolute_url(self) -> str:
        journey = self.step.phase.journey
        return (
            reverse("journeys:moments", args=[journey.workspace.slug, journey.pk]) + f"#step-{self.step_id}"
        )

    @property
    def workspace_id(self) -> int:
        return self.step.workspace_id

    @property
    def is_open(self) -> bool:
        return self.status in (self.Status.PLANNED, self.Status.UNDER_WAY)
