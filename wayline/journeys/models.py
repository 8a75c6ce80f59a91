from datetime import timedelta

from django.db import models
from wayline.accounts.models import Membership, User, Workspace


class JourneyQuerySet(models.QuerySet):
    def visible_to(self, member: Membership) -> "JourneyQuerySet":
        return self.filter(workspace=member.workspace_id)


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
    window_days = models.PositiveIntegerField(default=30)
    start = models.CharField(max_length=10, choices=Start, default=Start.ANY)
    follow = models.CharField(max_length=10, choices=Follow, default=Follow.CUSTOMER)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)

    objects = JourneyQuerySet.as_manager()

    class Meta:
        ordering = ["title"]
        indexes = [models.Index(fields=["workspace", "title"])]

    def __str__(self):
        return self.title

    @property
    def window(self) -> timedelta:
        return timedelta(days=self.window_days)


class Phase(models.Model):
    journey = models.ForeignKey(Journey, models.CASCADE, related_name="phases")
    name = models.CharField(max_length=120)
    question = models.CharField(max_length=200, blank=True)  # what the customer asks: "Will it work?"
    position = models.PositiveIntegerField()

    class Meta:
        ordering = ["position", "id"]

    def __str__(self):
        return self.name


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

    class Meta:
        ordering = ["position", "id"]

    def __str__(self):
        return self.title


class Touchpoint(models.Model):
    step = models.ForeignKey(Step, models.CASCADE, related_name="touchpoints")
    name = models.CharField(max_length=120)
    channel = models.CharField(max_length=40, blank=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self):
        return self.name
