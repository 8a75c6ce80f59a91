from django.db import models

from wayline.accounts.models import Membership

from .kept import KeptQuerySet
from .seats import open_to
from .steps import Step


class PersonaFeelingQuerySet(KeptQuerySet):
    def visible_to(self, member: Membership) -> "PersonaFeelingQuerySet":
        return self.drawn().filter(open_to(member, "step__phase__journey__"))

    def drawn(self) -> "PersonaFeelingQuerySet":
        """Those that a map shows: the persona and the step are there."""
        return self.kept().filter(persona__deleted_at=None, step__deleted_at=None)


class PersonaFeeling(models.Model):
    """What the team believes one persona feels at a step, −2 to +2."""

    step = models.ForeignKey(Step, models.CASCADE, related_name="persona_feelings")
    persona = models.ForeignKey("journeys.Persona", models.CASCADE, related_name="feelings")
    feeling = models.FloatField()
    version = models.PositiveIntegerField(default=1)
    deleted_at = models.DateTimeField(null=True)

    objects = PersonaFeelingQuerySet.as_manager()

    class Meta:
        ordering = ["persona__name", "persona_id"]
        constraints = [
            models.UniqueConstraint(fields=["step", "persona"], name="one_feeling_per_step_and_persona")
        ]

    def __str__(self):
        return f"{self.persona} at {self.step}"

    @property
    def workspace_id(self) -> int:
        return self.persona.workspace_id
