"""What a map says about the insights on it. See wayline.journeys.badges."""

from collections.abc import Collection, Iterator
from datetime import datetime

from wayline.journeys.badges import Badge, Offer, Told
from wayline.journeys.models import Journey, Placement

from .models import Insight

_READ = ("pk", "certainty", "fresh_days", "customers", "told", "last_at")


def on_map(journey: Journey, *, now: datetime) -> Iterator[tuple[Told, int]]:
    """Each insight with its certainty, who is behind it as last counted, and whether that is stale."""
    here = Placement.objects.kept().filter(
        journey=journey, card__deleted_at=None, card__insight__isnull=False
    )
    read = (f"card__insight__{name}" for name in _READ)
    for card, step, *insight in here.values_list("card", "step", *read):
        yield Told(card, _badge(*insight, now=now)), step


def on_cards(cards: Collection[int], *, now: datetime) -> Iterator[Told]:
    """The insights among these cards."""
    for card, *insight in Insight.objects.filter(card__in=cards).order_by().values_list("card", *_READ):
        yield Told(card, _badge(*insight, now=now))


def _badge(
    pk: int,
    certainty: str,
    fresh_days: int,
    customers: int | None,
    told: int,
    last_at: datetime | None,
    *,
    now: datetime,
) -> Badge:
    is_fact = certainty == Insight.Certainty.FACTUAL
    # As queries.weighed judges it.
    is_stale = last_at is not None and (now - last_at).days >= fresh_days
    words = ["Fact" if is_fact else "Interpretation", _behind(customers, told)]
    words += [f"stale: newest evidence of {last_at:%-d %b %Y}"] if is_stale and last_at else []
    text = f"{customers:,}" if customers is not None else "Fact" if is_fact else "Insight"
    icon = "circle-check" if is_fact else "lightbulb"
    return Badge(icon, f"{text}, stale" if is_stale else text, ", ".join(words), f"insights/{pk}/", is_stale)


def _behind(customers: int | None, told: int) -> str:
    parts = []
    if customers is not None:
        noun = "customer" if customers == 1 else "customers"
        parts.append(f"{customers:,} {noun} behind it in the last 90 days")
    if told:
        parts.append("1 interview or note" if told == 1 else f"{told} interviews and notes")
    return ", ".join(parts) or "no evidence yet"


def at_step(step: int, n: int) -> Badge:
    """All insights on exactly this step."""
    noun = "insight" if n == 1 else "insights"
    return Badge("lightbulb", f"{n} {noun}", f"{n} {noun} on this step", f"insights/?step={step}")


def offers(placement: Placement) -> Iterator[Offer]:
    """A card that says what was found can become an insight; any step can get one."""
    card = placement.card
    if card.kind in Insight.KINDS and not Insight.objects.filter(card=card).exists():
        yield Offer("lightbulb", "Make it an insight", f"insights/of-card/{placement.pk}/", is_made=True)
