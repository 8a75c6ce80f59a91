from django.core.validators import MinValueValidator
from django.db import models

from wayline.accounts.models import InWorkspace, Workspace


class TrustRules(models.Model):
    """How far each source is believed, and when a trait is stale. Without a row: all alike, and never."""

    workspace = models.OneToOneField(Workspace, models.CASCADE, related_name="+")
    levels = models.JSONField(default=dict)  # source: level, 1 is believed most; the others come after all
    stale_after_days = models.PositiveIntegerField(null=True, validators=[MinValueValidator(1)])

    objects = InWorkspace.as_manager()

    class Meta:
        verbose_name_plural = "trust rules"

    def __str__(self):
        return f"{len(self.levels)} sources in order"
