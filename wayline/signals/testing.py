"""Signals for tests: made, accepted, and loaded as in life."""

from datetime import UTC, datetime
from itertools import count
from typing import Any

from django.utils import timezone

from wayline.accounts.testing import make_workspace

from . import journal, load
from .conditions import Test, TraitIs
from .models import Segment
from .vocabulary import Kind, Signal

_numbers = count(1)
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


def make_signal(**fields) -> Signal:
    """Ines placed an order; any field may be given."""
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "kind": Kind.BEHAVIOR.value,
        "name": "Order Placed",
        "at": MONDAY,
        "key": f"signal-{number}",
        "external_id": "ines",
    }
    if {"email", "phone", "anonymous_id"} & fields.keys():
        defaults.pop("external_id")
    return Signal(**(defaults | fields))


def observe(workspace, *signals: Signal, source: str = "test") -> load.Loaded:
    """Accept the signals and load them; they can be asked for when this returns."""
    journal.append(workspace.pk, source, signals, received_at=timezone.now())
    return load.drain()


def make_segment(*, workspace=None, **fields) -> Segment:
    """Customers on the pro plan; any field may be given."""
    condition = TraitIs(test=Test(field="plan", op="is", value="pro"))
    defaults = {
        "name": f"Pro customers {next(_numbers)}",
        "condition": condition.model_dump(mode="json"),
        "created_at": timezone.now(),
    }
    return Segment.objects.create(workspace=workspace or make_workspace(), **(defaults | fields))
