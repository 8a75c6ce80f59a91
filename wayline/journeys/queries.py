"""What pages, endpoints and the command line ask about journeys."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.core.cache import cache

from wayline.accounts.models import Membership, Workspace
from wayline.customers.models import Customer
from wayline.metrics import flows, people, periods
from wayline.metrics import queries as metric_queries
from wayline.metrics.questions import FlowQuestion, FlowStep, Period, Start
from wayline.signals import segment_lines
from wayline.signals.conditions import CustomerCondition
from wayline.signals.models import Segment
from wayline.signals.segments import condition_of

from . import conditions, lanes
from .living import Address, living_map, required
from .models import Journey, Persona, Step
from .reading import Reading, usual_period

UNSAID = timedelta.min
PEOPLE_ON_A_PAGE = 50
EVERYBODY = 10**9
SAMPLED_CUSTOMERS = 500
SEGMENTS_ARE_KEPT = 300


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
    return lanes.laid(picture, view, persona)


WITH_NUMBERS = {"flow", "score", "quote"}


def public(journey: Journey, *, now: datetime, view: str, open_phase: int, measured: bool):
    """The map as people without an account see it: read as usual, and nothing leads anywhere."""
    reading = usual_reading(journey, now=now)
    question = asked(journey, reading)
    if not measured:
        question = replace(question, steps=tuple(replace(step, condition=None) for step in question.steps))
    answer = flows.flow(question, words=3 if measured else 0)
    picture = living_map(journey, reading, answer, address=lambda *_: "", open_phase=open_phase)
    picture = lanes.laid(picture, view)
    if measured:
        return picture
    rows = tuple(row for row in picture.lanes if row.lane.key not in WITH_NUMBERS)
    return replace(picture, lanes=rows)


def usual_reading(journey: Journey, *, now: datetime) -> Reading:
    """The reading of the library: the default period, the journey's own window and start."""
    choice = usual_period(journey.window)
    period = periods.extent_of(journey.workspace, now=now).period(choice)
    return Reading(period, choice, journey.window, journey.start)


@dataclass(frozen=True)
class Found:
    """A customer behind a number: at which step, and when they were there."""

    customer: Customer
    step: str
    at: datetime | None


@dataclass(frozen=True)
class Behind:
    """The customers behind a number, one page of them. `counted` is the number itself: orders, or scores."""

    n: int
    counted: int
    found: tuple[Found, ...]
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.n // PEOPLE_ON_A_PAGE))

    @property
    def previous_page(self) -> int:
        return self.page - 1

    @property
    def next_page(self) -> int:
        return self.page + 1


def people_behind(
    journey: Journey,
    reading: Reading,
    *,
    step: str,
    state: people.State,
    scale: str = "",
    against: bool = False,
    page: int = 1,
) -> Behind:
    """Who is behind a number of the map; without a step, behind a number of the whole journey."""
    page = max(page, 1)
    everybody, counted = _everybody(journey, reading, step, state, scale, against)
    here = everybody[(page - 1) * PEOPLE_ON_A_PAGE : page * PEOPLE_ON_A_PAGE]
    return Behind(len(everybody), counted, _found(journey, here), page)


def everybody_behind(
    journey: Journey,
    reading: Reading,
    *,
    step: str,
    state: people.State,
    scale: str = "",
    against: bool = False,
) -> Iterator[Found]:
    """All of them, for an export: customers are read five hundred at a time."""
    everybody, _ = _everybody(journey, reading, step, state, scale, against)
    for begin in range(0, len(everybody), 500):
        yield from _found(journey, everybody[begin : begin + 500])


Place = tuple[int, str, datetime | None]  # customer, step key, when


def _everybody(
    journey: Journey, reading: Reading, step: str, state: people.State, scale: str, against: bool
) -> tuple[list[Place], int]:
    question = asked(journey, reading, against=against)
    seen: dict[int, Place] = {}
    counted = 0
    for key in _keys(journey, step, state):
        behind = people.behind(question, key, state, scale=scale, limit=EVERYBODY)
        counted += behind.counted
        for customer, at in zip(behind.customers, behind.at, strict=True):
            seen.setdefault(customer, (customer, key, at))
    return list(seen.values()), counted


def _keys(journey: Journey, step: str, state: people.State) -> list[str]:
    """The steps whose people make up the number; whoever is lost is lost at exactly one required step."""
    if step:
        return [step]
    if state in ("scored", "said"):
        return [each.key for each in steps_of(journey)]
    carrying = [each.key for each in required(steps_of(journey))]
    if state in ("entered", "known"):
        return carrying[:1]
    return carrying[-1:] if state == "completed" else carrying


def _found(journey: Journey, places: list[Place]) -> tuple[Found, ...]:
    ids = [customer for customer, _, _ in places]
    rows = Customer.objects.filter(workspace=journey.workspace_id).in_bulk(ids)
    titles = {step.key: step.title for step in steps_of(journey)}
    return tuple(
        Found(rows[customer], titles.get(key, key), at) for customer, key, at in places if customer in rows
    )


def saved_segments(member: Membership) -> dict[str, CustomerCondition]:
    """The conditions of the workspace's saved segments and bound personas by their names."""
    personas = Persona.objects.visible_to(member).exclude(segment=None).select_related("segment")
    named = {persona.name: condition_of(persona.segment) for persona in personas}
    return named | {each.name: condition_of(each) for each in Segment.objects.visible_to(member)}


def segment_choices(workspace: Workspace, saved: Iterable[str] = ()) -> tuple[str, ...]:
    """Segments worth offering: the saved ones, then common values of the traits that have few of them."""
    common = cache.get_or_set(
        f"journeys:segments:{workspace.pk}", lambda: _common_traits(workspace), SEGMENTS_ARE_KEPT
    )
    return (*saved, *common)


def _common_traits(workspace: Workspace) -> tuple[str, ...]:
    sample = Customer.objects.filter(workspace=workspace, merged_into=None).order_by("-pk")
    values: dict[str, dict[str, int]] = {}
    for traits in sample.values_list("traits", flat=True)[:SAMPLED_CUSTOMERS]:
        for trait, value in traits.items():
            if isinstance(value, str | bool) and value != "":
                said = str(value).lower() if isinstance(value, bool) else value
                counts = values.setdefault(trait, {})
                counts[said] = counts.get(said, 0) + 1
    known = (
        f"{trait} is {value}"
        for trait, counts in sorted(values.items())
        if len(counts) <= 12
        for value, _ in sorted(counts.items(), key=lambda row: -row[1])
    )
    return (*known, *(segment_lines.done(*each) for each in metric_queries.outcomes(workspace.pk)))
