from datetime import datetime

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Field, Router, Schema

from wayline.accounts.api_auth import by, needs
from wayline.insights.models import Insight
from wayline.journeys import standing_on
from wayline.journeys.schemas.journeys import FlowEstimateOut

from . import operations
from .models import Opportunity
from .queries import backlog, sizes

router = Router(tags=["improvements"])


class OpportunityOut(Schema):
    id: int
    title: str = Field(alias="card.title")
    body: str = Field(alias="card.body")
    owner: str | None = None
    status: str
    basis: str
    value_low: float | None
    value_likely: float | None
    value_high: float | None
    effort_low_weeks: float | None
    effort_high_weeks: float | None
    confidence_percent: int = Field(alias="confidence")
    override_customers: float | None = Field(alias="override")
    override_reason: str
    created_at: datetime
    changed_at: datetime

    @staticmethod
    def resolve_owner(opportunity: Opportunity) -> str | None:
        return str(opportunity.card.owner) if opportunity.card.owner else None


class SizeOut(Schema):
    """Customers and money a month over the last 90 days, with every input; null where it is not measured."""

    reach: FlowEstimateOut | None
    severity: FlowEstimateOut | None
    customers: FlowEstimateOut | None
    worth: FlowEstimateOut | None
    impact: FlowEstimateOut | None
    where: str


class SizedOut(Schema):
    """The opportunity, its size, and what ranks it: the computed customers or a person's judgment."""

    opportunity: OpportunityOut
    size: SizeOut
    ranked_by: FlowEstimateOut | None


class QuickWinOut(Schema):
    opportunity: int
    title: str
    why: str


class OpportunityIn(Schema):
    """`steps` and `insights` are ids; its size is read from them."""

    title: str
    body: str = ""
    steps: list[int] = []
    insights: list[int] = []


class OpportunityChangeIn(Schema):
    """What is left out stays."""

    title: str | None = None
    body: str | None = None
    basis: str | None = None


class EstimatesIn(Schema):
    """Ranges: every end of one, or none."""

    value_low: float | None = None
    value_likely: float | None = None
    value_high: float | None = None
    effort_low_weeks: float | None = None
    effort_high_weeks: float | None = None
    confidence: int = 50


class OverrideIn(Schema):
    customers: float
    reason: str


class StatusIn(Schema):
    status: str


class OnStepIn(Schema):
    step: int


class ReasonIn(Schema):
    insight: int


class OpportunityOfCardIn(Schema):
    """A card of the kind “Opportunity” that stands on a map."""

    card: int


def _opportunity(request, opportunity_id: int) -> Opportunity:
    return get_object_or_404(backlog.opportunities(request.member), pk=opportunity_id)


def _insight(request, insight_id: int) -> Insight:
    insight = Insight.objects.visible_to(request.member).filter(pk=insight_id).first()
    if insight is None:
        raise operations.NotThere(f"There is no insight {insight_id} in this workspace.")
    return insight


def _sized(request, opportunity_id: int) -> sizes.Sized:
    return sizes.sized(_opportunity(request, opportunity_id), now=timezone.now())


@router.get("/opportunities", response=list[SizedOut])
def opportunities(request):
    """Every opportunity with its size, the largest first by the low end of its interval."""
    return backlog.ranked(backlog.opportunities(request.member), now=timezone.now())


@router.get("/shortlist", response=list[QuickWinOut])
def shortlist(request):
    """Three quick wins: little effort, a size beyond noise, an owner who has room."""
    everything = backlog.ranked(backlog.opportunities(request.member), now=timezone.now())
    return [
        {"opportunity": win.sized.opportunity.pk, "title": str(win.sized.opportunity), "why": win.why}
        for win in backlog.shortlist(everything)
    ]


@router.post("/opportunities", response={201: OpportunityOut})
@needs("contributor")
def write_opportunity(request, body: OpportunityIn):
    """Write down what could be better."""
    return 201, operations.write_opportunity(
        request.workspace,
        title=body.title,
        body=body.body,
        steps=[standing_on.named_step(request.member, step) for step in body.steps],
        insights=[_insight(request, insight) for insight in body.insights],
        **by(request),
    )


@router.post("/opportunities/of-card", response={201: OpportunityOut})
@needs("contributor")
def adopt_card(request, body: OpportunityOfCardIn):
    """Make an opportunity of a card, which stays where it stands."""
    return 201, operations.adopt_card(standing_on.named_card(request.member, body.card), **by(request))


@router.get("/opportunities/{opportunity_id}", response=SizedOut)
def opportunity(request, opportunity_id: int):
    """One opportunity with its size."""
    return _sized(request, opportunity_id)


@router.post("/opportunities/{opportunity_id}/describe", response=OpportunityOut)
@needs("contributor")
def describe_opportunity(request, opportunity_id: int, body: OpportunityChangeIn):
    """Change what it says."""
    found = _opportunity(request, opportunity_id)
    operations.describe_opportunity(found, **body.dict(exclude_none=True), **by(request))
    return _opportunity(request, opportunity_id)


@router.post("/opportunities/{opportunity_id}/estimate", response=SizedOut)
@needs("contributor")
def estimate_opportunity(request, opportunity_id: int, body: EstimatesIn):
    """Say what it is worth, what it takes, and how sure we are."""
    operations.estimate_opportunity(_opportunity(request, opportunity_id), **body.dict(), **by(request))
    return _sized(request, opportunity_id)


@router.post("/opportunities/{opportunity_id}/override", response=SizedOut)
@needs("contributor")
def override_impact(request, opportunity_id: int, body: OverrideIn):
    """Put a person's judgment in the place of the computed impact."""
    operations.override_impact(_opportunity(request, opportunity_id), **body.dict(), **by(request))
    return _sized(request, opportunity_id)


@router.post("/opportunities/{opportunity_id}/compute", response=SizedOut)
@needs("contributor")
def compute_impact(request, opportunity_id: int):
    """Go back to the computed impact."""
    operations.compute_impact(_opportunity(request, opportunity_id), **by(request))
    return _sized(request, opportunity_id)


@router.post("/opportunities/{opportunity_id}/move", response=OpportunityOut)
@needs("contributor")
def move_opportunity(request, opportunity_id: int, body: StatusIn):
    """Move it to another column of the board."""
    found = _opportunity(request, opportunity_id)
    operations.move_opportunity(found, status=body.status, **by(request))
    return found


@router.post("/opportunities/{opportunity_id}/place", response=SizedOut)
@needs("contributor")
def place_opportunity(request, opportunity_id: int, body: OnStepIn):
    """Put it on a step of a map."""
    found = _opportunity(request, opportunity_id)
    operations.place_opportunity(found, step=standing_on.named_step(request.member, body.step), **by(request))
    return _sized(request, opportunity_id)


@router.post("/opportunities/{opportunity_id}/places/{placement_id}/take-off", response=SizedOut)
@needs("contributor")
def take_off(request, opportunity_id: int, placement_id: int):
    """Take it off a step."""
    found = _opportunity(request, opportunity_id)
    placement = standing_on.placement_of(request.member, found.card, placement_id)
    operations.take_off(found, placement=placement, **by(request))
    return _sized(request, opportunity_id)


@router.post("/opportunities/{opportunity_id}/link", response=SizedOut)
@needs("contributor")
def link_insight(request, opportunity_id: int, body: ReasonIn):
    """Link an insight to it."""
    found = _opportunity(request, opportunity_id)
    operations.link_insight(found, insight=_insight(request, body.insight), **by(request))
    return _sized(request, opportunity_id)


@router.post("/opportunities/{opportunity_id}/unlink", response=SizedOut)
@needs("contributor")
def unlink_insight(request, opportunity_id: int, body: ReasonIn):
    """Unlink an insight from it."""
    found = _opportunity(request, opportunity_id)
    operations.unlink_insight(found, insight=_insight(request, body.insight), **by(request))
    return _sized(request, opportunity_id)


@router.post("/opportunities/{opportunity_id}/delete", response={204: None})
@needs("contributor")
def delete_opportunity(request, opportunity_id: int):
    """Delete it and its card. It can be restored."""
    operations.delete_opportunity(_opportunity(request, opportunity_id), **by(request))
    return 204, None


@router.post("/opportunities/{opportunity_id}/restore", response=OpportunityOut)
@needs("contributor")
def restore_opportunity(request, opportunity_id: int):
    """Bring a deleted opportunity back."""
    found = get_object_or_404(Opportunity.objects.deleted_from(request.member), pk=opportunity_id)
    operations.restore_opportunity(found, **by(request))
    return _opportunity(request, opportunity_id)
