"""Moments that matter: which steps the numbers propose, what people decided, and what must change there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from wayline.accounts.models import Membership
from wayline.journeys.models import Journey, MomentChange, MomentChoice, Step
from wayline.journeys.reading import Reading
from wayline.metrics import decisive
from wayline.metrics import queries as metric_queries
from wayline.metrics.decisive import Effect, Outcome
from wayline.signals.vocabulary import SCALES

from . import questions

COMPLETED = "completed"
MOST_SIGNALS = 60
TOP = 3  # moments that matter on one journey; more of them and none stands out


@dataclass(frozen=True)
class Candidate:
    """A step that goes together with the outcome, by its strongest sign; `others` are its weaker ones."""

    number: int
    step: Step
    best: Effect
    others: tuple[Effect, ...]
    choice: MomentChoice | None

    @property
    def is_dismissed(self) -> bool:
        return self.choice is not None and self.choice.kind == MomentChoice.Kind.DISMISSED

    @property
    def is_open(self) -> bool:
        return not self.is_dismissed and not self.step.is_moment


@dataclass(frozen=True)
class Compared:
    """One comparison that proposes nothing."""

    number: int
    step: Step
    effect: Effect


@dataclass(frozen=True)
class Ranking:
    """`candidates` the strongest first; `quiet` are within noise, `thin` too few to say."""

    outcome: Outcome
    candidates: tuple[Candidate, ...]
    quiet: tuple[Compared, ...]
    thin: tuple[Compared, ...]
    tested: int
    units: int

    @property
    def words(self) -> str:
        return outcome_words(self.outcome)

    @property
    def open(self) -> tuple[Candidate, ...]:
        return tuple(each for each in self.candidates if each.is_open)

    @property
    def dismissed(self) -> tuple[Candidate, ...]:
        return tuple(each for each in self.candidates if each.is_dismissed)


@dataclass(frozen=True)
class Moment:
    """A flagged step with why it is, and what must change there."""

    number: int
    step: Step
    choice: MomentChoice | None
    changes: tuple[MomentChange, ...]
    candidate: Candidate | None = None  # what the numbers say of it, where they propose it too


def outcome_of(said: str) -> Outcome:
    """The outcome that an address names: "completed", "score:nps" or "signal:Order Returned"."""
    kind, _, name = said.partition(":")
    if kind == "score" and name in SCALES:
        return Outcome("score", name)
    return Outcome("signal", name[:200]) if kind == "signal" and name else Outcome()


def outcome_words(outcome: Outcome) -> str:
    """What the shares are shares of, as a sentence goes on: "of them 44 % …"."""
    if outcome.kind == "score":
        return f"then gave a good answer ({SCALES[outcome.name].name}) within {outcome.within.days} days"
    if outcome.kind == "signal":
        return f"then did “{outcome.name}” within {outcome.within.days} days"
    return "completed the journey"


def outcome_choices(member: Membership) -> list[tuple[str, str]]:
    """What can be asked for: the end of the journey, a good answer afterwards, a signal afterwards."""
    scales = [(f"score:{slug}", f"A good answer afterwards: {scale.name}") for slug, scale in SCALES.items()]
    names = metric_queries.names(member.workspace_id)[:MOST_SIGNALS]
    return [
        (COMPLETED, "The journey completed"),
        *scales,
        *((f"signal:{name}", f"A signal afterwards: {name}") for name in names),
    ]


def ranking(journey: Journey, reading: Reading, outcome: Outcome) -> Ranking:
    """The steps by how much of the outcome goes together with them."""
    found = decisive.effects(questions.asked(journey, reading), outcome)
    steps = {step.key: (n, step) for n, step in enumerate(questions.steps_of(journey), start=1)}
    choices = choices_of(journey)
    by_step: dict[str, list[Effect]] = {}
    for effect in found.found:
        by_step.setdefault(effect.step, []).append(effect)
    candidates = []
    for key, effects in by_step.items():
        called = [each for each in effects if each.is_called and _counts(each, outcome)]
        if called:
            number, step = steps[key]
            best, *others = called
            candidates.append(Candidate(number, step, best, tuple(others), choices.get(step.pk)))
    proposed = {id(each) for one in candidates for each in (one.best, *one.others)}
    rest = [Compared(*steps[each.step], each) for each in found.found if id(each) not in proposed]
    return Ranking(
        outcome,
        tuple(candidates),
        tuple(each for each in rest if not each.effect.is_thin),
        tuple(each for each in rest if each.effect.is_thin),
        found.tested,
        found.units,
    )


def _counts(effect: Effect, outcome: Outcome) -> bool:
    """Whether what went badly goes with less of what is wanted; of a signal nobody knows which is better."""
    return outcome.kind == "signal" or (effect.difference.difference or 0) < 0


def choices_of(journey: Journey) -> dict[int, MomentChoice]:
    """The decisions that stand, by step."""
    rows = MomentChoice.objects.standing().filter(step__phase__journey=journey).select_related("by", "step")
    return {choice.step_id: choice for choice in rows.order_by("at", "pk")}


def evidence_of(candidate: Candidate, outcome: Outcome) -> dict:
    """What the numbers said when somebody decided."""
    effect = candidate.best

    def side(estimate) -> dict:
        return {"value": estimate.value, "low": estimate.low, "high": estimate.high, "n": estimate.n}

    return {
        "outcome": outcome_words(outcome),
        "sign": effect.words,
        "badly": side(effect.badly),
        "well": side(effect.well),
        "difference": effect.difference.difference,
        "low": effect.difference.low,
        "high": effect.difference.high,
        "p_value": effect.p_value,
        "method": "Newcombe, Holm",
    }


def candidate_for(journey: Journey, reading: Reading, outcome: Outcome, step: Step) -> dict:
    """The evidence for one step as it is now; empty where the numbers do not propose it."""
    found = (each for each in ranking(journey, reading, outcome).candidates if each.step.pk == step.pk)
    return next((evidence_of(each, outcome) for each in found), {})


def moments_of(journey: Journey, ranked: Ranking | None = None) -> tuple[Moment, ...]:
    """The steps that are flagged, and those that have changes listed, in the order of the map."""
    choices = choices_of(journey)
    proposed = {each.step.pk: each for each in ranked.candidates} if ranked else {}
    changes: dict[int, list[MomentChange]] = {}
    listed = MomentChange.objects.kept().filter(step__phase__journey=journey).select_related("owner")
    for change in listed:
        changes.setdefault(change.step_id, []).append(change)
    return tuple(
        Moment(number, step, choices.get(step.pk), tuple(changes.get(step.pk, ())), proposed.get(step.pk))
        for number, step in enumerate(questions.steps_of(journey), start=1)
        if step.is_moment or step.pk in changes
    )


@dataclass(frozen=True)
class Listed:
    """A change in the table across journeys."""

    change: MomentChange
    is_late: bool

    @property
    def journey(self) -> Journey:
        return self.change.step.phase.journey


def changes(
    member: Membership, *, today: date, kind: str = "", status: str = "", owner: str = "", open: bool = False
) -> list[Listed]:
    """What must change at moments of all journeys, what is due first."""
    rows = MomentChange.objects.visible_to(member).select_related("owner", "step__phase__journey__workspace")
    if kind in MomentChange.Kind.values:
        rows = rows.filter(kind=kind)
    if status in MomentChange.Status.values:
        rows = rows.filter(status=status)
    if owner:
        rows = rows.filter(owner=owner) if owner.isdecimal() and len(owner) < 10 else rows.filter(owner=None)
    if open:
        rows = rows.filter(status__in=(MomentChange.Status.PLANNED, MomentChange.Status.UNDER_WAY))
    ordered = sorted(rows, key=lambda each: (not each.is_open, each.due_on or date.max, each.pk))
    return [Listed(each, bool(each.is_open and each.due_on and each.due_on < today)) for each in ordered]


def cost_of(listed: Sequence[Listed]) -> int:
    """What the listed changes cost together, as far as it is known."""
    return sum(each.change.cost or 0 for each in listed if each.change.status != "dropped")
