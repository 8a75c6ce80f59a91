from dataclasses import dataclass


@dataclass(frozen=True)
class Unplaced:
    """Something in a file that the map has no place for: where it stood, its words, and why."""

    where: str
    words: str
    why: str
