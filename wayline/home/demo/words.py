"""What customers write, in their own language, about what really happened to them.

phrases/*.yaml hold the sentences: a comment is an opening (or none), what happened, and what follows from it.
"""

from functools import cache
from pathlib import Path

import numpy as np
import yaml

from .people import People

PHRASES = Path(__file__).parent / "phrases"
KIND = {
    "connecting_easy",
    "report_easy",
    "invite_easy",
    "activated",
    "punctual",
    "refund_quick",
    "store_easy",
    "solved_quick",
    "works_daily",
}
TOOLS = (
    "our till",
    "the old spreadsheet",
    "our booking system",
    "the warehouse database",
    "our accounts",
    "the shop system",
)
COLLEAGUES = (
    "my colleague",
    "my boss",
    "our accountant",
    "the new intern",
    "my business partner",
    "our IT person",
)


@cache
def phrases(language: str) -> dict:
    return yaml.safe_load((PHRASES / f"{language}.yaml").read_text())


class Voice:
    """The sentences of one group of customers. The same seed says the same things."""

    def __init__(self, rng: np.random.Generator, people: People):
        self.rng = rng
        self.language = people.language.tolist()
        self.patience = people.patience.tolist()
        # Plain integers drawn once are far cheaper than a call into NumPy for every word.
        self.dice = rng.integers(0, 2**31, 1 << 15).tolist()
        self.thrown = 0

    def is_kind(self, cause: str) -> bool:
        return cause in KIND

    def comments(
        self, causes, who: np.ndarray, *, share: float, days=None, leaving: bool = False
    ) -> list[str | None]:
        """A comment from about this share of them, the others leave the box empty."""
        writes = (self.rng.random(len(who)) < share).tolist()
        waits = days.tolist() if days is not None else [None] * len(who)
        return [
            self.comment(cause, person, wait, leaving) if does else None
            for cause, person, wait, does in zip(causes.tolist(), who.tolist(), waits, writes, strict=True)
        ]

    def comment(self, cause: str, person: int, days: float | None, leaving: bool) -> str:
        book = phrases(self.language[person])
        happened = capital(self.filled(self.choose(book["causes"][cause]), days))
        mood = "glad" if cause in KIND else "annoyed"
        parts = [happened]
        if self.roll(100) < 34:
            opening = self.choose(book["openings"][mood])
            parts = [opening, happened if opening[-1] in ".!:" else running_on(happened)]
        if leaving:
            parts.append(self.choose(book["leaving"]))
        elif self.roll(100) < 40:
            parts.append(capital(self.filled(self.choose(book["endings"][mood]), days)))
        return self.typed(" ".join(parts))

    def requests(self, topics, who: np.ndarray, *, again: bool) -> list[str]:
        """What they ask the desk."""
        said = []
        for topic, person in zip(topics.tolist(), who.tolist(), strict=True):
            book = phrases(self.language[person])
            words = self.choose(book["requests"][topic])
            if again:
                words = f"{self.choose(book['again'])} {words}"
            said.append(self.typed(self.filled(words, None)))
        return said

    def replies(self, topics, who: np.ndarray, agents) -> list[str]:
        """What the desk writes back."""
        return [
            self.filled(self.choose(phrases(self.language[person])["replies"][topic]), None).replace(
                "{agent}", agent
            )
            for topic, person, agent in zip(topics.tolist(), who.tolist(), agents.tolist(), strict=True)
        ]

    def complaints(self, who: np.ndarray) -> list[str]:
        """The twelve complaints about the connector's time-out, no two alike."""
        languages = [self.language[person] for person in who.tolist()]
        return [phrases(language)["complaints"][place] for place, language in enumerate(languages)]

    def filled(self, words: str, days: float | None) -> str:
        if "{" not in words:
            return words
        wait = int(days) if days is not None and days > 1 else 3 + self.roll(9)
        return (
            words.replace("{days}", str(wait))
            .replace("{tool}", TOOLS[self.roll(len(TOOLS))])
            .replace("{colleague}", COLLEAGUES[self.roll(len(COLLEAGUES))])
            .replace("{hours}", str(2 + self.roll(6)))
            .replace("{times}", str(2 + self.roll(3)))
        )

    def typed(self, words: str) -> str:
        """As people type: mostly clean, sometimes in a hurry."""
        throw = self.roll(100)
        if throw < 7 and len(words) > 12:
            place = 3 + self.roll(len(words) - 6)
            if words[place : place + 2].islower() and words[place : place + 2].isalpha():
                return words[:place] + words[place + 1] + words[place] + words[place + 2 :]
        if throw < 13:
            return words.lower().rstrip(".")
        if throw < 16:
            return words.rstrip(".") + "..."
        return words

    def choose(self, options: list[str]) -> str:
        return options[self.roll(len(options))]

    def roll(self, sides: int) -> int:
        self.thrown += 1
        # The walk through the dice changes its stride each time round, so no two rounds repeat one another.
        turn, place = divmod(self.thrown, len(self.dice))
        return (self.dice[place] ^ (turn * 2654435761 & 0x7FFFFFFF)) % sides


def capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def running_on(words: str) -> str:
    """The sentence as it reads after "Honestly,"; "I" stays a capital."""
    return words if words.startswith(("I ", "I'")) else words[:1].lower() + words[1:]
