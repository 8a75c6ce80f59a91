"""What each source said of a customer's traits, and which of it holds. Decision 0220.

A saying is a value (None takes the trait away) and when it was told, in milliseconds since 1970. Of several
the most trusted source's holds, then the latest, then the one whose source comes last by name: so the traits
are the same in whichever order the calls arrive.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

Said = dict[str, list]  # source: [value, told_at]
Levels = Mapping[str, int]

IMPORTS = "import"
MOST_SOURCES = 8  # that are remembered of one trait; what can hold is never forgotten
LAST = 1 << 30
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Choices have a history of their own, in which the latest word counts whoever said it.
CHOICES = "consent"


def voice(source: str) -> str:
    """The source as people order it: one file of an import is believed like every other."""
    return IMPORTS if source.startswith("import:") else source


def is_choice(trait: str) -> bool:
    return trait == CHOICES or trait.startswith(f"{CHOICES}.")


def moment(at: datetime | None) -> int:
    return 0 if at is None else (at - EPOCH) // timedelta(milliseconds=1)


def told_at(saying: list) -> datetime:
    return EPOCH + timedelta(milliseconds=saying[1])


def ranked(said: Said, levels: Levels) -> list[str]:
    """The sources, the one whose saying holds first."""
    return sorted(said, key=lambda source: _weight(source, said[source], levels), reverse=True)


def _weight(source: str, saying: list, levels: Levels) -> tuple[int, int, str]:
    return -levels.get(voice(source), LAST), saying[1], source


def say(said: Said, source: str, value: Any, at: int, levels: Levels) -> None:
    """Remember what the source said, unless it has said something later."""
    before = said.get(source)
    # Of two words at one moment the one that arrived later holds.
    if before is not None and before[1] > at:
        return
    said[source] = [value, at]
    if len(said) > MOST_SOURCES:
        del said[ranked(said, levels)[-1]]


def together(kept: dict[str, Said], merged: dict[str, Said]) -> dict[str, Said]:
    """What was said of two that are one."""
    found = {trait: dict(said) for trait, said in merged.items()}
    for trait, said in kept.items():
        other = found.setdefault(trait, {})
        other.update({s: one for s, one in said.items() if s not in other or other[s][1] <= one[1]})
    return found


def settle(traits: dict, sayings: dict[str, Said], levels: Levels, only: Iterable[str] | None = None) -> dict:
    """Let the traits be what holds of what was said. Answers those that changed."""
    changed: dict = {}
    for trait in sayings if only is None else only:
        value = sayings[trait][ranked(sayings[trait], levels)[0]][0]
        if value is None:
            if traits.pop(trait, None) is not None:
                changed[trait] = None
        elif trait not in traits or traits[trait] != value:
            traits[trait] = changed[trait] = value
    return changed


def facts(traits: Mapping, sayings: Mapping[str, Said], levels: Levels) -> dict[str, str]:
    """Of each trait that somebody is remembered to have told: when, in UTC to the second, and who."""
    found = {}
    for trait, said in sayings.items():
        if said and trait in traits:
            source = next(iter(said)) if len(said) == 1 else ranked(said, levels)[0]
            found[trait] = f"{_second(said[source][1] // 1000)} {source}"
    return found


@lru_cache(4096)  # one call tells many traits
def _second(since_epoch: int) -> str:
    return str(EPOCH + timedelta(seconds=since_epoch))[:19]


def without(sayings: dict[str, Said], source: str) -> list[str]:
    """Forget what the source said; answers the traits others still speak of."""
    left = []
    for trait in [trait for trait, said in sayings.items() if source in said]:
        del sayings[trait][source]
        if sayings[trait]:
            left.append(trait)
        else:
            del sayings[trait]
    return left
