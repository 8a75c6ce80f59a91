"""Which steps go together with how a journey ends.

For every step, attempts at which it went badly are held against those at which it went well: how many of each
came to the outcome? What goes together is not what causes: the same trouble may stand behind both.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

import numpy as np

from wayline.metrics import cache, flows, runs, voices
from wayline.metrics.questions import FlowQuestion
from wayline.metrics.runs import Run, micros
from wayline.signals.vocabulary import SCALES
from wayline.statistics import multiple, proportions
from wayline.statistics.comparison import Limits, square_and_add
from wayline.statistics.estimates import Change, Estimate
from wayline.warehouse import connect

Sign = Literal["low", "worse", "looped", "slow"]
SIGNS: dict[Sign, str] = {
    "low": "scored below the middle of the scale",
    "worse": "felt worse than the step before, by a point or more",
    "looped": "came back to the step before going on",
    "slow": "took longer than three quarters of the others",
}
SLOW = 0.75  # the quantile beyond which a step was slow
DROP = 1.0  # points of feeling
CALLED = 0.05  # a p-value below it, after the correction for all comparisons
# From which part of a scale an answer counts as good; NPS has its own word for it.
GOOD_SHARE, PROMOTER = 0.75, 9.0

_answers = cache.Kept(64)


@dataclass(frozen=True)
class Outcome:
    """What the journey shall lead to: its last required step, a good answer later, or a signal later.

    `name` is a scale or a signal's name; `within` is how long after the step it is waited for.
    """

    kind: Literal["completed", "score", "signal"] = "completed"
    name: str = ""
    within: timedelta = timedelta(days=90)


@dataclass(frozen=True)
class Effect:
    """One way a step can go badly, and how much less often the outcome came then.

    `difference` is badly minus well by Newcombe; `at_stake` is the outcome's share among those who went well
    minus its share among all who are compared: what would be gained if the badly gone were like the others,
    and nothing else stood behind both. `p_value` is adjusted for all comparisons of the journey by Holm.
    """

    step: str
    sign: Sign
    badly: Estimate
    well: Estimate
    difference: Change
    at_stake: Limits | None
    p_value: float | None = None

    @property
    def words(self) -> str:
        return SIGNS[self.sign]

    @property
    def is_called(self) -> bool:
        """Beyond noise also after all the comparisons that were made."""
        return self.p_value is not None and self.p_value < CALLED

    @property
    def is_thin(self) -> bool:
        return self.badly.is_thin or self.well.is_thin


@dataclass(frozen=True)
class Effects:
    """Every comparison that could be made, the strongest first; how many of them were tested."""

    outcome: Outcome
    found: tuple[Effect, ...]
    tested: int
    units: int


@dataclass(frozen=True)
class _Split:
    """Attempts at which a step went badly, and the moment from which the outcome is looked for."""

    sign: Sign
    among: np.ndarray
    badly: np.ndarray
    since: np.ndarray


def effects(question: FlowQuestion, outcome: Outcome) -> Effects:
    """Every step's signs of having gone badly, with what went together with them."""
    now = runs.asked_at(question)
    return _answers.get(lambda: _effects(question, outcome, now), "decisive", question, outcome, now)


def _effects(question: FlowQuestion, outcome: Outcome, now) -> Effects:
    if not any(step.condition for step in question.steps):
        return Effects(outcome, (), 0, 0)
    found = runs.run(question, now=now)
    heard = voices.voices(question, now=now)
    reached = _Reached(found, heard, outcome, now)
    made = [
        effect
        for place, step in enumerate(found.bound)
        for split in _splits(found, heard, place)
        if (effect := _effect(found, question.steps[step].key, split, *reached.by(place, split)))
    ]
    tested = [effect for effect in made if not effect.is_thin]
    adjusted = multiple.holm([effect.p_value or 0.0 for effect in tested])
    called = [replace(effect, p_value=p) for effect, p in zip(tested, adjusted, strict=True)]
    thin = [replace(effect, p_value=None) for effect in made if effect.is_thin]
    ranked = sorted(called, key=lambda each: (not each.is_called, -_stake(each)))
    return Effects(outcome, (*ranked, *thin), len(tested), len(found.attempts.unit))


def _stake(effect: Effect) -> float:
    return abs(effect.at_stake.difference) if effect.at_stake else 0.0


def _effect(found: Run, key: str, split: _Split, came: np.ndarray, known: np.ndarray) -> Effect | None:
    """None where nobody is on one of the two sides."""
    badly, well = (split.among & known & which for which in (split.badly, ~split.badly))
    if not badly.any() or not well.any():
        return None
    sides = [flows.share(found, came, which) for which in (badly, well)]
    limits = square_and_add(*sides)
    change = proportions.change(*sides)
    weight = float(badly.sum() / (badly.sum() + well.sum()))
    stake = None
    if limits is not None:
        # The share of attempts that went badly is taken as known: it is far surer than the difference.
        stake = Limits(-limits.difference * weight, -limits.high * weight, -limits.low * weight)
    p = multiple.p_of(limits) if limits is not None else None
    return Effect(key, split.sign, sides[0], sides[1], change, stake, p)


def _splits(found: Run, heard: voices.Voices, place: int) -> Iterator[_Split]:
    if place < found.required[0]:
        return
    there = flows.fates(found, place)
    at = found.attempts.log.at
    met = at[found.trace.row[:, place]]
    if not found.question.steps[found.bound[place]].is_repeatable:
        yield _Split("looped", there.entered, found.trace.is_looped[:, place], met)
    onward = [step for step in found.required if step > place]
    if onward:
        left = at[found.trace.row[:, onward[0]]]
        through = there.completed & there.is_over
        if through.any():
            took = left - met
            yield _Split("slow", through, took > np.quantile(took[through], SLOW), left)
    felt, last, is_felt = _felt(found, heard, place)
    yield _Split("low", there.entered & is_felt, felt < 0, last)
    before, is_before = _felt_before(found, heard, place)
    yield _Split("worse", there.entered & is_felt & is_before, felt <= before - DROP, last)


def _felt(found: Run, heard: voices.Voices, place: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each attempt's mean feeling at the step, the moment of the last score, and whether there is one."""
    units = found.attempts.unit
    there = heard.at_step(found.bound[place])
    there = there.where(there.is_scored & np.isin(there.unit, units))
    index = np.searchsorted(units, there.unit)
    counted = np.bincount(index, minlength=len(units))
    summed = np.bincount(index, there.feeling, minlength=len(units))
    last = np.zeros(len(units), np.int64)
    np.maximum.at(last, index, there.at)
    return summed / np.maximum(counted, 1), last, counted > 0


def _felt_before(found: Run, heard: voices.Voices, place: int) -> tuple[np.ndarray, np.ndarray]:
    """The feeling at the nearest step before that the attempt was scored at."""
    before, is_before = np.zeros(len(found.attempts.unit)), np.zeros(len(found.attempts.unit), bool)
    for earlier in range(place):
        felt, _, is_felt = _felt(found, heard, earlier)
        before, is_before = np.where(is_felt, felt, before), is_before | is_felt
    return before, is_before


class _Reached:
    """Which attempts came to the outcome, and of which that is known already."""

    def __init__(self, found: Run, heard: voices.Voices, outcome: Outcome, now):
        self.found, self.heard, self.outcome, self.now = found, heard, outcome, now
        self.rows = None if outcome.kind == "completed" else self._rows()

    def by(self, place: int, split: _Split) -> tuple[np.ndarray, np.ndarray]:
        found = self.found
        if self.rows is None:
            # Nothing is left to come to from the last required step on, nor from the last but one when slow.
            onward = [step for step in found.required if step > place]
            is_open = len(onward) > (1 if split.sign == "slow" else 0)
            return found.attempts.is_complete, found.is_over & is_open
        customer, at, is_good = self.rows
        own = self.heard.at_step(found.bound[place])
        if self.outcome.kind == "score":
            # The step's own scores say how it went; the outcome is what was said of something else, later.
            kept = ~np.isin(self.seq, own.seq[own.scale == list(SCALES).index(self.outcome.name)])
            customer, at, is_good = customer[kept], at[kept], is_good[kept]
        index = _first_after(customer, at, found.owner, split.since)
        within = self.outcome.within // timedelta(microseconds=1)
        there = index >= 0
        there[there] = at[index[there]] <= split.since[there] + within
        if self.outcome.kind == "score":
            good = np.zeros(len(index), bool)
            good[there] = is_good[index[there]]
            return good, there  # who was not asked says nothing
        return there, split.since + within <= micros(self.now)

    def _rows(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Whoever came to the outcome, sorted by customer and moment."""
        signals, outcome = runs.own_signals(self.found.question), self.outcome
        if outcome.kind == "signal":
            chosen = signals.filter(signals.name == outcome.name).select("customer", "at", "seq")
        else:
            scored = signals.filter(signals.scale == outcome.name, signals.score.notnull())
            chosen = scored.select("customer", "at", "seq", "score")
        rows = connect.current().run(chosen)
        customer, at = rows["customer"].to_numpy(), rows["at"].to_numpy().view(np.int64)
        order = np.lexsort((at, customer))
        self.seq = rows["seq"].to_numpy()[order]
        score = rows["score"].to_numpy()[order] if outcome.kind == "score" else np.zeros(len(order))
        return customer[order], at[order], _is_good(outcome.name, score)


def _is_good(scale: str, score: np.ndarray) -> np.ndarray:
    known = SCALES.get(scale)
    if known is None:
        return np.ones(len(score), bool)
    if scale == "nps":
        return score >= PROMOTER
    share = (score - known.low) / (known.high - known.low)
    return (share if known.is_easy_high else 1 - share) >= GOOD_SHARE


def _first_after(customer: np.ndarray, at: np.ndarray, whose: np.ndarray, since: np.ndarray) -> np.ndarray:
    """For each of `whose` the row of their first moment after `since`, −1 where there is none."""
    if not len(customer):
        return np.full(len(whose), -1)
    known, numbered = np.unique(customer, return_inverse=True)
    place = np.searchsorted(known, whose).clip(max=len(known) - 1)
    earliest, latest = min(at.min(), since.min()), max(at.max(), since.max())
    # One number that sorts by customer, then by moment; in milliseconds a century of 10^8 customers fits.
    reach = (latest - earliest) // 1000 + 2
    rows = numbered * reach + (at - earliest) // 1000
    wanted = place * reach + (since - earliest) // 1000
    index = np.searchsorted(rows, wanted, side="right")
    index = np.where(index < len(rows), index, -1)
    mine = (index >= 0) & (known[place] == whose) & (customer[index] == whose)
    return np.where(mine, index, -1)
