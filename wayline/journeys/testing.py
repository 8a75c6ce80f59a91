"""Exactly one valid journey, and customers who take it."""

from datetime import UTC, datetime, timedelta

from django.utils import timezone

from wayline.accounts.models import Workspace
from wayline.accounts.testing import make_workspace
from wayline.signals.conditions import SignalIs
from wayline.signals.testing import make_signal, observe
from wayline.signals.vocabulary import Signal

from .models import Journey, Persona, Phase, Step

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


def bound_to(*names: str) -> dict:
    """A stored condition for signals of these names."""
    return SignalIs(names=names).model_dump(mode="json")


def make_step(phase: Phase | None = None, **fields) -> Step:
    phase = phase or make_journey(steps=()).phases.get()
    defaults = {
        "title": "I place my order",
        "key": f"step-{phase.steps.count()}",
        "position": phase.steps.count(),
    }
    return Step.objects.create(phase=phase, **(defaults | fields))


def make_journey(
    *,
    workspace: Workspace | None = None,
    steps: tuple[str, ...] = ("Order Placed", "Order Shipped", "Order Delivered"),
    **fields,
) -> Journey:
    """A journey with one phase; its steps are bound to signals of these names."""
    now = timezone.now()
    defaults = {"title": "I order something", "created_at": now, "changed_at": now}
    journey = Journey.objects.create(workspace=workspace or make_workspace(), **(defaults | fields))
    phase = Phase.objects.create(journey=journey, name="Order", question="When is it coming?", position=0)
    for position, name in enumerate(steps):
        make_step(
            phase, title=name, key=name.lower().replace(" ", "-"), position=position, condition=bound_to(name)
        )
    return journey


def make_persona(*, workspace: Workspace | None = None, **fields) -> Persona:
    """Somebody new to us, bound to no segment."""
    now = timezone.now()
    defaults = {"name": "Newcomer", "created_at": now, "changed_at": now}
    return Persona.objects.create(workspace=workspace or make_workspace(), **(defaults | fields))


def travel(workspace: Workspace, *ways: tuple[str, int], at: datetime = MONDAY, **fields) -> None:
    """Customers who did these things an hour apart: travel(shop, ("Order Placed > Order Shipped", 40))."""
    signals: list[Signal] = []
    for way, customers in ways:
        for number in range(customers):
            signals.extend(
                make_signal(
                    name=name,
                    external_id=f"{way}-{number}-{at:%m%d}",
                    at=at + timedelta(hours=hour),
                    **fields,
                )
                for hour, name in enumerate(way.split(" > "))
            )
    observe(workspace, *signals)
