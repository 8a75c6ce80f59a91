"""The cards, lanes, branches, discussions and share links of a map, for programs."""

from typing import Any

from django.shortcuts import get_object_or_404
from ninja import File, Router
from ninja.files import UploadedFile

from wayline.accounts.api_auth import by, needs
from wayline.accounts.models import User
from wayline.journeys import operations, share_links, wording
from wayline.journeys.models import Card, Edge, Edit, Journey, Picture, Placement, Share, Step, Thread
from wayline.journeys.queries import board, lanes, leading, talks
from wayline.journeys.schemas.map import (
    AnswerIn,
    CardChangeIn,
    CardIn,
    EdgeIn,
    EdgeOut,
    EditOut,
    LaneChangeIn,
    LaneIn,
    LaneOut,
    LeadOut,
    PasteIn,
    PictureIn,
    PictureOut,
    PlaceIn,
    PlacementOut,
    RemarkOut,
    SharedOut,
    ShareIn,
    ShareOut,
    ThreadIn,
    ThreadOut,
)

from .find import journey_of

router = Router()


def _step(request, journey: Journey, step_id: int) -> Step:
    found = Step.objects.visible_to(request.member).select_related("phase__journey__workspace")
    return get_object_or_404(found.filter(phase__journey=journey), pk=step_id)


def _placement(request, placement_id: int) -> Placement:
    found = Placement.objects.visible_to(request.member).select_related("card__owner", "journey__workspace")
    return get_object_or_404(found, pk=placement_id)


def _thread(request, thread_id: int) -> Thread:
    found = Thread.objects.visible_to(request.member).select_related("journey__workspace")
    return get_object_or_404(found, pk=thread_id)


def _talk(thread: Thread) -> dict:
    found = talks.about(thread.journey, thread.subject_kind, thread.subject_key)
    return next(_told(talk) for talk in found if talk.thread.pk == thread.pk)


def _told(talk: talks.Talk) -> dict:
    thread = talk.thread
    return {
        "id": thread.pk,
        "subject_kind": thread.subject_kind,
        "subject_key": thread.subject_key,
        "about": talk.about,
        "is_resolved": thread.resolved_at is not None,
        "comments": talk.comments,
    }


@router.get("/{journey_id}/cards", response=list[PlacementOut])
def cards(request, journey_id: int):
    """Every card of the map, where it stands."""
    found = Placement.objects.on_kept_maps().filter(journey=journey_of(request, journey_id))
    return found.select_related("card__owner").order_by("lane", "step", "position", "pk")


@router.post("/{journey_id}/cards", response={201: PlacementOut})
@needs("contributor")
def add_card(request, journey_id: int, body: CardIn):
    """Write a card, or place one of the library, at the end of a lane's cell at a step."""
    journey = journey_of(request, journey_id)
    step = _step(request, journey, body.step)
    if body.card is not None:
        card = get_object_or_404(Card.objects.visible_to(request.member), pk=body.card)
        placed = operations.place_card(card, journey=journey, step=step, lane=body.lane, **by(request))
        return 201, placed
    details = body.dict(include={"kind", "body", "channel", "metric"}, exclude_none=True)
    added = operations.add_card(
        journey, step=step, lane=body.lane, title=body.title, **details, **by(request)
    )
    return 201, added


@router.post("/{journey_id}/cards/paste", response={201: list[PlacementOut]})
@needs("contributor")
def paste_cards(request, journey_id: int, body: PasteIn):
    """Cards from a block of a spreadsheet: columns along the steps, rows below one another."""
    journey = journey_of(request, journey_id)
    step = _step(request, journey, body.step)
    return 201, operations.paste_cards(journey, step=step, lane=body.lane, text=body.text, **by(request))


@router.post("/cards/{placement_id}/describe", response=PlacementOut)
@needs("contributor")
def describe_card(request, placement_id: int, body: CardChangeIn):
    """Change what a card says, on every map it stands on; 409 when somebody changed it since `seen`."""
    placement = _placement(request, placement_id)
    changes = body.dict(exclude={"seen"}, exclude_unset=True)
    rows: dict[str, Any] = {"linked_journey": Journey, "linked_step": Step, "picture": Picture}
    for name, model in rows.items():
        if changes.get(name) is not None:
            changes[name] = get_object_or_404(model.objects.visible_to(request.member), pk=changes[name])
    if changes.get("owner"):
        changes["owner"] = get_object_or_404(
            User, memberships__workspace=request.workspace, email=changes["owner"]
        )
    operations.describe_card(
        placement.card, journey=placement.journey, seen=body.seen, **changes, **by(request)
    )
    return _placement(request, placement_id)


@router.post("/cards/{placement_id}/move", response=PlacementOut)
@needs("contributor")
def move_card(request, placement_id: int, body: PlaceIn):
    """Move a card to a step; 409 when somebody moved it since `seen`."""
    placement = _placement(request, placement_id)
    step = _step(request, placement.journey, body.step)
    before = _placement(request, body.before) if body.before else None
    operations.move_cards(
        [placement], step=step, lane=body.lane, before=before, seen=body.seen, **by(request)
    )
    return _placement(request, placement_id)


@router.post("/cards/{placement_id}/remove", response={204: None})
@needs("contributor")
def remove_card(request, placement_id: int):
    """Take a card off its map; it stays in the library."""
    operations.remove_cards([_placement(request, placement_id)], **by(request))
    return 204, None


@router.post("/cards/{placement_id}/delete", response={204: None})
@needs("contributor")
def delete_card(request, placement_id: int):
    """Delete a card from the library, and so from every map."""
    placement = _placement(request, placement_id)
    operations.delete_card(placement.card, journey=placement.journey, **by(request))
    return 204, None


@router.post("/pictures/upload", response={201: PictureOut})
@needs("contributor")
def upload_picture(request, file: UploadedFile = File(...)):  # noqa: B008 - how the library says it
    """Keep a picture, checked, made small and without its metadata; a card then names it."""
    return 201, operations.upload_picture(request.workspace, file, **by(request))


@router.post("/pictures/keep", response={201: PictureOut})
@needs("contributor")
def keep_picture(request, body: PictureIn):
    """Keep a picture of a map file; documents then name it, and need not carry it."""
    return 201, operations.keep_picture(request.workspace, body.content, **by(request))


@router.get("/{journey_id}/lanes", response=list[LaneOut])
def lanes_of(request, journey_id: int):
    """The lanes of the map in their order, the hidden ones too."""
    return lanes.layout(journey_of(request, journey_id))


@router.post("/{journey_id}/lanes", response={201: list[LaneOut]})
@needs("contributor")
def add_lane(request, journey_id: int, body: LaneIn):
    """Add a lane of this map's own."""
    journey = journey_of(request, journey_id)
    operations.add_lane(journey, **body.dict(), **by(request))
    return 201, lanes.layout(journey)


@router.post("/{journey_id}/lanes/{lane_key}/change", response=list[LaneOut])
@needs("contributor")
def change_lane(request, journey_id: int, lane_key: str, body: LaneChangeIn):
    """Rename, hide, show or move a lane."""
    journey = journey_of(request, journey_id)
    if body.title is not None:
        operations.rename_lane(journey, lane_key, title=body.title, **by(request))
    if body.is_hidden is not None:
        operation = operations.hide_lane if body.is_hidden else operations.show_lane
        operation(journey, lane_key, **by(request))
    if body.places:
        operations.move_lane(journey, lane_key, places=body.places, **by(request))
    return lanes.layout(journey)


@router.post("/{journey_id}/lanes/{lane_key}/delete", response={204: None})
@needs("contributor")
def delete_lane(request, journey_id: int, lane_key: str):
    """Delete a lane of this map's own."""
    operations.delete_lane(journey_of(request, journey_id), lane_key, **by(request))
    return 204, None


@router.get("/{journey_id}/edges", response=list[EdgeOut])
def edges(request, journey_id: int):
    """The branches and loops of the map."""
    return Edge.objects.between_kept_steps().filter(journey=journey_of(request, journey_id))


@router.get("/steps/{step_id}/leading", response=list[LeadOut])
def leading_to(request, step_id: int):
    """The steps that lead to this one, such as an employee's to what it does for a customer."""
    step = get_object_or_404(Step.objects.visible_to(request.member), pk=step_id)
    return leading.leading_to(step, request.member)


@router.post("/steps/{step_id}/connect", response={201: EdgeOut})
@needs("contributor")
def connect(request, step_id: int, body: EdgeIn):
    """Draw a branch or a loop from this step to another one."""
    found = Step.objects.visible_to(request.member).select_related("phase__journey")
    source = get_object_or_404(found, pk=step_id)
    target = _step(request, source.phase.journey, body.target)
    return 201, operations.add_edge(source, target, label=body.label, kind=body.kind, **by(request))


@router.post("/edges/{edge_id}/delete", response={204: None})
@needs("contributor")
def disconnect(request, edge_id: int):
    """Take a branch or a loop away."""
    operations.delete_edge(
        get_object_or_404(Edge.objects.visible_to(request.member), pk=edge_id), **by(request)
    )
    return 204, None


@router.get("/{journey_id}/edits", response=list[EditOut])
def edits(request, journey_id: int):
    """The latest hundred changes of the map that can be or were undone."""
    return Edit.objects.visible_to(request.member).filter(journey=journey_of(request, journey_id))[:100]


@router.post("/{journey_id}/undo", response=EditOut)
@needs("contributor")
def undo(request, journey_id: int):
    """Take back the last change of this map that the key's maker made, by the program or by hand."""
    return operations.undo(journey_of(request, journey_id), **by(request))


@router.post("/{journey_id}/redo", response=EditOut)
@needs("contributor")
def redo(request, journey_id: int):
    """Do again what was undone last."""
    return operations.redo(journey_of(request, journey_id), **by(request))


@router.get("/{journey_id}/wording", response=list[RemarkOut])
def remarks(request, journey_id: int):
    """The steps whose titles do not speak as the customer, and what to change."""
    found = [
        (each.step, wording.remark(each.step.title))
        for each in board.numbered(journey_of(request, journey_id))
    ]
    return [{"step": step.pk, "title": step.title, "remark": remark} for step, remark in found if remark]


@router.get("/{journey_id}/threads", response=list[ThreadOut])
def threads(request, journey_id: int, resolved: bool = False):
    """The discussions on the map, the open ones unless `resolved` is asked for too."""
    return [
        _told(talk) for talk in talks.of_journey(journey_of(request, journey_id), shows_resolved=resolved)
    ]


@router.post("/{journey_id}/threads", response={201: ThreadOut})
@needs("contributor")
def begin_thread(request, journey_id: int, body: ThreadIn):
    """Begin a discussion about the journey, a phase, a step or a card."""
    journey = journey_of(request, journey_id)
    return 201, _talk(operations.begin_thread(journey, **body.dict(), **by(request)))


@router.post("/threads/{thread_id}/answer", response=ThreadOut)
@needs("contributor")
def answer_thread(request, thread_id: int, body: AnswerIn):
    """Say something in a discussion."""
    thread = _thread(request, thread_id)
    operations.answer_thread(thread, text=body.text, **by(request))
    return _talk(thread)


@router.post("/threads/{thread_id}/resolve", response=ThreadOut)
@needs("contributor")
def resolve_thread(request, thread_id: int):
    """Mark a discussion as settled."""
    thread = _thread(request, thread_id)
    operations.resolve_thread(thread, **by(request))
    return _talk(thread)


@router.get("/{journey_id}/shares", response=list[ShareOut])
@needs("contributor")
def shares(request, journey_id: int):
    """The links by which people without an account read the map."""
    return Share.objects.visible_to(request.member).filter(journey=journey_of(request, journey_id))


@router.post("/{journey_id}/shares", response={201: SharedOut})
@needs("contributor")
def make_share(request, journey_id: int, body: ShareIn):
    """Make a link by which people without an account read the map; its address is in the answer."""
    share = operations.make_share(journey_of(request, journey_id), **body.dict(), **by(request))
    return 201, {"share": share, "address": share_links.address(request, share)}


@router.post("/shares/{share_id}/end", response=ShareOut)
@needs("contributor")
def end_share(request, share_id: int):
    """Close a link for good."""
    share = get_object_or_404(Share.objects.visible_to(request.member).select_related("journey"), pk=share_id)
    operations.end_share(share, **by(request))
    return share
