"""What customers carry with them: each experience with its weight, until it fades."""

import numpy as np

from .chance import DAY

FADES_AFTER_DAYS = 120

# How much one experience moves a customer's mood; surveys, reviews and leaving all follow from the sum.
WEIGHTS = {
    "connecting_hard": -1.1,
    "connecting_easy": 0.5,
    "report_hard": -0.7,
    "report_easy": 0.4,
    "invite_unclear": -0.4,
    "invite_easy": 0.3,
    "activated": 0.7,
    "late": -1.3,
    "very_late": -2.0,
    "punctual": 0.6,
    "lost": -2.6,
    "refund_slow": -1.2,
    "refund_quick": 0.4,
    "store_refused": -1.8,
    "store_easy": 0.7,
    "reply_slow": -1.1,
    "told_twice": -1.0,
    "solved_quick": 0.8,
    "not_solved": -1.6,
    "works_daily": 0.5,
    "price": -0.5,
}
CAUSES = tuple(WEIGHTS)
INDEX = {cause: place for place, cause in enumerate(CAUSES)}
WEIGHT = np.array(list(WEIGHTS.values()))


class Memory:
    """Everything that happened to one group of customers and mattered to them."""

    def __init__(self, people: int):
        self.people = people
        self.parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []

    def keep(self, cause: str, who: np.ndarray, at: np.ndarray) -> None:
        self.parts.append((who, at, np.full(len(who), INDEX[cause])))

    def settle(self) -> None:
        """Put all experiences in order, the weightiest last, so that the last one written wins."""
        who, at, cause = (np.concatenate(column) for column in zip(*self.parts, strict=True))
        order = np.argsort(np.abs(WEIGHT[cause]), kind="stable")
        self.who, self.at, self.cause = who[order], at[order], cause[order]

    def at_moment(self, moment: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """For each customer at their own moment: the sum of what they remember, and the weightiest cause.

        A cause of −1 says that nothing is remembered.
        """
        age = moment[self.who] - self.at
        alive = (age >= 0) & (age < FADES_AFTER_DAYS * DAY)
        who, cause, age = self.who[alive], self.cause[alive], age[alive]
        faded = WEIGHT[cause] * (1 - 0.6 * age / (FADES_AFTER_DAYS * DAY))
        mood = np.bincount(who, weights=faded, minlength=self.people)
        weightiest = np.full(self.people, -1)
        weightiest[who] = cause
        return mood, weightiest
