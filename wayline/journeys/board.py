"""The cards of a map in their cells: the same for the page, the answer to a change, and the live stream."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db.models import Count

from wayline.accounts.models import Membership

from .lanes import Laid, layout
from .models import Card, Journey, Placement, Step, Thread


@dataclass(frozen=True)
class Standing:
    """A card where it stands, with its badges: open discussions, and how many other maps it is on."""

    placement: Placement
    talks: int
    elsewhere: int

    @property
    def card(self) -> Card:
        return self.placement.card

    @property
    def has_badges(self) -> bool:
        card = self.placement.card
        says = card.channel or card.body or card.owner_id or card.linked_journey_id or card.linked_step_id
        return bool(says or self.talks or self.elsewhere)


@dataclass(frozen=True)
class StepCell:
    """What one lane holds at one step. `count` is for summaries only, with the most of any step."""

    lane: Laid
    step: Step
    number: int
    cards: tuple[Standing, ...] = ()
    count: int = 0
    most: int = 0

    @property
    def id(self) -> str:
        return f"cell-{self.lane.key}-{self.step.pk}"

    @property
    def share(self) -> float:
        return self.count / self.most if self.most else 0


Key = tuple[str, int]  # lane, step


def cells(journey: Journey, lanes: Sequence[Laid], steps: Sequence) -> dict[Key, StepCell]:
    """Every cell of these lanes. The steps are numbered ones: anything with `number` and `step`."""
    if not lanes:
        return {}
    standing = _standing(journey, {lane.key for lane in lanes}, [each.step.pk for each in steps])
    counted = _counted(journey, {lane.counts for lane in lanes if lane.counts})
    most = {kind: max(each.values(), default=0) for kind, each in counted.items()}
    return {
        (lane.key, each.step.pk): StepCell(
            lane,
            each.step,
            each.number,
            tuple(standing.get((lane.key, each.step.pk), ())),
            counted.get(lane.counts, {}).get(each.step.pk, 0),
            most.get(lane.counts, 0),
        )
        for lane in lanes
        for each in steps
    }


@dataclass(frozen=True)
class Numbered:
    number: int
    step: Step


def numbered(journey: Journey) -> list[Numbered]:
    """The steps of a map with their numbers."""
    steps = Step.objects.kept().filter(phase__journey=journey, phase__deleted_at=None)
    ordered = steps.order_by("phase__position", "phase", "position", "pk")
    return [Numbered(number, step) for number, step in enumerate(ordered, start=1)]


def some_cells(journey: Journey, keys: Collection[Key]) -> list[StepCell]:
    """These cells as they now are, with the summaries that count what is in them."""
    wanted = {step for _, step in keys}
    names = {lane for lane, _ in keys}
    lanes = [lane for lane in layout(journey) if lane.key in names or lane.counts]
    steps = [each for each in numbered(journey) if each.step.pk in wanted]
    found = cells(journey, lanes, steps)
    return [cell for key, cell in found.items() if key in set(keys) or cell.lane.counts]


FOUND = 20


def library(member: Membership, search: str = "") -> list[Card]:
    """Cards of the workspace's library whose words hold these, the latest first."""
    cards = Card.objects.visible_to(member)
    if search.strip():
        cards = cards.filter(title__icontains=search.strip())
    return list(cards.order_by("-changed_at", "-pk")[:FOUND])


def maps_of(card: Card) -> list[Placement]:
    """Where the card stands, on every map that is kept."""
    placements = Placement.objects.on_kept_maps().filter(card=card)
    return list(placements.select_related("journey__workspace", "step").order_by("journey__title", "pk"))


def _standing(journey: Journey, lanes: set[str], steps: Sequence[int]) -> dict[Key, list[Standing]]:
    placements = list(
        Placement.objects.kept()
        .filter(journey=journey, lane__in=lanes, step__in=steps, card__deleted_at=None)
        .select_related("card__owner", "card__picture", "card__linked_journey", "card__linked_step__phase")
    )
    if not placements:
        return {}
    talks = _talks(journey)
    elsewhere = _elsewhere(journey, placements)
    found: dict[Key, list[Standing]] = {}
    for placement in placements:
        standing = Standing(placement, talks[str(placement.card_id)], elsewhere.get(placement.card_id, 0))
        found.setdefault((placement.lane, placement.step_id), []).append(standing)
    return found


def _talks(journey: Journey) -> Counter:
    on_cards = Thread.objects.open().filter(journey=journey, subject_kind=Thread.Subject.CARD)
    return Counter(on_cards.values_list("subject_key", flat=True))


def _elsewhere(journey: Journey, placements: Sequence[Placement]) -> dict[int, int]:
    """How many other maps each card is on."""
    others = Placement.objects.on_kept_maps().filter(card__in={each.card_id for each in placements})
    counted = others.exclude(journey=journey).values("card").annotate(maps=Count("journey", distinct=True))
    return dict(counted.values_list("card", "maps"))


def _counted(journey: Journey, kinds: set[str]) -> dict[str, dict[int, int]]:
    if not kinds:
        return {}
    placements = Placement.objects.on_kept_maps().filter(journey=journey, card__kind__in=kinds)
    found: dict[str, dict[int, int]] = {kind: {} for kind in kinds}
    for kind, step, count in placements.values_list("card__kind", "step").annotate(count=Count("pk")):
        found[kind][step] = count
    return found
