"""The document of a journey as it is now."""

from base64 import b64encode
from collections import defaultdict

from wayline.journeys import conditions
from wayline.journeys.models import (
    Card,
    Edge,
    Handoff,
    Journey,
    Lane,
    MomentChange,
    MomentChoice,
    Picture,
    Placement,
    Step,
)

from .document import (
    CardPart,
    ChangePart,
    DecisionPart,
    Document,
    EdgePart,
    FeelingPart,
    HandoffPart,
    LanePart,
    PhasePart,
    StepPart,
    TouchpointPart,
)


def document_of(journey: Journey, *, whole: bool = False) -> Document:
    """The map as a value; the whole of it with its pictures and what was decided about its moments.

    A version keeps the map alone, so that bringing it back takes back no decision and no work; it names the
    pictures, which the workspace has.
    """
    journey = Journey.objects.with_steps().with_feelings().prefetch_related("tags").get(pk=journey.pk)
    cards = _cards(journey)
    lanes = Lane.objects.kept().filter(journey=journey).select_related("persona").order_by("key")
    edges = Edge.objects.between_kept_steps().filter(journey=journey).select_related("source", "target")
    return Document(
        title=journey.title,
        goal=journey.goal,
        persona=journey.persona,
        perspective=journey.perspective,
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
        handoffs=_handoffs(journey),
        decisions=_decisions(journey) if whole else None,
        changes=_changes(journey) if whole else None,
        pictures=_pictures(journey) or None if whole else {},
    )


def _pictures(journey: Journey) -> dict[str, str]:
    """The bytes of the pictures on the map's cards, as base64 by their names."""
    shown = Placement.objects.on_kept_maps().filter(journey=journey, card__picture__isnull=False)
    found = {}
    for picture in Picture.objects.filter(pk__in=shown.values("card__picture")).exclude(digest=""):
        try:
            with picture.file.open("rb") as file:
                found[picture.name] = b64encode(file.read()).decode()
        except FileNotFoundError:
            continue  # the map is worth taking out without it; the card keeps the picture's name
    return dict(sorted(found.items()))


def _decisions(journey: Journey) -> tuple[DecisionPart, ...]:
    rows = MomentChoice.objects.standing().filter(
        step__phase__journey=journey, step__deleted_at=None, step__phase__deleted_at=None
    )
    parts = (
        DecisionPart(step=row.step.key, kind=row.kind, reason=row.reason)
        for row in rows.select_related("step")
    )
    return tuple(sorted(parts, key=lambda part: (part.step, part.kind, part.reason)))


def _changes(journey: Journey) -> tuple[ChangePart, ...]:
    rows = MomentChange.objects.kept().filter(
        step__phase__journey=journey, step__deleted_at=None, step__phase__deleted_at=None
    )
    parts = (
        ChangePart(
            step=row.step.key,
            kind=row.kind,
            what=row.what,
            owner=row.owner.email if row.owner else "",
            cost=row.cost,
            status=row.status,
            due_on=row.due_on,
        )
        for row in rows.select_related("step", "owner")
    )
    return tuple(sorted(parts, key=lambda part: (part.step, part.kind, part.what)))


def lead_of(card: Card) -> tuple[str, str]:
    """The title of the journey that the card leads to, and the key of its step.

    A restricted journey, or one that is gone, is not named: files are the same for everybody.
    """
    step = card.linked_step
    journey = step.phase.journey if step else card.linked_journey
    if journey is None or journey.is_restricted or journey.deleted_at or (step and step.deleted_at):
        return "", ""
    return journey.title, step.key if step else ""


def _handoffs(journey: Journey) -> tuple[HandoffPart, ...]:
    rows = Handoff.objects.drawn().filter(journey=journey)
    rows = rows.select_related("source__card", "source__step", "target__card", "target__step")
    parts = (
        HandoffPart(
            source_step=row.source.step.key,
            source_lane=row.source.lane,
            source_card=row.source.card.title,
            target_step=row.target.step.key,
            target_lane=row.target.lane,
            target_card=row.target.card.title,
            label=row.label,
            expected_minutes=row.expected_minutes,
            begins_with=row.begins_with,
            ends_with=row.ends_with,
        )
        for row in rows
    )
    return tuple(sorted(parts, key=lambda part: (*part.ends, part.label)))


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
    placed = Placement.objects.on_kept_maps().filter(journey=journey)
    placed = placed.select_related(
        "card__picture", "card__linked_journey", "card__linked_step__phase__journey"
    )
    for placement in placed.order_by("lane", "position", "pk"):
        card = placement.card
        leads_to_journey, leads_to_step = lead_of(card)
        part = CardPart(
            lane=placement.lane,
            kind=card.kind,
            title=card.title,
            body=card.body,
            channel=card.channel,
            metric=card.metric,
            leads_to_journey=leads_to_journey,
            leads_to_step=leads_to_step,
            picture=card.picture.name if card.picture else "",
        )
        found[placement.step_id].append(part)
    return found
