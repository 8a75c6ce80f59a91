from django.db import models

from .journeys import Journey
from .seats import OfJourneyQuerySet
from .steps import Step


class Lane(models.Model):
    """What one map does differently with a lane: its title, place, who it is for; or a lane of its own.

    The lanes every map has are listed in lanes.py. A row with the key of one of those overrides it; a row
    with a key of its own adds a lane.
    """

    class Kind(models.TextChoices):
        BASIC = "basic", "Notes and pictures"
        BUILDING = "building", "Cards of one kind"
        SUMMARY = "summary", "How many cards of one kind"
        SUPPLIED = "supplied", "Supplied by the product"

    journey = models.ForeignKey(Journey, models.CASCADE, related_name="lanes")
    key = models.SlugField(max_length=40)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.BASIC)
    card_kind = models.CharField(max_length=20, blank=True)
    title = models.CharField(max_length=80, blank=True)
    position = models.FloatField(null=True)  # None: where the list of lanes has it
    is_hidden = models.BooleanField(default=False)
    persona = models.ForeignKey(
        "journeys.Persona", models.SET_NULL, null=True, blank=True, related_name="+"
    )  # None: for everybody
    version = models.PositiveIntegerField(default=1)
    deleted_at = models.DateTimeField(null=True)

    objects = OfJourneyQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["journey", "key"], name="one_lane_per_key")]

    def __str__(self):
        return self.title or self.key

    @property
    def persona_name(self) -> str:
        """Whom it is about; empty for everybody, also when that persona was deleted."""
        return self.persona.name if self.persona and not self.persona.deleted_at else ""

    @property
    def workspace_id(self) -> int:
        return self.journey.workspace_id


class EdgeQuerySet(OfJourneyQuerySet):
    def between_kept_steps(self) -> "EdgeQuerySet":
        return self.kept().filter(
            source__deleted_at=None,
            source__phase__deleted_at=None,
            target__deleted_at=None,
            target__phase__deleted_at=None,
        )


class Edge(models.Model):
    """A way between two steps besides the order of the map: a branch onward or a loop back."""

    class Kind(models.TextChoices):
        BRANCH = "branch", "Branch"
        LOOP = "loop", "Loop"

    journey = models.ForeignKey(Journey, models.CASCADE, related_name="edges")
    kind = models.CharField(max_length=10, choices=Kind)
    source = models.ForeignKey(Step, models.CASCADE, related_name="edges_out")
    target = models.ForeignKey(Step, models.CASCADE, related_name="edges_in")
    label = models.CharField(max_length=120, blank=True)
    version = models.PositiveIntegerField(default=1)
    deleted_at = models.DateTimeField(null=True)

    objects = EdgeQuerySet.as_manager()

    class Meta:
        ordering = ["source__phase__position", "source__position", "id"]

    def __str__(self):
        return f"{self.source} → {self.target}"

    @property
    def workspace_id(self) -> int:
        return self.journey.workspace_id
