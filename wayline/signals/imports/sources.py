"""What every reader answers with, and how it refuses."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from wayline.kit.refusals import Refusal

Row = list[str]


class FileNotReadable(Refusal):
    """The file cannot be read; the sentence says why and what to do."""

    status = 422


@dataclass
class Source:
    """An opened file: its columns, its rows with their lines, and what was found out about it.

    `unit` says what a place in the file is counted in: lines, or rows where a file has no lines.
    """

    format: str
    columns: list[str]
    rows: Iterator[tuple[int, Row]]
    unit: str = "line"
    notes: list[str] = field(default_factory=list)
    delimiter: str = ""
    encoding: str = ""
    repaired: int = 0


def first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
