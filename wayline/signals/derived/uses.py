"""Which rules look at a signal name, for the page of the name."""

from django.urls import reverse

from wayline.accounts.models import Membership
from wayline.signals.names.uses import Use, mentions

from .models import DerivedRule
from .rules import conditions_of


class _Rules:
    """What the page of a name asks by name; see names.uses."""

    def uses(self, member: Membership, kind: str, name: str) -> list[Use]:
        found = []
        for rule in DerivedRule.objects.visible_to(member):
            ways = {mentions(each, kind, name) for each in conditions_of(rule.says)} - {""}
            if ways or (kind, name) == ("derived", rule.name):
                address = reverse("signals:rule", args=[member.workspace.slug, rule.pk])
                found.append(Use(rule.name, address, ways == {"kind"}))
        return found


RULES = _Rules()
