"""Which steps rely on a signal name, for the page of the name."""

from django.urls import reverse

from wayline.accounts.models import Membership
from wayline.signals.names.uses import Use, mentions

from . import conditions
from .models import Step


class _Steps:
    """What signals asks by name; see signals.names.uses."""

    def uses(self, member: Membership, kind: str, name: str) -> list[Use]:
        found = []
        bound = Step.objects.visible_to(member).exclude(condition=None)
        for step in bound.select_related("phase__journey"):
            condition = conditions.parsed(step.condition)
            way = mentions(condition, kind, name) if condition else ""
            if way:
                journey = step.phase.journey
                address = reverse("journeys:map", args=[member.workspace.slug, journey.pk])
                found.append(Use(f"{journey}: {step}", address, way == "kind"))
        return found


STEPS = _Steps()
