"""Exactly one valid journey, and customers who take it."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

from django.core.files.base import ContentFile
from django.utils import timezone

from wayline.accounts.models import Workspace
from wayline.accounts.testing import make_workspace
from wayline.signals.conditions import SignalIs
from wayline.signals.testing import make_signal, observe
from wayline.signals.vocabulary import Signal

from .models import Card, Handoff, Journey, MomentChange, Persona, Phase, Picture, Placement, Step

ONE_PIXEL = bytes.fromhex("524946461a000000574542505650384c0d0000002f00000010071011118888fe0700")
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


def make_card(step: Step, *, lane: str = "pain", title: str = "The slot is too late", **fields) -> Placement:
    """A card in the last place of a lane's cell."""
    now, journey = timezone.now(), step.phase.journey
    defaults = {"kind": "pain", "created_at": now, "changed_at": now}
    card = Card.objects.create(workspace=journey.workspace, title=title, **(defaults | fields))
    position = Placement.objects.filter(step=step, lane=lane).count() + 1
    return Placement.objects.create(card=card, journey=journey, step=step, lane=lane, position=position)


def make_picture(workspace: Workspace) -> Picture:
    """A picture of one pixel."""
    picture = Picture(
        workspace=workspace,
        width=1,
        height=1,
        digest=sha256(ONE_PIXEL).hexdigest()[:32],
        uploaded_at=timezone.now(),
    )
    picture.file.save("one-pixel.webp", ContentFile(ONE_PIXEL), save=False)
    picture.save()
    return picture


def make_change(*, workspace: Workspace | None = None, step: Step | None = None, **fields) -> MomentChange:
    """A guide that is planned for the first step."""
    now = timezone.now()
    step = step or make_journey(workspace=workspace).phases.get().steps.first()
    defaults = {"kind": "technology", "what": "A guide that connects for them"}
    return MomentChange.objects.create(step=step, created_at=now, changed_at=now, **(defaults | fields))


def make_handoff(*, workspace: Workspace | None = None, journey: Journey | None = None, **fields) -> Handoff:
    """The desk hands the first step's order to the warehouse at the second; two hours are expected."""
    journey = journey or make_journey(workspace=workspace)
    first, second = journey.phases.get().steps.all()[:2]
    source = make_card(first, lane="frontstage", kind="frontstage", title="The desk takes the order")
    target = make_card(second, lane="backstage", kind="backstage", title="The warehouse packs it")
    defaults = {"expected_minutes": 120}
    return Handoff.objects.create(journey=journey, source=source, target=target, **(defaults | fields))
