"""Endpoints about handoffs of a blueprint."""

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router

from wayline.accounts.api_auth import by, needs
from wayline.journeys import operations, queries
from wayline.journeys.models import Handoff, Journey, Placement
from wayline.journeys.operations.refusals import CardElsewhere
from wayline.journeys.queries import handoffs
from wayline.journeys.schemas.map import HandoffChangeIn, HandoffIn, HandoffOut

from .find import drawn_journey_of

router = Router()


def _handoff(request, handoff_id: int) -> Handoff:
    rows = Handoff.objects.visible_to(request.member)
    rows = rows.select_related("journey", "source__card", "target__card")
    return get_object_or_404(rows, pk=handoff_id)


def _placement(request, journey: Journey, key: int) -> Placement:
    rows = Placement.objects.visible_to(request.member).filter(journey=journey)
    found = rows.select_related("card", "step", "journey").filter(pk=key).first()
    if found is None:
        raise CardElsewhere("Both ends of a handoff must be cards of this map.")
    return found


def _measured(journey: Journey) -> tuple[handoffs.Measured, ...]:
    return handoffs.of_journey(journey, queries.usual_reading(journey, now=timezone.now()))


def _one(request, handoff: Handoff) -> handoffs.Measured:
    found = _measured(drawn_journey_of(request, handoff.journey_id))
    return next(each for each in found if each.handoff.pk == handoff.pk)


@router.get("/{journey_id}/handoffs", response=list[HandoffOut])
def all_handoffs(request, journey_id: int):
    """Every handoff of the map with its expected and its measured wait."""
    return list(_measured(drawn_journey_of(request, journey_id)))


@router.post("/{journey_id}/handoffs", response={201: HandoffOut})
@needs("contributor")
def add_handoff(request, journey_id: int, body: HandoffIn):
    """Draw that work goes from one card of the blueprint to another."""
    journey, said = drawn_journey_of(request, journey_id), body.dict()
    source, target = (_placement(request, journey, said.pop(name)) for name in ("source", "target"))
    return 201, _one(request, operations.add_handoff(source, target, **said, **by(request)))


@router.post("/handoffs/{handoff_id}/describe", response=HandoffOut)
@needs("contributor")
def describe_handoff(request, handoff_id: int, body: HandoffChangeIn):
    """Change the expected wait, the words, or the signals; 409 when somebody changed it since `seen`."""
    handoff = _handoff(request, handoff_id)
    said = body.dict(exclude={"seen"}, exclude_unset=True)
    operations.describe_handoff(handoff, seen=body.seen, **said, **by(request))
    return _one(request, handoff)


@router.post("/handoffs/{handoff_id}/delete", response={204: None})
@needs("contributor")
def delete_handoff(request, handoff_id: int):
    """Take a handoff off the blueprint."""
    operations.delete_handoff(_handoff(request, handoff_id), **by(request))
    return 204, None
