"""Several flows as one: every customer weighs as often as they tried, never every journey the same."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from wayline.metrics import cache, runs, voices
from wayline.metrics.questions import FlowQuestion
from wayline.metrics.voices import Voices
from wayline.signals.vocabulary import SCALES
from wayline.statistics import proportions
from wayline.statistics.estimates import Estimate

_answers = cache.Kept(256)
METHOD = (
    "Attempts of all journeys together, each weighing one; the interval counts the attempts of one customer "
    "as one cluster (Cochran's ratio over clusters, Wilson's interval at the effective n)."
)


def conversion(questions: Sequence[FlowQuestion], *, now: datetime | None = None) -> Estimate:
    """The share of all attempts that were completed, over those whose window is over.

    A journey with ten thousand customers weighs a hundred times as much as one with a hundred. Customers
    who take several of the journeys are alike in all of them, so they count once for the interval.
    """
    asked = _asked(questions)
    return _answers.get(lambda: _conversion(asked, now), "conversion", *asked, now)


def scores(questions: Sequence[FlowQuestion], *, now: datetime | None = None) -> dict[str, Estimate]:
    """Every scale's score over all journeys together; an answer that two of them hold counts once."""
    asked = _asked(questions)
    return _answers.get(lambda: _scores(asked, now), "scores", *asked, now)


def _asked(questions: Sequence[FlowQuestion]) -> tuple[FlowQuestion, ...]:
    return tuple(question for question in questions if any(step.condition for step in question.steps))


def _conversion(questions: tuple[FlowQuestion, ...], now: datetime | None) -> Estimate:
    completed, customers = [np.zeros(0)], [np.zeros(0, np.int64)]
    for question in questions:
        found = runs.run(question, now=now or runs.asked_at(question))
        known = found.is_over
        completed.append(found.attempts.is_complete[known].astype(float))
        customers.append(found.owner[known])
    yes, whose = np.concatenate(completed), np.concatenate(customers)
    if not len(yes):
        return proportions.wilson(0, 0)
    return proportions.from_moments(voices.summed(yes, np.ones(len(yes)), whose))


def _scores(questions: tuple[FlowQuestion, ...], now: datetime | None) -> dict[str, Estimate]:
    heard = [voices.voices(question, now=now) for question in questions]
    if not heard:
        return {}
    together = Voices(
        *(np.concatenate([getattr(each, name) for each in heard]) for name in Voices.__dataclass_fields__)
    )
    answers = np.stack([together.customer, together.at, together.seq])
    _, first = np.unique(answers, axis=1, return_index=True)
    once = together.where(np.sort(first))
    found = voices.scores(once)
    return {slug: found[slug] for slug in SCALES if slug in found}
