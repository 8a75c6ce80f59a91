"""Endpoints about personas, mounted under the word of their area."""

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Field, Router, Schema

from wayline.accounts.api_auth import by, needs
from wayline.journeys import operations
from wayline.journeys.models import Journey, Persona, Picture
from wayline.journeys.operations.refusals import PictureRefused
from wayline.journeys.queries import personas
from wayline.journeys.schemas.journeys import FlowEstimateOut
from wayline.signals.models import Segment

router = Router()


class PersonaIn(Schema):
    """What is left out stays; `segment` 0 unbinds, `picture` 0 takes the picture away."""

    name: str | None = None
    summary: str | None = None
    segment: int | None = None
    picture: int | None = None
    picture_alt: str | None = None
    needs: list[str] | None = None
    jobs: list[str] | None = None
    behaviors: list[str] | None = None
    quotes: list[str] | None = None
    channels: list[str] | None = None
    evidence: str | None = None
    evidence_note: str | None = None
    journeys: list[int] | None = None


class PersonaOut(Schema):
    id: int
    name: str
    summary: str
    segment: int | None
    picture: int | None = Field(alias="picture_id")
    picture_alt: str
    needs: list[str]
    jobs: list[str]
    behaviors: list[str]
    quotes: list[str]
    channels: list[str]
    evidence: str
    evidence_note: str
    journeys: list[int]

    @staticmethod
    def resolve_segment(persona: Persona) -> int | None:
        return persona.segment_id

    @staticmethod
    def resolve_journeys(persona: Persona) -> list[int]:
        return [journey.pk for journey in persona.journeys.all()]


class LivedOut(Schema):
    """A persona's numbers; null where it is bound to no segment."""

    customers: int
    size: FlowEstimateOut | None
    completed: FlowEstimateOut | None
    lost: FlowEstimateOut | None
    left: FlowEstimateOut | None
    scores: dict[str, FlowEstimateOut] | None


class CoverageOut(Schema):
    customers: int
    uncovered: FlowEstimateOut | None


def _persona(request, persona_id: int) -> Persona:
    return get_object_or_404(Persona.objects.visible_to(request.member), pk=persona_id)


def _said(request, body: PersonaIn) -> tuple[dict, list[Journey] | None]:
    said = body.dict(exclude_unset=True, exclude_none=True)
    if "segment" in said:
        key = said.pop("segment")
        found = Segment.objects.visible_to(request.member)
        said["segment"] = get_object_or_404(found, pk=key) if key else None
    if "picture" in said:
        key = said.pop("picture")
        said["picture"] = Picture.objects.visible_to(request.member).filter(pk=key).first() if key else None
        if key and said["picture"] is None:
            raise PictureRefused("That picture is not in this workspace. Upload it here first.")
    keys = said.pop("journeys", None)
    rows = Journey.objects.visible_to(request.member)
    return said, None if keys is None else list(rows.filter(pk__in=keys))


@router.get("/", response=list[PersonaOut])
def all_personas(request):
    """Every persona of the workspace."""
    return Persona.objects.visible_to(request.member).prefetch_related("journeys")


@router.post("/", response={201: PersonaOut})
@needs("contributor")
def create_persona(request, body: PersonaIn):
    """Write down a persona."""
    said, journeys = _said(request, body)
    persona = operations.create_persona(request.workspace, **({"name": ""} | said), **by(request))
    if journeys is not None:
        operations.set_persona_journeys(persona, journeys=journeys, **by(request))
    return 201, persona


@router.get("/coverage", response=CoverageOut)
def coverage(request):
    """The share of customers who are none of the personas that are bound to segments."""
    return personas.gallery(request.member, now=timezone.now())


@router.get("/{persona_id}", response=PersonaOut)
def persona(request, persona_id: int):
    """What is known of a persona."""
    return _persona(request, persona_id)


@router.get("/{persona_id}/numbers", response=LivedOut)
def persona_numbers(request, persona_id: int):
    """How many customers the persona is, how they score, where they are lost and who leaves."""
    return personas.lived(_persona(request, persona_id), now=timezone.now())


@router.post("/{persona_id}/describe", response=PersonaOut)
@needs("contributor")
def describe_persona(request, persona_id: int, body: PersonaIn):
    """Change what is known of a persona."""
    found = _persona(request, persona_id)
    said, journeys = _said(request, body)
    operations.describe_persona(found, **said, **by(request))
    if journeys is not None:
        operations.set_persona_journeys(found, journeys=journeys, **by(request))
    return found


@router.post("/{persona_id}/delete", response={204: None})
@needs("contributor")
def delete_persona(request, persona_id: int):
    """Take a persona away. It can be restored."""
    operations.delete_persona(_persona(request, persona_id), **by(request))
    return 204, None


@router.post("/{persona_id}/restore", response=PersonaOut)
@needs("contributor")
def restore_persona(request, persona_id: int):
    """Bring a deleted persona back."""
    found = get_object_or_404(Persona.objects.deleted_from(request.member), pk=persona_id)
    operations.restore_persona(found, **by(request))
    return found
