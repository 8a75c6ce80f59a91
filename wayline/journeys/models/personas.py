from django.db import models
from django.urls import reverse

from wayline.accounts.models import Membership, User, Workspace
from wayline.signals.models import Segment

from .cards import Picture
from .journeys import Journey
from .kept import KeptQuerySet


class PersonaQuerySet(KeptQuerySet):
    def visible_to(self, member: Membership) -> "PersonaQuerySet":
        return self.kept().filter(workspace=member.workspace_id)

    def deleted_from(self, member: Membership) -> "PersonaQuerySet":
        return self.filter(workspace=member.workspace_id).exclude(deleted_at=None)


class Persona(models.Model):
    """Whom journeys are drawn for. Bound to a segment, it has a size, scores and losses of its own."""

    class Evidence(models.TextChoices):
        ASSUMED = "assumed", "Assumed by the team"
        NOTES = "notes", "Notes and observations"
        INTERVIEWS = "interviews", "Interviews"
        SURVEY = "survey", "Survey"
        SIGNALS = "signals", "Signals of real customers"

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="personas")
    name = models.CharField(max_length=120)
    summary = models.CharField(max_length=300, blank=True)
    segment = models.ForeignKey(Segment, models.SET_NULL, null=True, blank=True, related_name="+")
    picture = models.ForeignKey(Picture, models.SET_NULL, null=True, blank=True, related_name="+")
    picture_alt = models.CharField(max_length=200, blank=True)  # for those who cannot see the picture
    needs = models.JSONField(default=list, blank=True)  # each of these lists holds sentences
    jobs = models.JSONField(default=list, blank=True)
    behaviors = models.JSONField(default=list, blank=True)
    quotes = models.JSONField(default=list, blank=True)
    channels = models.JSONField(default=list, blank=True)
    evidence = models.CharField(max_length=12, choices=Evidence, default=Evidence.ASSUMED)
    evidence_note = models.CharField(max_length=300, blank=True)  # "12 interviews, May 2026"
    journeys = models.ManyToManyField(Journey, related_name="personas", blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)

    objects = PersonaQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "name"],
                condition=models.Q(deleted_at=None),
                name="one_persona_per_name_in_workspace",
            )
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("journeys:persona", args=[self.workspace.slug, self.pk])

    @property
    def short_name(self) -> str:
        """ "Priya" of "Priya, the time-poor switcher": for where there is little room."""
        return self.name.split(",")[0]

    @property
    def alt(self) -> str:
        return self.picture_alt or f"Picture of {self.name}"

    @property
    def initials(self) -> str:
        return "".join(word[0] for word in self.short_name.split()[:2]).upper()
