"""The document of a journey as it is now."""

from collections import defaultdict

from wayline.journeys import conditions
from wayline.journeys.models import Edge, Journey, Lane, Placement, Step

from .document import CardPart, Document, EdgePart, FeelingPart, LanePart, PhasePart, StepPart, TouchpointPart


def document_of(journey: Journey) -> Document:
    """The map as a value. Pictures and links to other journeys are not part of it."""
    journey = Journey.objects.with_steps().with_feelings().prefetch_related("tags").get(pk=journey.pk)
    cards = _cards(journey)
    lanes = Lane.objects.kept().filter(journey=journey).select_related("persona").order_by("key")
    edges = Edge.objects.between_kept_steps().filter(journey=journey).select_related("source", "target")
    return Document(
        title=journey.title,
        goal=journey.goal,
        persona=journey.persona,
        status=journey.status,
        window_days=journey.window_days,
        start=journey.start,
        follow=journey.follow,
        tags=tuple(sorted(tag.name for tag in journey.tags.all())),
        phases=tuple(
            PhasePart(
                name=phase.name,
                question=phase.question,
                steps=tuple(_step(step, cards[step.pk]) for step in phase.steps.all()),
            )
            for phase in journey.phases.all()
        ),
        lanes=tuple(
            LanePart(
                key=lane.key,
                kind=lane.kind,
                card_kind=lane.card_kind,
                title=lane.title,
                position=lane.position,
                is_hidden=lane.is_hidden,
                persona=lane.persona_name,
            )
            for lane in lanes
        ),
        edges=tuple(
            sorted(
                (
                    EdgePart(source=edge.source.key, target=edge.target.key, kind=edge.kind, label=edge.label)
                    for edge in edges
                ),
                key=lambda edge: (edge.source, edge.target, edge.kind, edge.label),
            )
        ),
    )


def _step(step: Step, cards: list[CardPart]) -> StepPart:
    return StepPart(
        title=step.title,
        key=step.key,
        required=step.is_required,
        repeatable=step.is_repeatable,
        moment=step.is_moment,
        fail_point=step.is_fail_point,
        feeling=step.assumed_feeling,
        feelings=tuple(
            FeelingPart(persona=each.persona.name, feeling=each.feeling)
            for each in sorted(step.persona_feelings.all(), key=lambda each: each.persona.name)
        ),
        condition=conditions.parsed(step.condition),
        touchpoints=tuple(
            TouchpointPart(name=each.name, channel=each.channel) for each in step.touchpoints.all()
        ),
        cards=tuple(cards),
    )


def _cards(journey: Journey) -> dict[int, list[CardPart]]:
    found: dict[int, list[CardPart]] = defaultdict(list)
    placed = Placement.objects.on_kept_maps().filter(journey=journey).select_related("card")
    for placement in placed.order_by("lane", "position", "pk"):
        card = placement.card
        part = CardPart(
            lane=placement.lane,
            kind=card.kind,
            title=card.title,
            body=card.body,
            channel=card.channel,
            metric=card.metric,
        )
        found[placement.step_id].append(part)
    return found
