"""Which metrics rely on a signal name, for the page of the name."""

from django.urls import reverse

from wayline.accounts.models import Membership
from wayline.signals.names.uses import Use, mentions

from . import catalog


class _Metrics:
    """What signals asks by name; see signals.names.uses."""

    def uses(self, member: Membership, kind: str, name: str) -> list[Use]:
        found = []
        for metric in catalog.ALL:
            ways = {mentions(each, kind, name) for each in (metric.of, metric.then) if each is not None}
            if ways - {""}:
                address = reverse("metrics:metric", args=[member.workspace.slug, metric.slug])
                found.append(Use(metric.name, address, "name" not in ways))
        return found


METRICS = _Metrics()
