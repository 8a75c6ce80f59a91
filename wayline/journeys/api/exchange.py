"""Endpoints that hand out and take whole maps: what `wayline journeys pull` and `push` call."""

from typing import Any

from ninja import Router, Schema

from wayline.accounts.api_auth import by, needs
from wayline.journeys import operations
from wayline.journeys.exchange import document, drawing
from wayline.journeys.models import Journey

from .find import journey_of

router = Router()


class MapOut(Schema):
    """A whole map; `revision` is the same for the same map."""

    journey: int
    revision: str
    document: dict[str, Any]
    yaml: str


class MapIn(Schema):
    document: dict[str, Any]


class ReplaceIn(Schema):
    """`revision` is the one the document was written from; null replaces whatever is there."""

    document: dict[str, Any]
    revision: str | None = None


def _out(journey: Journey) -> dict:
    found = drawing.document_of(journey, whole=True)
    return {
        "journey": journey.pk,
        "revision": found.revision,
        "document": found.plain,
        "yaml": document.as_yaml(found),
    }


@router.post("/maps", response={201: MapOut})
@needs("contributor")
def import_map(request, body: MapIn):
    """Draw a new journey from a document (docs/reference/journey-format.md)."""
    found = document.parsed(body.document)
    journey = operations.import_map(request.workspace, found, source="API", **by(request))
    return 201, _out(journey)


@router.get("/{journey_id}/map", response=MapOut)
def map_of(request, journey_id: int):
    """The whole map as a document."""
    return _out(journey_of(request, journey_id))


@router.post("/{journey_id}/replace", response=MapOut)
@needs("contributor")
def replace_map(request, journey_id: int, body: ReplaceIn):
    """Make the map what the document says. 409 when it has changed since the revision given."""
    journey = journey_of(request, journey_id)
    found = document.parsed(body.document)
    operations.replace_map(
        journey,
        found,
        revision=body.revision,
        source="API",
        **by(request),
    )
    return _out(journey)
