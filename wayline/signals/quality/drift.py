"""Properties that appeared, vanished or began to read as something else."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Sum

from wayline.signals.models import NameDay, PropertyDay
from wayline.signals.names.counting import TYPES
from wayline.signals.names.queries import TYPE_WORDS
from wayline.signals.names.rules import SPELLING
from wayline.signals.vocabulary import Kind
from wayline.statistics.volumes import chance_of_none

from .found import Found
from .models import Finding

LOOK_BACK = 42  # days
COMPARED = 28  # days before a change
CHANCE = 1e-4


@dataclass
class _Past:
    """One property, day by day: what its values read as."""

    types: dict[date, dict[str, int]] = field(default_factory=dict)

    def of(self, day: date) -> int:
        return sum(self.types.get(day, {}).values())


def drifts(workspace_id: int) -> list[Found]:
    """What changed in the properties of names in the last weeks there is anything from."""
    days = NameDay.objects.filter(workspace=workspace_id).exclude(kind=Kind.DERIVED)
    last = days.order_by("-day").values_list("day", flat=True).first()
    if last is None:
        return []
    first = last - timedelta(days=LOOK_BACK)
    volumes: dict[tuple[str, str], dict[date, int]] = defaultdict(dict)
    counted = days.filter(day__gte=first).order_by().values_list("kind", "name", "day")
    for kind, name, day, count in counted.annotate(Sum("count")):
        volumes[kind, name][day] = count
    found: list[Found] = []
    for (kind, name, word), past in _pasts(workspace_id, first).items():
        if word != SPELLING:
            found += _of_property(kind, name, word, past, volumes.get((kind, name), {}))
    return found


def _pasts(workspace_id: int, first: date) -> dict[tuple[str, str, str], _Past]:
    rows = PropertyDay.objects.filter(workspace=workspace_id, day__gte=first)
    pasts: dict[tuple[str, str, str], _Past] = defaultdict(_Past)
    columns = ("kind", "name", "property", "day", *TYPES)
    for kind, name, word, day, *counts in rows.values_list(*columns).iterator(10_000):
        pasts[kind, name, word].types[day] = {
            TYPE_WORDS[type_]: count for type_, count in zip(TYPES, counts, strict=True) if count
        }
    return pasts


def _of_property(kind: str, name: str, word: str, past: _Past, volume: dict[date, int]) -> Iterator[Found]:
    having = {day: past.of(day) for day in past.types}
    # One cause is one finding: what is new or gone also changes which types there are.
    appeared = _appeared(having, volume)
    if appeared:
        yield Found(Finding.What.NEW_PROPERTY, _moment(appeared.pop("on")), kind, name, word, appeared)
        return
    vanished = _vanished(having, volume)
    if vanished:
        yield Found(Finding.What.LOST_PROPERTY, _moment(vanished.pop("on")), kind, name, word, vanished)
        return
    for type_ in sorted({type_ for types in past.types.values() for type_ in types}):
        reading = {day: types[type_] for day, types in past.types.items() if type_ in types}
        turned = _appeared(reading, having)
        if turned:
            before = _most_common(past, before=turned["on"])
            detail = turned | {"type": type_, "before": before}
            yield Found(Finding.What.NEW_TYPE, _moment(detail.pop("on")), kind, name, word, detail)


def _appeared(some: dict[date, int], all_: dict[date, int]) -> dict | None:
    """The day from which some of all are there, when none before is no accident."""
    if not some:
        return None
    on = min(some)
    before = sum(n for day, n in all_.items() if on - timedelta(days=COMPARED) <= day < on)
    after = sum(n for day, n in all_.items() if day >= on)
    having = min(sum(some.values()), after)
    if not before or chance_of_none(before, after, having) >= CHANCE:
        return None
    return {"on": on, "having": having, "of": after, "none_of": before}


def _vanished(some: dict[date, int], all_: dict[date, int]) -> dict | None:
    """The day from which none is there any more, when that is no accident."""
    if not some:
        return None
    on = max(some) + timedelta(days=1)
    after = sum(n for day, n in all_.items() if day >= on)
    before = sum(n for day, n in all_.items() if on - timedelta(days=COMPARED) <= day < on)
    recent = sum(n for day, n in some.items() if on - timedelta(days=COMPARED) <= day)
    having = min(recent, before)
    if not after or chance_of_none(after, before, having) >= CHANCE:
        return None
    return {"on": on, "having": having, "of": before, "none_of": after}


def _most_common(past: _Past, *, before: date) -> str:
    totals: dict[str, int] = defaultdict(int)
    for day, types in past.types.items():
        if day < before:
            for type_, count in types.items():
                totals[type_] += count
    return max(totals, key=lambda type_: totals[type_], default="")


def _moment(on: date) -> datetime:
    return datetime.combine(on, time.min, UTC)
