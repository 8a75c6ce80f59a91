"""What a map says about the opportunities on it. See wayline.journeys.badges."""

from collections.abc import Collection, Iterator
from datetime import datetime

from wayline.insights.models import Insight
from wayline.journeys.badges import Badge, Offer, Told
from wayline.journeys.models import Card, Journey, Placement

from .models import Opportunity


def on_map(journey: Journey, *, now: datetime) -> Iterator[tuple[Told, int]]:
    """Each opportunity with how far it is."""
    here = Placement.objects.kept().filter(
        journey=journey, card__deleted_at=None, card__opportunity__isnull=False
    )
    for pk, status, card, step in here.values_list(
        "card__opportunity", "card__opportunity__status", "card", "step"
    ):
        yield Told(card, _badge(pk, status)), step


def on_cards(cards: Collection[int], *, now: datetime) -> Iterator[Told]:
    """The opportunities among these cards."""
    found = Opportunity.objects.filter(card__in=cards).order_by()
    for pk, status, card in found.values_list("pk", "status", "card"):
        yield Told(card, _badge(pk, status))


def _badge(pk: int, status: str) -> Badge:
    said = Opportunity.Status(status).label
    return Badge("target", said, f"Opportunity: {said.lower()}", f"improvements/{pk}/")


def at_step(step: int, n: int) -> Badge:
    """All opportunities on exactly this step."""
    noun = "opportunity" if n == 1 else "opportunities"
    return Badge("target", f"{n} {noun}", f"{n} {noun} on this step", f"improvements/?step={step}")


def offers(placement: Placement) -> Iterator[Offer]:
    """A card of the lane of opportunities becomes one; an insight, or a step, can be the reason for one."""
    card = placement.card
    if card.kind == Card.Kind.OPPORTUNITY:
        if not Opportunity.objects.filter(card=card).exists():
            path = f"improvements/of-card/{placement.pk}/"
            yield Offer("target", "Make it an opportunity", path, is_made=True)
        return
    insight = Insight.objects.filter(card=card, card__deleted_at=None).first()
    begins = f"insight={insight.pk}" if insight else f"step={placement.step_id}"
    if insight or card.kind in Insight.KINDS:
        yield Offer("target", "Write an opportunity from it", f"improvements/new/?{begins}")
