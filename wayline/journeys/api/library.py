"""Endpoints about many journeys at once, mounted before those whose paths begin with a journey's id."""

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router

from wayline.accounts.api_auth import by, needs
from wayline.journeys import operations
from wayline.journeys.models import BulkChange, Journey, Phase, SavedView
from wayline.journeys.queries import gaps as missing
from wayline.journeys.queries import hierarchy, shelf
from wayline.journeys.schemas.journeys import JourneyOut
from wayline.journeys.schemas.library import (
    AttachIn,
    BulkChangeOut,
    ChangeIn,
    GapsOut,
    PlaceOut,
    ShelfOut,
    ViewIn,
    ViewOut,
)

from .find import drawn_journey_of

router = Router()


@router.get("/library", response=ShelfOut)
def library(
    request,
    q: str = "",
    owner: str = "",
    status: str = "",
    tag: str = "",
    persona: str = "",
    level: str = "",
    archived: str = "",
    sort: str = "",
    page: int = 1,
):
    """Journeys with how they go, filtered and sorted as on the library page, thirty a page."""
    found = shelf.shelf(request, request.member, now=timezone.now())
    listed = found.listing.page
    return {
        "items": found.rows,
        "n": listed.paginator.count,
        "page": listed.number,
        "pages": listed.paginator.num_pages,
    }


@router.get("/gaps", response=GapsOut)
def gaps(request):
    """Journeys without an owner or a binding, stages nobody maps, journeys bound to the same signals."""
    return missing.gaps(request.member)


@router.post("/change", response=BulkChangeOut)
@needs("contributor")
def change_journeys(request, body: ChangeIn):
    """Set the owner or status of many journeys, tag or archive them; the answer's id undoes it."""
    return operations.change_journeys(request.workspace, **body.dict(), **by(request))


@router.post("/changes/{change_id}/undo", response=BulkChangeOut)
@needs("contributor")
def undo_change(request, change_id: int):
    """Put the journeys of a change back, where nobody has changed them since."""
    change = get_object_or_404(BulkChange.objects.visible_to(request.member), pk=change_id)
    operations.undo_change(change, **by(request))
    return change


@router.get("/views", response=list[ViewOut])
def views(request):
    """One's own saved views of the library, and the shared ones."""
    return SavedView.objects.visible_to(request.member)


@router.post("/views", response={201: ViewOut})
@needs("contributor")
def save_view(request, body: ViewIn):
    """Keep a way of looking at the library; `query` is the library page's query string."""
    return 201, operations.save_view(request.workspace, **body.dict(), **by(request))


@router.post("/views/{view_id}/delete", response={204: None})
@needs("contributor")
def delete_view(request, view_id: int):
    """Forget a saved view of one's own."""
    own = SavedView.objects.visible_to(request.member)
    view = get_object_or_404(own, pk=view_id)
    operations.delete_view(view, **by(request))
    return 204, None


@router.get("/{journey_id}/place", response=PlaceOut)
def place(request, journey_id: int):
    """Where a journey stands among the others, what stands in it, and how that goes together."""
    return hierarchy.place(drawn_journey_of(request, journey_id), request.member, now=timezone.now())


@router.post("/{journey_id}/attach", response=JourneyOut)
@needs("contributor")
def attach_journey(request, journey_id: int, body: AttachIn):
    """Put a journey into another, as the detail of one of its phases or of the whole; no circles."""
    journey = drawn_journey_of(request, journey_id)
    parent = get_object_or_404(Journey.objects.visible_to(request.member), pk=body.parent)
    phase = None
    if body.phase is not None:
        phase = get_object_or_404(Phase.objects.visible_to(request.member), pk=body.phase)
    operations.attach_journey(journey, parent=parent, phase=phase, **by(request))
    return journey


@router.post("/{journey_id}/detach", response=JourneyOut)
@needs("contributor")
def detach_journey(request, journey_id: int):
    """Take a journey out of the one it stands in."""
    journey = drawn_journey_of(request, journey_id)
    operations.detach_journey(journey, **by(request))
    return journey
