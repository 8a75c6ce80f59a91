"""Exactly one valid insight, and evidence for it."""

from datetime import UTC, datetime

from django.utils import timezone

from wayline.accounts.models import Workspace
from wayline.accounts.testing import make_workspace
from wayline.journeys.models import Card
from wayline.signals.conditions import SignalIs

from .models import Evidence, Insight

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


def make_insight(*, workspace: Workspace | None = None, **fields) -> Insight:
    """A pain point nobody has placed yet; the fields of its card may be given too."""
    workspace, now = workspace or make_workspace(), timezone.now()
    own = {name: fields.pop(name) for name in ("certainty", "fresh_days") if name in fields}
    defaults = {"title": "Parcel never came", "kind": Card.Kind.PAIN, "created_at": now, "changed_at": now}
    card = Card.objects.create(workspace=workspace, **(defaults | fields))
    return Insight.objects.create(workspace=workspace, card=card, created_at=now, changed_at=now, **own)


def make_evidence(insight: Insight | None = None, **fields) -> Evidence:
    """Signals that show it, named “Parcel Lost”."""
    defaults = {
        "kind": Evidence.Kind.SIGNALS,
        "condition": SignalIs(names=("Parcel Lost",)).model_dump(mode="json"),
        "added_at": timezone.now(),
    }
    return Evidence.objects.create(insight=insight or make_insight(), **(defaults | fields))
