"""The customers behind a number of a flow."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, get_args

import numpy as np

from wayline.kit.refusals import Refusal
from wayline.metrics import flows, runs, voices
from wayline.metrics.questions import FlowQuestion
from wayline.signals.vocabulary import SCALES

State = Literal["entered", "completed", "in_progress", "dropped", "known", "looped", "scored", "said"]


class StateUnknown(Refusal):
    """There is no such number on a step."""


class StepUnknown(Refusal):
    """The question has no such step."""


class ScaleUnknown(Refusal):
    """There is no such scale."""


@dataclass(frozen=True)
class People:
    """Customers, the latest first; `n` counts all of them, `customers` is the part asked for.

    `at` says of each when they last were there: reached the step, gave the score, said the words. `counted`
    is the number as the flow says it: one customer can have several orders, scores or sentences.
    """

    n: int
    customers: tuple[int, ...]
    at: tuple[datetime, ...] = field(default=(), compare=False)
    counted: int = field(default=0, compare=False)


def behind(
    question: FlowQuestion,
    step_key: str,
    state: State,
    *,
    limit: int = 50,
    offset: int = 0,
    scale: str = "",
    now: datetime | None = None,
) -> People:
    """Who entered, completed, is in progress at, was dropped at, looped, scored or said something at a step.

    "known" are those whose window is over: the n of the conversion. `scale` narrows the scores to one.
    """
    if state not in get_args(State):
        raise StateUnknown(f"There is no “{state}” to look behind. Choose {', '.join(get_args(State))}.")
    step = next((n for n, each in enumerate(question.steps) if each.key == step_key), None)
    if step is None:
        raise StepUnknown(f"The journey has no step “{step_key}”. It may have been deleted.")
    if scale and scale not in SCALES:
        raise ScaleUnknown(f"There is no scale “{scale}”. Choose {', '.join(SCALES)}.")
    now = now or runs.asked_at(question)
    customer, at = (
        _voiced(question, step, state, scale, now)
        if state in ("scored", "said")
        else (_counted(question, step, state, now))
    )
    # The latest moment of each customer decides their place; ids break ties, so that pages never overlap.
    order = np.lexsort((customer, -at))
    _, first = np.unique(customer[order], return_index=True)
    latest = order[np.sort(first)]
    here = latest[offset : offset + limit]
    moments = [datetime.fromtimestamp(each / 1_000_000, UTC) for each in at[here].tolist()]
    return People(len(latest), tuple(customer[here].tolist()), tuple(moments), counted=len(customer))


def _voiced(question: FlowQuestion, step: int, state: State, scale: str, now: datetime):
    if not any(each.condition for each in question.steps):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    heard = voices.voices(question, now=now).at_step(step)
    if state == "said":
        chosen = heard.where(heard.has_text)
    elif scale:
        chosen = heard.where(heard.scale == list(SCALES).index(scale))
    else:
        chosen = heard.where(heard.is_scored)
    return chosen.customer, chosen.at


def _counted(question: FlowQuestion, step: int, state: State, now: datetime):
    if question.steps[step].condition is None:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    found = runs.run(question, now=now)
    place = found.bound.index(step)
    chosen = _looped(found, place) if state == "looped" else getattr(flows.fates(found, place), state)
    return found.owner[chosen], found.attempts.log.at[found.trace.row[chosen, place]]


def _looped(found: runs.Run, place: int) -> np.ndarray:
    return flows.fates(found, place).entered & found.trace.is_looped[:, place]
