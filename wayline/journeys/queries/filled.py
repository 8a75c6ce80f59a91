"""The lanes of a map filled: with the cards of people, and with what functions supply by name."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.utils.module_loading import import_string

from wayline.journeys import badges, models

from . import board, feelings, lanes


@dataclass(frozen=True)
class Cell:
    is_open: bool
    phase: str
    items: tuple
    key: int = 0  # of the phase


@dataclass(frozen=True)
class Row:
    lane: lanes.Laid
    cells: tuple[Cell, ...]
    line: str = ""  # drawn above it, in a blueprint


def laid(picture, view: str = "journey", persona: int | None = None):
    """The picture with its lanes filled: one query for all cards, whatever their number."""
    known = badges.of_map(picture.journey)
    picture = replace(_with_ways(picture, known), curve=feelings.with_personas(picture, persona))
    shown = lanes.shown(picture.journey, view, persona)
    cards = board.cells(
        picture.journey, [lane for lane in shown if not lane.provider], picture.steps, known.of
    )
    rows, region = [], ""
    for lane in shown:
        columns = _columns(picture, lane, cards)
        cells = tuple(
            Cell(phase.is_open, phase.phase.name, tuple(items), phase.phase.pk)
            for phase, items in zip(picture.phases, columns, strict=True)
        )
        line = lanes.LINES.get(lane.region, "") if lane.region != region else ""
        region = lane.region
        rows.append(Row(lane, cells, line))
    return replace(picture, lanes=tuple(rows))


@dataclass(frozen=True)
class Way:
    kind: str
    to: int  # the number of the step it leads to
    label: str


def _with_ways(picture, known):
    """The picture whose steps know the branches and loops that leave from them, and their badges."""
    numbers = {living.step.pk: living.number for living in picture.steps}
    ways: dict[int, list[Way]] = {}
    for edge in models.Edge.objects.kept().filter(journey=picture.journey):
        if edge.target_id in numbers:
            ways.setdefault(edge.source_id, []).append(Way(edge.kind, numbers[edge.target_id], edge.label))
    if not ways and not known.steps:
        return picture
    phases = tuple(
        replace(
            phase,
            steps=tuple(
                replace(
                    step,
                    ways=tuple(ways.get(step.step.pk, ())),
                    badges=known.steps.get(step.step.pk, ()),
                )
                for step in phase.steps
            ),
        )
        for phase in picture.phases
    )
    return replace(picture, phases=phases)


def _columns(picture, lane: lanes.Laid, cards: dict) -> Sequence[Sequence]:
    if lane.provider:
        return import_string(lane.provider)(picture)
    return [[cards[lane.key, living.step.pk] for living in phase.steps] for phase in picture.phases]


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
