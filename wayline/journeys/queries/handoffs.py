"""Handoffs of a blueprint: the wait that is expected beside the one that is measured."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from wayline.journeys import conditions
from wayline.journeys.models import Handoff, Journey, Placement
from wayline.journeys.reading import Reading
from wayline.metrics import flows
from wayline.metrics.questions import FlowStep
from wayline.signals.conditions import SignalCondition, SignalIs
from wayline.statistics.estimates import Estimate

from . import lanes, questions

LATE, PERHAPS, IN_TIME, FEW, UNKNOWN = "late", "within noise", "in time", "too few to say", "not measured"


@dataclass(frozen=True)
class Measured:
    """A handoff with its wait; `passed` is the share of those who began that came to its other end."""

    handoff: Handoff
    median: Estimate | None = None
    p90: Estimate | None = None
    passed: Estimate | None = None

    @property
    def expected(self) -> int | None:
        """In seconds, as the measured ones are."""
        minutes = self.handoff.expected_minutes
        return None if minutes is None else minutes * 60

    @property
    def verdict(self) -> str:
        """Late only when the median's whole interval lies beyond what is expected."""
        if self.median is None or self.median.value is None:
            return UNKNOWN
        if self.median.is_thin or self.median.low is None:
            return FEW
        if self.expected is None or self.median.value <= self.expected:
            return IN_TIME if self.expected is not None else ""
        return LATE if self.median.low > self.expected else PERHAPS


def of_journey(journey: Journey, reading: Reading) -> tuple[Measured, ...]:
    """Every handoff on the map with what was measured, in the order of the map."""
    rows = (
        Handoff.objects.drawn()
        .filter(journey=journey)
        .select_related("source__card", "source__step", "target__card", "target__step")
        .order_by("source__step__phase__position", "source__step__position", "pk")
    )
    return tuple(_measured(journey, reading, handoff) for handoff in rows)


def _measured(journey: Journey, reading: Reading, handoff: Handoff) -> Measured:
    begins = _bound(handoff.begins_with, handoff.source)
    ends = _bound(handoff.ends_with, handoff.target)
    if begins is None or ends is None or begins == ends:
        return Measured(handoff)
    question = replace(
        questions.asked(journey, reading),
        steps=(FlowStep("begins", "It is handed over", begins), FlowStep("ends", "It is taken up", ends)),
        start="any",
    )
    begun = flows.flow(question, words=0).steps[0]
    return Measured(handoff, begun.median_time, begun.p90_time, begun.conversion)


def _bound(name: str, placement: Placement) -> SignalCondition | None:
    return SignalIs(names=(name,)) if name else conditions.parsed(placement.step.condition)


def ends_of(journey: Journey) -> list[tuple[lanes.Laid, list[Placement]]]:
    """The cards a handoff can lead between, by lane, in the order of the map."""
    below = [lane for lane in lanes.layout(journey) if lane.region in lanes.LINES]
    rows = (
        Placement.objects.on_kept_maps()
        .filter(journey=journey, lane__in=[lane.key for lane in below])
        .select_related("card", "step__phase")
        .order_by("step__phase__position", "step__position", "position", "pk")
    )
    return [(lane, found) for lane in below if (found := [row for row in rows if row.lane == lane.key])]


def next_ends(ends: list[tuple[lanes.Laid, list[Placement]]], drawn: Sequence[Measured]) -> tuple[int, int]:
    """Between which cards the next handoff most likely leads: on from the last one, to a later step."""
    cards = [card for _, found in ends for card in found]
    if len(cards) < 2:
        return (cards[0].pk, 0) if cards else (0, 0)
    cards.sort(key=lambda card: (card.step.phase.position, card.step.position))
    begun = {one.handoff.source_id for one in drawn}
    reached = [one.handoff.target_id for one in drawn if one.handoff.target_id not in begun]
    at = next((n for n, card in enumerate(cards) if reached and card.pk == reached[-1]), 0)
    if at == len(cards) - 1:
        at = 0
    later = next((card for card in cards[at + 1 :] if card.step_id != cards[at].step_id), cards[at + 1])
    return cards[at].pk, later.pk
