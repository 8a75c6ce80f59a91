from datetime import timedelta

from django.db import models
from django.urls import reverse

from wayline.accounts.models import Membership, User, Workspace

from .kept import KeptQuerySet
from .steps import Phase, Step, Touchpoint


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
