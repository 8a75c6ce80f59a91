from django.db import models

from .seats import OfJourneyQuerySet


class Phase(models.Model):
    journey = models.ForeignKey("journeys.Journey", models.CASCADE, related_name="phases")
    name = models.CharField(max_length=120)
    question = models.CharField(max_length=200, blank=True)  # what the customer asks: "Will it work?"
    position = models.PositiveIntegerField()
    deleted_at = models.DateTimeField(null=True)

    objects = OfJourneyQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]

    def __str__(self):
        return self.name

    @property
    def workspace_id(self) -> int:
        return self.journey.workspace_id


class StepQuerySet(OfJourneyQuerySet):
    to_journey = "phase__journey__"
    between = ("phase__",)


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
    is_fail_point = models.BooleanField(default=False)
    assumed_feeling = models.FloatField(null=True, blank=True)  # −2 to +2, what the team believes
    version = models.PositiveIntegerField(default=1)
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


class TouchpointQuerySet(OfJourneyQuerySet):
    to_journey = "step__phase__journey__"
    between = ("step__", "step__phase__")


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
