from django.db import models

from wayline.accounts.models import Membership

from .cards import Placement
from .journeys import Journey
from .kept import KeptQuerySet
from .seats import open_to


class HandoffQuerySet(KeptQuerySet):
    def visible_to(self, member: Membership) -> "HandoffQuerySet":
        return self.drawn().filter(open_to(member, "journey__"))

    def drawn(self) -> "HandoffQuerySet":
        """Those whose two cards stand on the map."""
        standing = Placement.objects.on_kept_maps()
        return self.kept().filter(source__in=standing, target__in=standing)


class Handoff(models.Model):
    """Work goes from one card of the blueprint to another; meanwhile somebody waits.

    Its wait is measured from the signals of the steps the cards stand at, unless it names signals of its own.
    """

    journey = models.ForeignKey(Journey, models.CASCADE, related_name="handoffs")
    source = models.ForeignKey(Placement, models.CASCADE, related_name="handoffs_out")
    target = models.ForeignKey(Placement, models.CASCADE, related_name="handoffs_in")
    label = models.CharField(max_length=120, blank=True)
    expected_minutes = models.PositiveIntegerField(null=True, blank=True)
    begins_with = models.CharField(max_length=200, blank=True)  # a signal's name; empty: the source's step
    ends_with = models.CharField(max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1)
    deleted_at = models.DateTimeField(null=True)

    objects = HandoffQuerySet.as_manager()

    class Meta:
        ordering = ["id"]

    def __str__(self):
        return f"{self.source} → {self.target}"

    @property
    def workspace_id(self) -> int:
        return self.journey.workspace_id
