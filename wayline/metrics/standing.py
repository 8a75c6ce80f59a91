"""Where one customer stands: how far along a journey, and what they did how often."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import numpy as np

from wayline.metrics import runs
from wayline.metrics.questions import FlowQuestion
from wayline.warehouse import connect

State = Literal["completed", "in progress", "dropped"]


@dataclass(frozen=True)
class Attempt:
    """One attempt at a journey: the step it came to, and whether it ended there."""

    started_at: datetime
    step: str
    reached_at: datetime
    state: State
    subject: str | None


@dataclass(frozen=True)
class Habit:
    """One sort of signal of a customer."""

    kind: str
    name: str
    n: int
    last_at: datetime


def attempts(question: FlowQuestion, *, now: datetime) -> tuple[Attempt, ...]:
    """The customer's attempts, the latest first; the question names the customer.

    A journey that follows customers has at most one, the one that counts on the map; a journey that
    follows subjects has one for each order, ticket or other subject.
    """
    if not any(step.condition for step in question.steps):
        return ()
    found = runs.run(question, now=now)
    followed = found.attempts
    is_over = followed.is_over(runs.micros(now))
    made = []
    for place in np.argsort(-followed.start_at, kind="stable").tolist():
        rows = found.trace.row[place]
        last = int(np.flatnonzero(rows >= 0)[-1])
        state: State = (
            "completed" if followed.is_complete[place] else "dropped" if is_over[place] else "in progress"
        )
        made.append(
            Attempt(
                started_at=runs.moment(followed.start_at[place]),
                step=question.steps[found.bound[last]].key,
                reached_at=runs.moment(followed.log.at[rows[last]]),
                state=state,
                subject=_subject(found, int(followed.unit[place])),
            )
        )
    return tuple(made)


def _subject(found: runs.Run, unit: int) -> str | None:
    subjects = found.units.subjects
    # Units.of in runs.py numbers them: the customer's place × how many subjects there are + the subject.
    return None if subjects is None else subjects[unit % len(subjects)].as_py()


def habits(workspace: int, customer: int) -> tuple[Habit, ...]:
    """What the customer did how often, the latest first."""
    signals = connect.table("signals")
    own = signals.filter(signals.workspace == workspace, signals.customer == customer)
    counted = own.group_by("kind", "name").agg(n=own.count(), last_at=own.at.max())
    rows = connect.current().run(counted).to_pylist()
    return tuple(
        Habit(row["kind"], row["name"], row["n"], row["last_at"].replace(tzinfo=UTC))
        for row in sorted(rows, key=lambda row: (row["last_at"], row["name"]), reverse=True)
    )
