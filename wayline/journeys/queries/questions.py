"""What a journey asks of the signals, and what they answer."""

from dataclasses import replace
from datetime import datetime, timedelta

from wayline.journeys import conditions
from wayline.journeys.models import Journey, Step
from wayline.journeys.reading import Reading, usual_period
from wayline.metrics import flows, periods
from wayline.metrics.questions import FlowQuestion, FlowStep, Period, Start
from wayline.signals.conditions import CustomerCondition

from . import filled
from .living_map import Address, living_map

UNSAID = timedelta.min  # None already means that there is no limit


def flow_question(
    journey: Journey,
    *,
    period: Period,
    window: timedelta | None = UNSAID,
    start: Start | None = None,
    segment: CustomerCondition | None = None,
) -> FlowQuestion:
    """The question a journey asks of the signals; window and start are the journey's own unless said."""
    return FlowQuestion(
        workspace=journey.workspace_id,
        steps=tuple(flow_step(step) for step in steps_of(journey)),
        period=period,
        window=journey.window if window is UNSAID else window,
        start=start or journey.start,
        follow=journey.follow,
        segment=segment,
    )


def flow_step(step: Step) -> FlowStep:
    return FlowStep(
        key=step.key,
        title=step.title,
        condition=conditions.parsed(step.condition),
        is_required=step.is_required,
        is_repeatable=step.is_repeatable,
    )


def steps_of(journey: Journey) -> list[Step]:
    """The kept steps in the order of the map; no query when the journey came `with_steps`."""
    if "phases" not in getattr(journey, "_prefetched_objects_cache", {}):
        journey = Journey.objects.with_steps().get(pk=journey.pk)
    return [step for phase in journey.phases.all() for step in phase.steps.all()]


def asked(journey: Journey, reading: Reading, *, against: bool = False) -> FlowQuestion:
    """The question of a page: of its first segment, or of the one it is compared with."""
    return flow_question(
        journey,
        period=reading.period,
        window=reading.window,
        start=reading.start,
        segment=reading.against if against else reading.segment,
    )


def living(
    journey: Journey,
    reading: Reading,
    *,
    address: Address,
    open_phase: int = 1,
    view: str = "journey",
    persona: int | None = None,
):
    """The living map, with the change against the period before, or against a second segment."""
    compares = bool(reading.against_line)
    picture = living_map(
        journey,
        reading,
        flows.flow(asked(journey, reading), compare=not compares),
        against=flows.flow(asked(journey, reading, against=True)) if compares else None,
        address=address,
        open_phase=open_phase,
    )
    return filled.laid(picture, view, persona)


WITH_NUMBERS = {"flow", "score", "quote"}


def public(journey: Journey, *, now: datetime, view: str, open_phase: int, measured: bool):
    """The map as people without an account see it: read as usual, and nothing leads anywhere."""
    reading = usual_reading(journey, now=now)
    question = asked(journey, reading)
    if not measured:
        question = replace(question, steps=tuple(replace(step, condition=None) for step in question.steps))
    answer = flows.flow(question, words=3 if measured else 0)
    picture = living_map(journey, reading, answer, address=lambda *_: "", open_phase=open_phase)
    picture = filled.laid(picture, view)
    if measured:
        return picture
    rows = tuple(row for row in picture.lanes if row.lane.key not in WITH_NUMBERS)
    return replace(picture, lanes=rows)


def usual_reading(journey: Journey, *, now: datetime) -> Reading:
    """The reading of the library: the default period, the journey's own window and start."""
    choice = usual_period(journey.window)
    period = periods.extent_of(journey.workspace, now=now).period(choice)
    return Reading(period, choice, journey.window, journey.start)
