"""What higher areas know about the cards of a map, said on the cards and at their steps.

A provider is an area's module `on_maps`, with four functions:
    on_map(journey, now)   everything of the area on that map, in one query: pairs of a `Told` and its step
    on_cards(cards, now)   what the area knows about these cards, wherever they stand
    at_step(step, n)       the badge of a step on which `n` of its things stand
    offers(placement)      what can be made of this card
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils import timezone

from wayline.kit import areas

from .models import Journey, Placement, Step


@dataclass(frozen=True, slots=True)
class Badge:
    """A mark that leads somewhere. `path` is within the workspace: "insights/12/"."""

    icon: str
    text: str
    meaning: str  # spoken, and shown on hover
    path: str
    is_warning: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """A badge of a card."""

    card: int
    badge: Badge


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that can be made of a card: a link, or a form of one button where it `is_made` at once."""

    icon: str
    text: str
    path: str
    is_made: bool = False


@dataclass(frozen=True)
class Badges:
    """All badges of one map, by card and by step."""

    cards: dict[int, tuple[Badge, ...]] = field(default_factory=dict)
    steps: dict[int, tuple[Badge, ...]] = field(default_factory=dict)

    def of(self, cards: Collection[int]) -> dict[int, tuple[Badge, ...]]:
        return self.cards


def of_map(journey: Journey, *, now: datetime | None = None) -> Badges:
    """Every badge on the map: each provider asks once, however many cards there are."""
    cards: dict[int, tuple[Badge, ...]] = {}
    steps: dict[int, tuple[Badge, ...]] = {}
    for provider in areas.modules("on_maps"):
        at: dict[int, set[int]] = {}
        for told, step in provider.on_map(journey, now=now or timezone.now()):
            at.setdefault(step, set()).add(told.card)
            if told.badge not in cards.get(told.card, ()):
                cards[told.card] = (*cards.get(told.card, ()), told.badge)
        for step, found in at.items():
            steps[step] = (*steps.get(step, ()), provider.at_step(step, len(found)))
    return Badges(cards, steps)


def of_cards(cards: Collection[int]) -> dict[int, tuple[Badge, ...]]:
    """The badges of a few cards, for the cells in which something changed."""
    found: dict[int, tuple[Badge, ...]] = {}
    for provider in areas.modules("on_maps"):
        for told in provider.on_cards(cards, now=timezone.now()):
            found[told.card] = (*found.get(told.card, ()), told.badge)
    return found


def of_step(step: Step) -> tuple[Badge, ...]:
    """What is known about exactly this step."""
    return of_map(step.phase.journey).steps.get(step.pk, ())


def offers(placement: Placement) -> Sequence[Offer]:
    """What can be made of the card, where it stands."""
    return [offer for provider in areas.modules("on_maps") for offer in provider.offers(placement)]
