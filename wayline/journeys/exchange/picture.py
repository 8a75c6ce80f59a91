"""The emotion of a printed map: assumed hollow, measured filled with its band, each persona by a line."""

from dataclasses import dataclass, field

from wayline.kit import charts
from wayline.kit.charts import CurvePoint, lines
from wayline.metrics.questions import StepAnswer
from wayline.statistics.estimates import Estimate

from .document import Document

# The same lines as on the page: dashes of each persona in turn, and a color that is not needed to tell them.
STYLES = (
    ("7 4", "416CD6"),
    ("2 3", "C4850D"),
    ("12 3 2 3", "03703E"),
    ("16 5", "8A0386"),
    ("5 2 2 2 2 2", "6C98B5"),
)


@dataclass(frozen=True)
class Felt:
    """One point: `x` from 0 to 1000, `y` from 0 to 100, low and high likewise."""

    step: int
    x: float
    y: float
    value: float
    n: int = 0
    top: float | None = None
    bottom: float | None = None
    is_hollow: bool = True

    @property
    def left(self) -> float:
        """In percent."""
        return round(self.x / 10, 2)


@dataclass(frozen=True)
class Line:
    """A curve of one persona. `dashes` and `color` are its style."""

    name: str
    dashes: str
    color: str
    path: str
    points: tuple[Felt, ...]


@dataclass(frozen=True)
class Curve:
    """Across some steps of the map. `ghosts` are what was assumed where something else was measured."""

    points: tuple[Felt, ...]
    ghosts: tuple[Felt, ...]
    line: str
    bands: tuple[str, ...]
    personas: tuple[Line, ...]
    marks: tuple[dict, ...]

    @property
    def is_empty(self) -> bool:
        return not self.points and not self.personas


@dataclass(frozen=True)
class Numbers:
    """What was measured at each step by its key; empty for a map that is only drawn."""

    feelings: dict[str, Estimate] = field(default_factory=dict)
    words: str = ""

    @staticmethod
    def of(steps: tuple[StepAnswer, ...], words: str) -> "Numbers":
        return Numbers(
            {step.key: step.feeling for step in steps if step.feeling and step.feeling.value is not None},
            words,
        )


def curve(document: Document, numbers: Numbers, first: int, count: int) -> Curve:
    """The curve across `count` columns from the first step on."""
    steps = document.steps[first : first + count]
    places = [round(1000 * (n + 0.5) / count, 2) for n in range(count)]
    points = [_point(step, numbers.feelings.get(step.key)) for step in steps]
    drawn = charts.curve(points + [CurvePoint("", None)] * (count - len(points)))
    marks = [_felt(first + n + 1, mark) for n, mark in enumerate(drawn["rows"]) if mark["value"] is not None]
    ghosts = [
        Felt(first + n + 1, places[n], charts.feeling_top(step.feeling), step.feeling)
        for n, step in enumerate(steps)
        if step.feeling is not None and step.key in numbers.feelings
    ]
    return Curve(
        tuple(marks),
        tuple(ghosts),
        " ".join(filter(None, (drawn["line"], drawn["bridge"]))),
        tuple(drawn["bands"]),
        tuple(_personas(document, steps, places, first)),
        tuple(drawn["marks"]),
    )


def _personas(document: Document, steps, places: list[float], first: int):
    names = sorted({each.persona for step in document.steps for each in step.feelings})
    for name, (dashes, color) in zip(names, STYLES, strict=False):
        found = [
            Felt(first + n + 1, places[n], charts.feeling_top(each.feeling), each.feeling)
            for n, step in enumerate(steps)
            for each in step.feelings
            if each.persona == name
        ]
        if found:
            path = lines.monotone([(each.x, each.y) for each in found])
            yield Line(name, dashes, color, path, tuple(found))


def _point(step, measured: Estimate | None) -> CurvePoint:
    if measured is None:
        return CurvePoint(step.title, step.feeling, is_assumed=True)
    return CurvePoint(
        step.title, measured.value, measured.low, measured.high, measured.n, is_thin=measured.is_thin
    )


def _felt(number: int, mark: dict) -> Felt:
    has_band = mark["low"] is not None and not mark["is_assumed"]
    return Felt(
        number,
        mark["x"],
        mark["top"],
        mark["value"],
        mark["n"],
        charts.feeling_top(mark["high"]) if has_band else None,
        charts.feeling_top(mark["low"]) if has_band else None,
        mark["is_hollow"],
    )
