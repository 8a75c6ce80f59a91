"""The rows of the map, in order.

A lane is a provider by name: a function from the picture to one cell for each phase, and the template that
shows an item of a cell. Higher areas join by adding a line with their dotted path.
"""

from dataclasses import dataclass, replace

from django.utils.module_loading import import_string


@dataclass(frozen=True)
class Lane:
    key: str
    label: str
    icon: str
    help: str
    template: str
    provider: str
    is_wide: bool = False  # one cell across all phases


@dataclass(frozen=True)
class Cell:
    is_open: bool
    phase: str
    items: tuple


@dataclass(frozen=True)
class Row:
    lane: Lane
    cells: tuple[Cell, ...]


LANES = (
    Lane("step", "Steps", "route", "What the customer does", "journeys/lanes/step.html", f"{__name__}.steps"),
    Lane(
        "touch",
        "Touchpoints",
        "radio",
        "Where it happens",
        "journeys/lanes/touchpoint.html",
        f"{__name__}.touchpoints",
    ),
    Lane(
        "curve",
        "Emotion",
        "activity",
        "How it feels, −2 to +2",
        "journeys/lanes/curve.html",
        f"{__name__}.emotion",
        True,
    ),
    Lane(
        "quote",
        "In their words",
        "quote",
        "Verbatims, unedited",
        "journeys/lanes/words.html",
        f"{__name__}.words",
    ),
    Lane(
        "flow",
        "Flow",
        "waypoints",
        "How far they go, 95% interval",
        "journeys/lanes/flow.html",
        f"{__name__}.flow",
    ),
    Lane(
        "score",
        "Scores",
        "gauge",
        "Given at the step, 95% interval",
        "journeys/lanes/scores.html",
        f"{__name__}.scores",
    ),
)


def laid(picture):
    """The picture with its lanes filled."""
    rows = []
    for lane in LANES:
        columns = import_string(lane.provider)(picture)
        cells = tuple(
            Cell(phase.is_open, phase.phase.name, tuple(items))
            for phase, items in zip(picture.phases, columns, strict=True)
        )
        rows.append(Row(lane, cells))
    return replace(picture, lanes=tuple(rows))


def steps(picture):
    return [phase.steps for phase in picture.phases]


def touchpoints(picture):
    """The places of every step; the same place is written once in a phase."""
    columns = []
    for phase in picture.phases:
        seen = {}
        for living in phase.steps:
            for touchpoint in living.step.touchpoints.all():
                seen.setdefault((touchpoint.name, touchpoint.channel), (living, touchpoint))
        columns.append(seen.values())
    return columns


def emotion(picture):
    return [() for _ in picture.phases]


def words(picture):
    return [[living for living in phase.steps if living.answer.words] for phase in picture.phases]


def flow(picture):
    return [phase.steps for phase in picture.phases]


def scores(picture):
    return [[living for living in phase.steps if living.scores] for phase in picture.phases]
