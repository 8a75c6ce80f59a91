from datetime import timedelta

from django.db import models
from django.urls import reverse

from wayline.accounts.models import Membership, User, Workspace


class KeptQuerySet(models.QuerySet):
    def kept(self) -> "KeptQuerySet":
        return self.filter(deleted_at=None)


class JourneyQuerySet(KeptQuerySet):
    def visible_to(self, member: Membership) -> "JourneyQuerySet":
        return self.kept().filter(workspace=member.workspace_id)

    def deleted_from(self, member: Membership) -> "JourneyQuerySet":
        return self.filter(workspace=member.workspace_id).exclude(deleted_at=None)

    def with_steps(self) -> "JourneyQuerySet":
        """Bring phases, steps and touchpoints along, in their order, without the deleted ones."""
        touchpoints = models.Prefetch("touchpoints", Touchpoint.objects.kept())
        steps = models.Prefetch("steps", Step.objects.kept().prefetch_related(touchpoints))
        phases = models.Prefetch("phases", Phase.objects.kept().prefetch_related(steps))
        return self.select_related("owner").prefetch_related(phases)


class Journey(models.Model):
    """The path to a customer's goal, in the customer's first person: "I set up my account"."""

    class Start(models.TextChoices):
        ANY = "any", "Any start"
        FIRST = "first", "First start only"

    class Follow(models.TextChoices):
        CUSTOMER = "customer", "Each customer"
        SUBJECT = "subject", "Each order, ticket or other subject"

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="journeys")
    title = models.CharField(max_length=160)
    goal = models.CharField(max_length=300, blank=True)
    persona = models.CharField(max_length=160, blank=True)
    owner = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    window_days = models.PositiveIntegerField(null=True, blank=True, default=30)  # None: no limit
    start = models.CharField(max_length=10, choices=Start, default=Start.ANY)
    follow = models.CharField(max_length=10, choices=Follow, default=Follow.CUSTOMER)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)

    objects = JourneyQuerySet.as_manager()

    class Meta:
        ordering = ["title", "id"]
        indexes = [models.Index(fields=["workspace", "title"])]

    def __str__(self):
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("journeys:map", args=[self.workspace.slug, self.pk])

    @property
    def window(self) -> timedelta | None:
        return None if self.window_days is None else timedelta(days=self.window_days)


class PhaseQuerySet(KeptQuerySet):
    def visible_to(self, member: Membership) -> "PhaseQuerySet":
        return self.kept().filter(journey__workspace=member.workspace_id, journey__deleted_at=None)


class Phase(models.Model):
    journey = models.ForeignKey(Journey, models.CASCADE, related_name="phases")
    name = models.CharField(max_length=120)
    question = models.CharField(max_length=200, blank=True)  # what the customer asks: "Will it work?"
    position = models.PositiveIntegerField()
    deleted_at = models.DateTimeField(null=True)

    objects = PhaseQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]

    def __str__(self):
        return self.name

    @property
    def workspace_id(self) -> int:
        return self.journey.workspace_id


class StepQuerySet(KeptQuerySet):
    def visible_to(self, member: Membership) -> "StepQuerySet":
        return self.kept().filter(
            phase__deleted_at=None,
            phase__journey__deleted_at=None,
            phase__journey__workspace=member.workspace_id,
        )


class Step(models.Model):
    """One thing the customer does; alive when its condition says which signals are it."""

    phase = models.ForeignKey(Phase, models.CASCADE, related_name="steps")
    title = models.CharField(max_length=200)
    key = models.SlugField(max_length=80)  # what a signal's `step` names
    position = models.PositiveIntegerField()
    condition = models.JSONField(null=True, blank=True)
    is_required = models.BooleanField(default=True)
    is_repeatable = models.BooleanField(default=False)
    is_moment = models.BooleanField("moment that matters", default=False)
    assumed_feeling = models.FloatField(null=True, blank=True)  # −2 to +2, what the team believes
    deleted_at = models.DateTimeField(null=True)

    objects = StepQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]

    def __str__(self):
        return self.title

    @property
    def workspace_id(self) -> int:
        return self.phase.journey.workspace_id

    @property
    def is_bound(self) -> bool:
        return self.condition is not None


class TouchpointQuerySet(KeptQuerySet):
    def visible_to(self, member: Membership) -> "TouchpointQuerySet":
        return self.kept().filter(
            step__deleted_at=None,
            step__phase__deleted_at=None,
            step__phase__journey__deleted_at=None,
            step__phase__journey__workspace=member.workspace_id,
        )


class Touchpoint(models.Model):
    """Where customer and organization meet, on a channel."""

    step = models.ForeignKey(Step, models.CASCADE, related_name="touchpoints")
    name = models.CharField(max_length=120)
    channel = models.CharField(max_length=40, blank=True)
    position = models.PositiveIntegerField(default=0)
    deleted_at = models.DateTimeField(null=True)

    objects = TouchpointQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]

    def __str__(self):
        return self.name

    @property
    def workspace_id(self) -> int:
        return self.step.phase.journey.workspace_id
