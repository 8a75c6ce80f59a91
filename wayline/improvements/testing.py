"""Exactly one valid opportunity."""

from django.utils import timezone

from wayline.accounts.models import Workspace
from wayline.accounts.testing import make_workspace
from wayline.journeys.models import Card

from .models import Opportunity

OF_THE_CARD = ("title", "body", "owner", "deleted_at")


def make_opportunity(*, workspace: Workspace | None = None, **fields) -> Opportunity:
    """An opportunity that stands nowhere yet; the fields of its card may be given too."""
    workspace, now = workspace or make_workspace(), timezone.now()
    said = {name: fields.pop(name) for name in OF_THE_CARD if name in fields}
    defaults = {"title": "Tell customers when the parcel is late", "created_at": now, "changed_at": now}
    card = Card.objects.create(workspace=workspace, kind=Card.Kind.OPPORTUNITY, **(defaults | said))
    return Opportunity.objects.create(
        workspace=workspace, card=card, created_at=now, changed_at=now, **fields
    )
