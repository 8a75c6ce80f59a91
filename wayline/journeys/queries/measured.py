"""What was measured when a version was kept, and what has become of it since."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime

from wayline.journeys.models import Journey, Version
from wayline.metrics import flows, periods
from wayline.metrics.questions import FlowAnswer, Period
from wayline.statistics.estimates import Change, Estimate

from . import living_map, questions

FIGURES = {"conversion": "Went on", "feeling": "Feeling, −2 to +2", "median_time": "Median time"}
OVERLAP = "the days overlap"


@dataclass(frozen=True)
class Figure:
    """One number of one step, or of the whole journey where `step` is empty, on both sides."""

    step: str
    name: str
    unit: str
    before: Estimate | None
    after: Estimate | None
    change: Change | None

    @property
    def sides(self) -> tuple[Estimate | None, Estimate | None]:
        return self.before, self.after

    @property
    def digits(self) -> int:
        return 0 if self.unit == "%" else 1

    @property
    def is_better(self) -> bool:
        """Less time is better, more of the others."""
        return (self.verdict == "up") != (self.unit == "s")

    @property
    def verdict(self) -> str:
        return self.change.verdict if self.change else ""


@dataclass(frozen=True)
class Comparison:
    """`is_apart` is false where days stand on both sides: then no difference is claimed."""

    before: Period | None
    after: Period | None
    figures: tuple[Figure, ...]
    is_apart: bool


def figures_of(journey: Journey, *, now: datetime) -> dict:
    """The measured figures of the map as it is read by itself; nothing where no step is bound."""
    if not any(step.is_bound for step in questions.steps_of(journey)):
        return {}
    reading = questions.usual_reading(journey, now=now)
    return _kept(flows.flow(questions.asked(journey, reading), words=0), reading.period)


def since(journey: Journey, version: Version, *, now: datetime) -> dict:
    """The figures of those who began after the version was kept."""
    end = periods.extent_of(journey.workspace, now=now).period(periods.ALL).end
    if version.created_at >= end or not any(step.is_bound for step in questions.steps_of(journey)):
        return {}
    period = Period(version.created_at, end)
    return _kept(flows.flow(questions.flow_question(journey, period=period), words=0), period)


def compared(before: dict, after: dict, titles: dict[str, str]) -> Comparison | None:
    """Two sets of figures beside each other; None where one of them was not measured."""
    if not before or not after:
        return None
    first, second = (_period(each) for each in (before, after))
    is_apart = first.end <= second.start or second.end <= first.start
    return Comparison(first, second, tuple(_figures(before, after, titles, is_apart)), is_apart)


def _figures(before: dict, after: dict, titles: dict[str, str], is_apart: bool) -> Iterator[Figure]:
    for key in dict.fromkeys(["", *before["steps"], *after["steps"]]):
        sides = [each["steps"].get(key, {}) if key else each["whole"] for each in (before, after)]
        for name, label in FIGURES.items():
            was, now = (_estimate(side.get(name)) for side in sides)
            if was is None and now is None:
                continue
            method = living_map.NEWCOMBE if name == "conversion" else living_map.SQUARE_AND_ADD
            change = living_map.compared(now, was, method) if is_apart else None
            unit = "%" if name == "conversion" else "s" if name == "median_time" else ""
            said = "Completed" if name == "conversion" and not key else label
            yield Figure(titles.get(key, key), said, unit, was, now, change)


def _kept(answer: FlowAnswer, period: Period) -> dict:
    def side(found) -> dict:
        named = {name: getattr(found, name, None) for name in FIGURES}
        return {
            name: asdict(each) for name, each in named.items() if each is not None and each.value is not None
        }

    return {
        "start": period.start.isoformat(),
        "end": period.end.isoformat(),
        "definition": answer.definition,
        "whole": side(answer),
        "steps": {step.key: said for step in answer.steps if (said := side(step))},
    }


def _estimate(kept: dict | None) -> Estimate | None:
    return Estimate(**kept) if kept else None


def _period(kept: dict) -> Period:
    return Period(datetime.fromisoformat(kept["start"]), datetime.fromisoformat(kept["end"]))
