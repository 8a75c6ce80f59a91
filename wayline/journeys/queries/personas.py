"""Personas as they live: how many customers each is, how they score, where they are lost, who leaves."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from wayline.accounts.models import Membership, Workspace
from wayline.journeys.models import Journey, Persona, Step
from wayline.journeys.reading import Reading
from wayline.metrics import answers, flows, observed, periods, rollup
from wayline.metrics.questions import Question, StepAnswer
from wayline.signals.conditions import AnyCustomer, CustomerCondition, NotCustomer
from wayline.signals.segments import condition_of
from wayline.statistics import proportions
from wayline.statistics.estimates import Change, Estimate

from . import living_map, questions

MOST_JOURNEYS = 30
MOST_PERSONAS = 8  # columns that a heat map can show


@dataclass(frozen=True)
class Lived:
    """A persona with its numbers; None where it is bound to no segment."""

    persona: Persona
    size: Estimate | None = None  # the share of all customers
    customers: int = 0
    completed: Estimate | None = None  # of the attempts at its journeys
    lost: Estimate | None = None
    left: Estimate | None = None
    scores: dict[str, Estimate] | None = None

    @property
    def is_alive(self) -> bool:
        return self.size is not None


@dataclass(frozen=True)
class Gallery:
    """All personas, and the share of customers that none of them is."""

    personas: tuple[Lived, ...]
    uncovered: Estimate | None
    customers: int


def gallery(member: Membership, *, now: datetime) -> Gallery:
    """Every persona with its size, and who is covered by none."""
    rows = list(Persona.objects.visible_to(member).select_related("segment", "workspace", "picture"))
    everybody = observed.customers_in(member.workspace_id, None)
    bound = [condition for row in rows if (condition := segment_of(row))]
    uncovered = None
    if bound and everybody:
        outside = NotCustomer(of=AnyCustomer(of=tuple(bound)))
        uncovered = proportions.wilson(observed.customers_in(member.workspace_id, outside), everybody)
    return Gallery(tuple(_sized(row, everybody) for row in rows), uncovered, everybody)


def segment_of(persona: Persona) -> CustomerCondition | None:
    """The condition of the persona's segment."""
    return condition_of(persona.segment) if persona.segment else None


def lived(persona: Persona, *, now: datetime) -> Lived:
    """The persona's numbers over its journeys; over all bound journeys where it has none of its own."""
    found = _sized(persona, observed.customers_in(persona.workspace_id, None))
    segment = segment_of(persona)
    if segment is None:
        return found
    over = [
        questions.asked(journey, replace(questions.usual_reading(journey, now=now), segment=segment))
        for journey in journeys_of(persona)
    ]
    completed = rollup.conversion(over)
    return replace(
        found,
        completed=completed if completed.n else None,
        lost=_rest(completed) if completed.n else None,
        left=_left(persona.workspace, segment, now),
        scores=rollup.scores(over),
    )


def journeys_of(persona: Persona) -> list[Journey]:
    """The journeys whose numbers the persona's page adds up."""
    own = Journey.objects.current().filter(personas=persona).with_steps()
    rows = (
        own if own.exists() else Journey.objects.current().filter(workspace=persona.workspace_id).with_steps()
    )
    return list(rows[:MOST_JOURNEYS])


@dataclass(frozen=True)
class Heat:
    """One persona at one step, held against the customers who are not this persona."""

    answer: StepAnswer
    value: Estimate | None
    difference: Change | None

    @property
    def tone(self) -> str:
        """Color only beyond noise."""
        if self.difference is None or self.difference.verdict not in ("up", "down"):
            return ""
        return "good" if self.difference.verdict == "up" else "bad"


@dataclass(frozen=True)
class HeatRow:
    number: int
    step: Step
    cells: tuple[Heat, ...]


MEASURES = (("conversion", "Went on"), ("feeling", "Feeling, −2 to +2"))


def heat_map(
    journey: Journey, personas: Sequence[Persona], reading: Reading, measure: str
) -> tuple[HeatRow, ...]:
    """Persona × step: each persona's number beside that of everybody who is not this persona."""
    columns = []
    for persona in personas[:MOST_PERSONAS]:
        segment = segment_of(persona)
        if segment is None:
            continue
        own = flows.flow(questions.asked(journey, replace(reading, segment=segment)))
        rest = flows.flow(questions.asked(journey, replace(reading, segment=NotCustomer(of=segment))))
        columns.append([_heat(*pair, measure) for pair in zip(own.steps, rest.steps, strict=True)])
    return tuple(
        HeatRow(number, step, tuple(column[number - 1] for column in columns))
        for number, step in enumerate(questions.steps_of(journey), start=1)
    )


def _heat(own: StepAnswer, rest: StepAnswer, measure: str) -> Heat:
    value, other = getattr(own, measure), getattr(rest, measure)
    method = living_map.NEWCOMBE if measure == "conversion" else living_map.SQUARE_AND_ADD
    return Heat(own, value, living_map.compared(value, other, method))


def _sized(persona: Persona, everybody: int) -> Lived:
    segment = segment_of(persona)
    if segment is None or not everybody:
        return Lived(persona)
    customers = observed.customers_in(persona.workspace_id, segment)
    return Lived(persona, proportions.wilson(customers, everybody), customers)


def _left(workspace: Workspace, segment: CustomerCondition, now: datetime) -> Estimate | None:
    """Of the customers who came in the last year, the share who did nothing in their second month."""
    year = periods.extent_of(workspace, now=now).last(365)
    found = answers.answer(Question(workspace.pk, "retention", year, segment=segment))
    return _rest(found.total.estimate) if found.total.estimate.n else None


def _rest(share: Estimate) -> Estimate:
    """The share of the others: the interval turned round."""
    if share.value is None or share.low is None or share.high is None:
        return share
    return replace(share, value=1 - share.value, low=1 - share.high, high=1 - share.low)
