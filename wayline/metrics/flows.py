"""How far customers go: counts, conversion, time, loops, scores and words of every step."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from wayline.metrics import cache, extent, runs, voices
from wayline.metrics.questions import FlowAnswer, FlowQuestion, StepAnswer
from wayline.metrics.runs import Run
from wayline.statistics import proportions, quantiles
from wayline.statistics.estimates import Change, Estimate

_answers = cache.Kept(256)


def flow(
    question: FlowQuestion, *, compare: bool = False, words: int = 3, now: datetime | None = None
) -> FlowAnswer:
    """How far customers go along the steps, with the change against the period before when asked for."""
    now = now or runs.asked_at(question)
    return _answers.get(lambda: _flow(question, compare, words, now), question, compare, words, now)


def _flow(question: FlowQuestion, compare: bool, words: int, now: datetime) -> FlowAnswer:
    if not any(step.condition for step in question.steps):
        return _nothing_bound(question)
    answer = _answer(runs.run(question, now=now), words, now)
    if not compare or not _has_a_past(question):
        return answer
    earlier = replace(question, period=question.period.previous)
    before = _answer(runs.run(earlier, now=now), 0, now)
    return replace(
        answer,
        conversion_change=proportions.change(answer.conversion, before.conversion),
        steps=tuple(_compared(*pair) for pair in zip(answer.steps, before.steps, strict=True)),
    )


def _has_a_past(question: FlowQuestion) -> bool:
    """Whether there were signals before the period: without any, nothing can be compared."""
    first = extent.first_at(question.workspace)
    return first is not None and first < question.period.start


def _nothing_bound(question: FlowQuestion) -> FlowAnswer:
    return FlowAnswer(
        steps=tuple(StepAnswer(step.key) for step in question.steps),
        entered=0,
        completed=0,
        in_progress=0,
        dropped=0,
        conversion=proportions.wilson(0, 0),
        conversion_change=None,
        median_time=None,
        as_of=None,
        definition="No step is bound to signals yet, so nothing is counted.",
    )


def _compared(now: StepAnswer, before: StepAnswer) -> StepAnswer:
    conversion_change: Change | None = None
    if now.conversion and before.conversion:
        conversion_change = proportions.change(now.conversion, before.conversion)
    return replace(
        now,
        conversion_change=conversion_change,
        score_changes={
            scale: voices.score_change(scale, score, before.scores[scale])
            for scale, score in now.scores.items()
            if scale in before.scores
        },
    )


@dataclass(frozen=True)
class _Fates:
    """What became of the customers who entered one step, as masks over all of the run's units."""

    entered: np.ndarray
    completed: np.ndarray
    is_over: np.ndarray

    @property
    def in_progress(self) -> np.ndarray:
        return self.entered & ~self.completed & ~self.is_over

    @property
    def known(self) -> np.ndarray:
        """Those whose window is over, so that the quick do not flatter a share."""
        return self.entered & self.is_over

    @property
    def dropped(self) -> np.ndarray:
        return self.entered & ~self.completed & self.is_over


def _answer(found: Run, words: int, now: datetime) -> FlowAnswer:
    question, attempts = found.question, found.attempts
    lost = ~attempts.is_complete & found.is_over
    heard = voices.voices(question, now=now)
    chosen = {n: voices.chosen_words(heard.at_step(n), words) for n in range(len(question.steps))}
    steps = []
    for n, step in enumerate(question.steps):
        there = heard.at_step(n)
        quoted = voices.quoted(question, there, chosen[n])
        answer = StepAnswer(
            step.key,
            scores=voices.scores(there),
            feeling=voices.feeling(there),
            words=tuple(quoted[place] for place in chosen[n] if place in quoted),
            words_n=int(there.has_text.sum()),
        )
        steps.append(_counted(found, found.bound.index(n), answer, lost) if n in found.bound else answer)
    total = _Fates(np.ones(len(attempts.unit), bool), attempts.is_complete, found.is_over)
    whole = _row_times(found, found.required[-1]) - attempts.start_at
    return FlowAnswer(
        steps=tuple(steps),
        entered=len(attempts.unit),
        completed=int(attempts.is_complete.sum()),
        in_progress=int(total.in_progress.sum()),
        dropped=int(lost.sum()),
        conversion=share(found, total.completed, total.known),
        conversion_change=None,
        median_time=_times(found, total, whole, 0.5),
        p90_time=_times(found, total, whole, 0.9),
        as_of=found.as_of,
        definition=definition(question),
    )


def fates(found: Run, place: int) -> _Fates:
    """What became of those who entered the bound step at this place."""
    row = found.trace.row
    onward = [step for step in found.required if step > place]
    entered = row[:, place] >= 0
    completed = entered & (row[:, onward[0]] >= 0) if onward else entered
    return _Fates(entered, completed, found.is_over)


def _counted(found: Run, place: int, answer: StepAnswer, lost: np.ndarray) -> StepAnswer:
    if place < found.required[0]:
        return answer  # an optional step before the first required one: nothing has begun yet
    step = found.question.steps[found.bound[place]]
    there = fates(found, place)
    counts = replace(
        answer,
        entered=int(there.entered.sum()),
        completed=int(there.completed.sum()),
        in_progress=int(there.in_progress.sum()),
        dropped=int(there.dropped.sum()),
    )
    if not step.is_repeatable:
        looped = found.trace.is_looped[:, place]
        counts = replace(counts, loops=share(found, looped, there.entered))
    if place in found.required:
        counts = replace(counts, loss_share=share(found, there.dropped, lost))
    onward = [step for step in found.required if step > place]
    if not onward:
        return counts
    left = found.trace.last_row if step.is_repeatable else found.trace.row
    waited = _row_times(found, onward[0]) - found.attempts.log.at[left[:, place]]
    return replace(
        counts,
        conversion=share(found, there.completed, there.known),
        median_time=_times(found, there, waited, 0.5),
        p90_time=_times(found, there, waited, 0.9),
    )


def _row_times(found: Run, place: int) -> np.ndarray:
    """When each unit met the step; meaningless for those who did not."""
    return found.attempts.log.at[found.trace.row[:, place]]


def share(found: Run, which: np.ndarray, among: np.ndarray) -> Estimate:
    """A share of units. Orders of one customer are alike: together they are worth fewer than they are."""
    yes = which[among]
    if found.question.follow == "customer" or not len(yes):
        return proportions.wilson(int(yes.sum()), len(yes))
    sums = voices.summed(yes.astype(float), np.ones(len(yes)), found.owner[among])
    return proportions.from_moments(sums)


def _times(found: Run, there: _Fates, waited: np.ndarray, q: float) -> Estimate:
    seconds = np.sort(waited[there.completed & there.is_over]) / 1e6
    estimate = quantiles.quantile(seconds, q)
    return replace(
        estimate, value=_plain(estimate.value), low=_plain(estimate.low), high=_plain(estimate.high)
    )


def _plain(value) -> float | None:
    return None if value is None else float(value)


def definition(question: FlowQuestion) -> str:
    """One sentence: which of the definitions in use this is."""
    who = "customer" if question.follow == "customer" else "subject (an order, a ticket)"
    start = "any of its starts" if question.start == "any" else "its first start"
    window = "with no time limit"
    if question.window is not None:
        window = f"all steps within {_days(question.window)} of that start"
    return f"Each {who} counts once, from {start} in the period, steps in order, {window}."


def _days(window: timedelta) -> str:
    days = window / timedelta(days=1)
    if days >= 1 and days.is_integer():
        return f"{int(days)} day{'s' if days > 1 else ''}"
    hours = window / timedelta(hours=1)
    return f"{hours:g} hour{'s' if hours != 1 else ''}"
