from django.db import models

from wayline.accounts.models import Membership, User, Workspace

from .journeys import Journey
from .kept import KeptQuerySet
from .seats import open_to
from .steps import Step


class PictureQuerySet(models.QuerySet):
    def visible_to(self, member: Membership) -> "PictureQuerySet":
        return self.filter(workspace=member.workspace_id)

    def named(self, name: str) -> "PictureQuerySet":
        """Those that files know by this name."""
        return self.filter(digest=name.removeprefix(Picture.PREFIX)).exclude(digest="")


class Picture(models.Model):
    """An uploaded picture as we keep it: decoded, turned upright, resized, written anew without metadata."""

    PREFIX = "sha256-"

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="pictures")
    file = models.FileField(upload_to="pictures/")
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    digest = models.CharField(max_length=32, blank=True)  # of the file's bytes; empty: the file is gone
    uploaded_at = models.DateTimeField()
    uploaded_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    objects = PictureQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["workspace", "digest"])]

    def __str__(self):
        return f"{self.width} × {self.height}"

    @property
    def name(self) -> str:
        """What files call it: the same picture has the same name in every installation."""
        return f"{self.PREFIX}{self.digest}" if self.digest else ""


class CardQuerySet(KeptQuerySet):
    def visible_to(self, member: Membership) -> "CardQuerySet":
        """Those of the library; not those that stand only on maps which are closed to the member."""
        found = self.kept().filter(workspace=member.workspace_id)
        if member.may("owner"):
            return found
        placed = Placement.objects.on_kept_maps().filter(card=models.OuterRef("pk"))
        is_open = models.Exists(placed.filter(open_to(member, "journey__")))
        return found.filter(is_open | ~models.Exists(placed))


class Card(models.Model):
    """Something the team knows or wants, written once and placed on as many maps as it concerns."""

    class Kind(models.TextChoices):
        TEXT = "text", "Note"
        GOAL = "goal", "Goal"
        QUESTION = "question", "Question"
        QUOTE = "quote", "Quote"
        PICTURE = "picture", "Picture"
        TOUCHPOINT = "touchpoint", "Touchpoint"
        PAIN = "pain", "Pain point"
        GAIN = "gain", "Gain"
        NEED = "need", "Need"
        OBSERVATION = "observation", "Observation"
        OPPORTUNITY = "opportunity", "Opportunity"
        METRIC = "metric", "Metric"
        JOURNEY = "journey", "Nested journey"
        STEP = "step", "Step of another journey"
        FRONTSTAGE = "frontstage", "Frontstage action"
        BACKSTAGE = "backstage", "Backstage action"
        SYSTEM = "system", "System"
        POLICY = "policy", "Policy"
        SERVICE_LEVEL = "service_level", "Service level"
        EVIDENCE = "evidence", "Physical evidence"

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="cards")
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.TEXT)
    title = models.CharField(max_length=300)
    body = models.TextField(blank=True)
    channel = models.CharField(max_length=40, blank=True)
    owner = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    picture = models.ForeignKey(Picture, models.SET_NULL, null=True, blank=True, related_name="+")
    metric = models.CharField(max_length=60, blank=True)  # a slug of the catalog
    linked_journey = models.ForeignKey(Journey, models.SET_NULL, null=True, blank=True, related_name="+")
    linked_step = models.ForeignKey(Step, models.SET_NULL, null=True, blank=True, related_name="+")
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)

    objects = CardQuerySet.as_manager()

    class Meta:
        ordering = ["title", "id"]
        indexes = [models.Index(fields=["workspace", "kind", "title"])]

    def __str__(self):
        return self.title


class PlacementQuerySet(KeptQuerySet):
    def visible_to(self, member: Membership) -> "PlacementQuerySet":
        return self.on_kept_maps().filter(open_to(member, "journey__"))

    def on_kept_maps(self) -> "PlacementQuerySet":
        """Those whose card, journey, phase and step are all there."""
        return self.kept().filter(
            card__deleted_at=None,
            journey__deleted_at=None,
            step__deleted_at=None,
            step__phase__deleted_at=None,
        )


class Placement(models.Model):
    """A card at one step of one map, in one lane. Positions are fractions, so that a move changes one row."""

    card = models.ForeignKey(Card, models.CASCADE, related_name="placements")
    journey = models.ForeignKey(Journey, models.CASCADE, related_name="placements")
    step = models.ForeignKey(Step, models.CASCADE, related_name="placements")
    lane = models.CharField(max_length=40)  # the key of a lane
    position = models.FloatField()
    version = models.PositiveIntegerField(default=1)
    deleted_at = models.DateTimeField(null=True)

    objects = PlacementQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        indexes = [models.Index(fields=["journey", "lane", "step", "position"])]

    def __str__(self):
        return self.card.title

    @property
    def workspace_id(self) -> int:
        return self.journey.workspace_id
