from datetime import timedelta

from django.db import models
from django.urls import reverse

from wayline.accounts.models import Membership, User, Workspace

from .feelings import PersonaFeeling
from .kept import KeptQuerySet
from .seats import changeable_by, open_to
from .steps import Phase, Step, Touchpoint


class JourneyQuerySet(KeptQuerySet):
    def visible_to(self, member: Membership) -> "JourneyQuerySet":
        return self.kept().filter(open_to(member))

    def editable_by(self, member: Membership) -> "JourneyQuerySet":
        """Those the member may change, if their role lets them change anything."""
        return self.visible_to(member).filter(changeable_by(member.user))

    def deleted_from(self, member: Membership) -> "JourneyQuerySet":
        return self.filter(open_to(member)).exclude(deleted_at=None)

    def current(self) -> "JourneyQuerySet":
        """Neither deleted nor archived."""
        return self.kept().filter(archived_at=None)

    def roots(self) -> "JourneyQuerySet":
        """Those that stand in no other, or whose place was deleted or archived."""
        lost = ~models.Q(parent__deleted_at=None) | ~models.Q(parent__archived_at=None)
        return self.filter(models.Q(parent=None) | lost)

    def below(self, journey: "Journey") -> "JourneyQuerySet":
        """Everything inside the journey, at any depth."""
        return self.filter(lineage__startswith=journey.lineage_inside)

    def with_feelings(self) -> "JourneyQuerySet":
        """After `with_steps`: what is assumed of single personas too."""
        drawn = PersonaFeeling.objects.drawn().select_related("persona").order_by("persona__name", "persona")
        return self.prefetch_related(models.Prefetch("phases__steps__persona_feelings", drawn))

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

    class Perspective(models.TextChoices):
        CUSTOMER = "customer", "A customer"
        EMPLOYEE = "employee", "An employee who serves"

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        RESEARCH = "research", "Being researched"
        LIVE = "live", "Live"
        RETIRED = "retired", "Retired"

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="journeys")
    title = models.CharField(max_length=160)
    goal = models.CharField(max_length=300, blank=True)
    persona = models.CharField(max_length=160, blank=True)
    owner = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    window_days = models.PositiveIntegerField(null=True, blank=True, default=30)  # None: no limit
    start = models.CharField(max_length=10, choices=Start, default=Start.ANY)
    follow = models.CharField(max_length=10, choices=Follow, default=Follow.CUSTOMER)
    perspective = models.CharField(max_length=10, choices=Perspective, default=Perspective.CUSTOMER)
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    parent = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="children")
    is_restricted = models.BooleanField(default=False)  # only those with a seat may see it
    parent_phase = models.ForeignKey(Phase, models.SET_NULL, null=True, blank=True, related_name="journeys")
    lineage = models.TextField(default="/")  # the journeys it stands in, outermost first: "/4/17/"
    level = models.PositiveSmallIntegerField(default=0)  # how many journeys it stands in
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField()
    drift_muted_at = models.DateTimeField(null=True)  # nobody is told of drift; None: the owner is
    archived_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)

    objects = JourneyQuerySet.as_manager()

    class Meta:
        ordering = ["title", "id"]
        indexes = [
            models.Index(fields=["workspace", "title"]),
            models.Index(fields=["workspace", "status"]),
            models.Index(fields=["workspace", "level"]),
        ]
        constraints = [
            models.CheckConstraint(condition=~models.Q(parent=models.F("id")), name="no_journey_in_itself")
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("journeys:map", args=[self.workspace.slug, self.pk])

    @property
    def window(self) -> timedelta | None:
        return None if self.window_days is None else timedelta(days=self.window_days)

    @property
    def lineage_inside(self) -> str:
        """The lineage of a journey that stands directly in this one."""
        return f"{self.lineage}{self.pk}/"

    @property
    def ancestors(self) -> list[int]:
        """The keys of the journeys it stands in, outermost first."""
        return [int(part) for part in self.lineage.split("/") if part]


class JourneyTagQuerySet(models.QuerySet):
    def visible_to(self, member: Membership) -> "JourneyTagQuerySet":
        return self.filter(workspace=member.workspace_id)


class JourneyTag(models.Model):
    """A word by which journeys are found again. It names the workspace too, to list all words fast."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    journey = models.ForeignKey(Journey, models.CASCADE, related_name="tags")
    name = models.CharField(max_length=40)

    objects = JourneyTagQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["journey", "name"], name="a_tag_stands_once")]
        indexes = [models.Index(fields=["workspace", "name"])]

    def __str__(self):
        return self.name
