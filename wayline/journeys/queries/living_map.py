"""One frozen picture of a journey as it is lived: what the map page shows and the API answers.

Everything is worked out here from the journey, the reading and the answer of metrics.flows; templates only
place it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from wayline.journeys import conditions
from wayline.journeys.models import Journey, Phase, Step
from wayline.journeys.reading import Reading
from wayline.metrics import voices
from wayline.metrics.questions import FlowAnswer, StepAnswer
from wayline.signals.vocabulary import SCALES, Scale
from wayline.statistics import comparison
from wayline.statistics.estimates import Change, Estimate

from . import feelings

STATES = ("entered", "completed", "in_progress", "dropped", "known", "looped", "scored", "said")
SQUARE_AND_ADD = "square-and-add of the two 95 % intervals"
NEWCOMBE = "Newcombe"


@dataclass(frozen=True)
class Score:
    """One scale's mean at one step; `against` and `difference` are for the second segment."""

    scale: Scale
    estimate: Estimate
    change: Change | None
    against: Estimate | None = None
    difference: Change | None = None
    link: str = ""
    against_link: str = ""

    # NPS is answered as the share of promoters less that of detractors, not as a mean of what was given.
    @property
    def low(self) -> float:
        return -100 if self.scale.slug == "nps" else self.scale.low

    @property
    def high(self) -> float:
        return 100 if self.scale.slug == "nps" else self.scale.high

    @property
    def digits(self) -> int:
        return 0 if self.scale.slug == "nps" else 1

    @property
    def name(self) -> str:
        return "NPS" if self.scale.slug == "nps" else self.scale.name


@dataclass(frozen=True)
class LivingStep:
    """A step with its number on the map and, when it is bound, what was observed."""

    number: int
    step: Step
    binding: str
    answer: StepAnswer
    against: StepAnswer | None
    links: dict[str, str]
    against_links: dict[str, str]
    scores: tuple[Score, ...]
    difference: Change | None
    time_difference: Change | None = None
    is_goal: bool = False  # the last required step: reaching it completes the journey
    ways: tuple = ()  # branches and loops that leave from here
    badges: tuple = ()  # what higher areas know about it

    @property
    def is_alive(self) -> bool:
        """Bound, and the flow has counted it."""
        return self.step.is_bound and self.answer.entered is not None

    @property
    def clear_scores(self) -> tuple[Score, ...]:
        """Scores with enough answers to say something, or that are held against another segment's."""
        return tuple(score for score in self.scores if score.against or not score.estimate.is_thin)

    @property
    def thin_scores(self) -> tuple[Score, ...]:
        return tuple(score for score in self.scores if score not in self.clear_scores)


@dataclass(frozen=True)
class LivingPhase:
    number: int
    phase: Phase
    steps: tuple[LivingStep, ...]
    is_open: bool
    share_from: float  # where the phase begins across the map, 0 to 1
    share: float


@dataclass(frozen=True)
class Loss:
    """A step at which customers were lost, with its share of everybody lost on the way."""

    rank: int
    step: LivingStep
    dropped: int
    share: Estimate | None
    link: str


@dataclass(frozen=True)
class Total:
    """One count over the whole journey, with the people behind it."""

    label: str
    count: int
    against: int | None
    link: str
    against_link: str
    meaning: str


@dataclass(frozen=True)
class LivingMap:
    journey: Journey
    reading: Reading
    phases: tuple[LivingPhase, ...]
    answer: FlowAnswer
    against: FlowAnswer | None
    totals: tuple[Total, ...]
    losses: tuple[Loss, ...]
    difference: Change | None
    time_difference: Change | None
    curve: dict
    known_link: str = ""
    lanes: tuple = field(default=())

    @property
    def steps(self) -> tuple[LivingStep, ...]:
        return tuple(step for phase in self.phases for step in phase.steps)

    @property
    def unbound(self) -> tuple[LivingStep, ...]:
        return tuple(step for step in self.steps if not step.step.is_bound)

    @property
    def state(self) -> str:
        """empty: no steps; unbound: no step is bound; silent: nobody started in the period; else alive."""
        if not self.steps:
            return "empty"
        if len(self.unbound) == len(self.steps):
            return "unbound"
        return "alive" if self.answer.entered else "silent"


Address = Callable[[str, str, str], str]  # step key, state, which segment -> the people behind that number


def living_map(
    journey: Journey,
    reading: Reading,
    answer: FlowAnswer,
    *,
    address: Address,
    against: FlowAnswer | None = None,
    open_phase: int = 1,
) -> LivingMap:
    """The picture of the journey from what flows answered, for one segment or for two side by side."""
    answers = {step.key: step for step in answer.steps}
    others = {step.key: step for step in against.steps} if against else {}
    phases = _phases(journey, answers, others, address, open_phase)
    return LivingMap(
        journey=journey,
        reading=reading,
        phases=phases,
        answer=answer,
        against=against,
        totals=_totals(answer, against, address),
        losses=_losses(phases),
        difference=compared(answer.conversion, against.conversion if against else None, NEWCOMBE),
        time_difference=compared(answer.median_time, against.median_time if against else None),
        curve=feelings.curve(phases),
        known_link=address("", "known", "segment"),
    )


def compared(first: Estimate | None, second: Estimate | None, method: str = SQUARE_AND_ADD) -> Change | None:
    """First segment minus second, claimed only beyond noise."""
    if first is None or second is None:
        return None
    return comparison.compare(first, second, method)


def required(steps: Iterable[Step]) -> list[Step]:
    """The steps that carry a journey: the bound required ones; where there is none, the first bound one."""
    bound = [step for step in steps if step.is_bound]
    return [step for step in bound if step.is_required] or bound[:1]


def _phases(journey, answers, others, address, open_phase) -> tuple[LivingPhase, ...]:
    phases = list(journey.phases.all())
    open_phase = open_phase if 1 <= open_phase <= len(phases) else 1
    built, number = [], 0
    counted = required([step for phase in phases for step in phase.steps.all()])
    goal = counted[-1] if counted else None
    for index, phase in enumerate(phases, start=1):
        steps = []
        for step in phase.steps.all():
            number += 1
            steps.append(_step(number, step, answers, others, address, is_goal=step is goal))
        share = 1 / len(phases)
        built.append(LivingPhase(index, phase, tuple(steps), index == open_phase, (index - 1) * share, share))
    return tuple(built)


def _step(number: int, step: Step, answers, others, address: Address, *, is_goal: bool) -> LivingStep:
    answer = answers.get(step.key, StepAnswer(key=step.key))
    against = others.get(step.key)
    return LivingStep(
        number=number,
        step=step,
        binding=conditions.sentence(conditions.parsed(step.condition)),
        answer=answer,
        against=against,
        links={state: address(step.key, state, "segment") for state in STATES},
        against_links={state: address(step.key, state, "against") for state in STATES} if against else {},
        scores=_scores(answer, against, step.key, address),
        difference=compared(answer.conversion, against.conversion if against else None, NEWCOMBE),
        time_difference=compared(answer.median_time, against.median_time if against else None),
        is_goal=is_goal,
    )


def _scores(answer: StepAnswer, against: StepAnswer | None, key: str, address: Address) -> tuple[Score, ...]:
    """Every scale asked there, in the vocabulary's order; scales are never averaged together."""
    others = against.scores if against else {}
    return tuple(
        Score(
            scale=scale,
            estimate=answer.scores[slug],
            change=answer.score_changes.get(slug),
            against=others.get(slug),
            difference=voices.score_change(slug, answer.scores[slug], others[slug])
            if slug in others
            else None,
            link=f"{address(key, 'scored', 'segment')}&scale={slug}",
            against_link=f"{address(key, 'scored', 'against')}&scale={slug}" if slug in others else "",
        )
        for slug, scale in SCALES.items()
        if slug in answer.scores
    )


def _losses(phases: tuple[LivingPhase, ...]) -> tuple[Loss, ...]:
    # Only required steps lose anybody: who stops after an optional one was lost at the required one before.
    lost = [
        (step.answer.dropped, share, step)
        for phase in phases
        for step in phase.steps
        if step.answer.dropped and (share := step.answer.loss_share)
    ]
    lost.sort(key=lambda each: (-each[0], each[2].number))
    return tuple(
        Loss(rank, step, dropped, share, step.links["dropped"])
        for rank, (dropped, share, step) in enumerate(lost, start=1)
    )


def _totals(answer: FlowAnswer, against: FlowAnswer | None, address: Address) -> tuple[Total, ...]:
    words = (
        ("entered", "Started", "attempts that began in the period"),
        ("completed", "Completed", "reached the last required step in time"),
        ("in_progress", "In progress", "still have time left; not counted as lost"),
        ("dropped", "Lost", "time is over before the last required step"),
    )
    return tuple(
        Total(
            label=label,
            count=getattr(answer, state),
            against=getattr(against, state) if against else None,
            link=address("", state, "segment"),
            against_link=address("", state, "against") if against else "",
            meaning=meaning,
        )
        for state, label, meaning in words
    )
