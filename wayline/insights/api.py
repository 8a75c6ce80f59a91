from datetime import date, datetime

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Field, Router, Schema

from wayline.accounts.api_auth import by, needs
from wayline.journeys import standing_on
from wayline.journeys.schemas.journeys import FlowEstimateOut
from wayline.signals.conditions import SignalCondition

from . import operations, queries
from .models import Evidence, Insight

router = Router(tags=["insights"])
MOST = 200


class EvidenceOut(Schema):
    id: int
    kind: str
    condition: dict | None
    text: str
    said_by: str
    said_on: date | None
    added_at: datetime


class PlaceOut(Schema):
    """One step it stands on."""

    placement: int
    journey: int
    step: int
    title: str


class SupportOut(Schema):
    """Who is behind it in the period; share is of those who were at its steps."""

    customers: int
    signals: int
    first_at: datetime | None
    last_at: datetime | None
    share: FlowEstimateOut | None


class InsightOut(Schema):
    id: int
    title: str = Field(alias="card.title")
    body: str = Field(alias="card.body")
    kind: str = Field(alias="card.kind")
    certainty: str
    fresh_days: int
    owner: str | None = None
    created_at: datetime
    changed_at: datetime

    @staticmethod
    def resolve_owner(insight: Insight) -> str | None:
        return str(insight.card.owner) if insight.card.owner else None


class InsightDetailOut(Schema):
    """The insight with its evidence, its places, and what stands behind it in the period asked for."""

    insight: InsightOut
    evidence: list[EvidenceOut]
    places: list[PlaceOut]
    support: SupportOut | None
    told: int
    last_at: datetime | None
    is_stale: bool


class InsightIn(Schema):
    title: str
    kind: str = "pain"
    body: str = ""
    certainty: str = "interpreted"
    fresh_days: int = 90


class InsightChangeIn(Schema):
    """What is left out stays."""

    title: str | None = None
    kind: str | None = None
    body: str | None = None
    certainty: str | None = None
    fresh_days: int | None = None


class EvidenceIn(Schema):
    """`condition` for answers, messages and signals; `text`, `said_by` and `said_on` for the rest."""

    kind: str
    condition: SignalCondition | None = None
    text: str = ""
    said_by: str = ""
    said_on: date | None = None


class PlaceIn(Schema):
    step: int


class InsightOfCardIn(Schema):
    """A card that stands on a map."""

    card: int
    certainty: str = "interpreted"


def _insight(request, insight_id: int) -> Insight:
    return get_object_or_404(queries.insights(request.member), pk=insight_id)


def _detail(request, insight_id: int, period: str = queries.DEFAULT_PERIOD) -> dict:
    now = timezone.now()
    insight = _insight(request, insight_id)
    choice = period if period in dict(queries.PERIODS) else queries.DEFAULT_PERIOD
    asked = queries.period_for(request.workspace, choice, now=now)
    found, closed = queries.weighed(insight, asked, now=now), standing_on.closed_to(request.member)
    return {
        "insight": insight,
        "evidence": list(insight.evidence.all()),
        "places": [
            {
                "placement": each.pk,
                "journey": each.journey_id,
                "step": each.step_id,
                "title": each.step.title,
            }
            for each in found.placements
            if each.journey_id not in closed
        ],
        "support": found.support,
        "told": found.told,
        "last_at": found.last_at,
        "is_stale": found.is_stale,
    }


@router.get("/", response=list[InsightOut])
def insights(request, kind: str = "", search: str = ""):
    """The insights of the workspace, the ones changed last first; at most 200."""
    found = queries.insights(request.member).filter(card__title__icontains=search)
    return found.filter(card__kind=kind)[:MOST] if kind else found[:MOST]


@router.post("/", response={201: InsightOut})
@needs("contributor")
def write_insight(request, body: InsightIn):
    """Write down what was found."""
    return 201, operations.write_insight(request.workspace, **body.dict(), **by(request))


@router.post("/of-card", response={201: InsightOut})
@needs("contributor")
def adopt_card(request, body: InsightOfCardIn):
    """Make an insight of a card, which stays where it stands."""
    card = standing_on.named_card(request.member, body.card)
    return 201, operations.adopt_card(card, certainty=body.certainty, **by(request))


@router.get("/{insight_id}", response=InsightDetailOut)
def insight(request, insight_id: int, period: str = queries.DEFAULT_PERIOD):
    """One insight with what stands behind it; period is 90, 365 or all."""
    return _detail(request, insight_id, period)


@router.post("/{insight_id}/describe", response=InsightOut)
@needs("contributor")
def describe_insight(request, insight_id: int, body: InsightChangeIn):
    """Change what the insight says."""
    found = _insight(request, insight_id)
    operations.describe_insight(found, **body.dict(exclude_none=True), **by(request))
    return _insight(request, insight_id)


@router.post("/{insight_id}/delete", response={204: None})
@needs("contributor")
def delete_insight(request, insight_id: int):
    """Delete the insight and its card. It can be restored."""
    operations.delete_insight(_insight(request, insight_id), **by(request))
    return 204, None


@router.post("/{insight_id}/restore", response=InsightOut)
@needs("contributor")
def restore_insight(request, insight_id: int):
    """Bring a deleted insight back."""
    found = get_object_or_404(Insight.objects.deleted_from(request.member), pk=insight_id)
    operations.restore_insight(found, **by(request))
    return _insight(request, insight_id)


@router.post("/{insight_id}/place", response=InsightDetailOut)
@needs("contributor")
def place_insight(request, insight_id: int, body: PlaceIn):
    """Put the insight on a step of a map."""
    found = _insight(request, insight_id)
    step = standing_on.named_step(request.member, body.step)
    operations.place_insight(found, step=step, **by(request))
    return _detail(request, insight_id)


@router.post("/{insight_id}/places/{placement_id}/take-off", response=InsightDetailOut)
@needs("contributor")
def take_off(request, insight_id: int, placement_id: int):
    """Take the insight off a step."""
    found = _insight(request, insight_id)
    placement = standing_on.placement_of(request.member, found.card, placement_id)
    operations.take_off(found, placement=placement, **by(request))
    return _detail(request, insight_id)


@router.post("/{insight_id}/evidence", response={201: EvidenceOut})
@needs("contributor")
def add_evidence(request, insight_id: int, body: EvidenceIn):
    """Say what the insight rests on."""
    told = {name: getattr(body, name) for name in ("kind", "condition", "text", "said_by", "said_on")}
    return 201, operations.add_evidence(_insight(request, insight_id), **told, **by(request))


@router.post("/evidence/{evidence_id}/remove", response={204: None})
@needs("contributor")
def remove_evidence(request, evidence_id: int):
    """Remove a piece of evidence. It can be restored."""
    found = get_object_or_404(Evidence.objects.visible_to(request.member), pk=evidence_id)
    operations.remove_evidence(found, **by(request))
    return 204, None


@router.post("/evidence/{evidence_id}/restore", response=EvidenceOut)
@needs("contributor")
def restore_evidence(request, evidence_id: int):
    """Bring removed evidence back."""
    found = get_object_or_404(Evidence.objects.visible_to(request.member), pk=evidence_id)
    operations.restore_evidence(found, **by(request))
    found.refresh_from_db()
    return found
