"""Names that fell silent, or came far less or more often than their own past leads one to expect."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import numpy as np
from django.db.models import Max, Sum

from wayline.signals.models import NameHour
from wayline.signals.vocabulary import Kind
from wayline.statistics import volumes

from .found import Found
from .models import Finding

HOURS = 24 * 63  # the eight weeks compared with, and the week compared
MANY_NAMES = 2_000  # the loudest are watched
AN_HOUR = timedelta(hours=1)


def unusual(workspace_id: int, *, now: datetime) -> list[Found]:
    """The names whose volume is unusual at the last complete hour there is anything from.

    Names are judged at the end of the data, not at now, or every name of an import would be silent; that
    nothing arrives at all is one finding of its own.
    """
    hours = NameHour.objects.filter(workspace=workspace_id).exclude(kind=Kind.DERIVED)
    full = now.replace(minute=0, second=0, microsecond=0)
    last = hours.filter(hour__lt=full).aggregate(last=Max("hour"))["last"]
    if last is None:
        return []
    end = last + AN_HOUR
    found = [each for series in _by_name(hours, end) if (each := _judged(*series, end))]
    stopped = _stopped(hours, end, full)
    return [stopped, *found] if stopped else found


def _by_name(hours, end: datetime) -> Iterator[tuple[str, str, np.ndarray]]:
    began = end - HOURS * AN_HOUR
    recent = hours.filter(hour__gte=began, hour__lt=end).order_by()
    loudest = recent.values_list("kind", "name").annotate(n=Sum("count")).order_by("-n")[:MANY_NAMES]
    wanted = {(kind, name) for kind, name, _ in loudest}
    series: dict[tuple[str, str], np.ndarray] = {}
    for kind, name, hour, count in recent.values_list("kind", "name", "hour", "count").iterator(10_000):
        if (kind, name) in wanted:
            counts = series.setdefault((kind, name), np.zeros(HOURS))
            counts[(hour - began) // AN_HOUR] = count
    for (kind, name), counts in series.items():
        yield kind, name, counts


def _judged(kind: str, name: str, hourly: np.ndarray, end: datetime) -> Found | None:
    seen = volumes.unusual(hourly)
    if seen is None:
        return None
    began = end - seen.hours * AN_HOUR
    since, what = began, Finding.What.FALL if seen.is_low else Finding.What.JUMP
    if seen.is_low and not seen.observed:
        # The silence began when the last signal had come, which may be before the window did.
        what, since = Finding.What.SILENCE, end - (np.argmax(hourly[::-1] > 0).item()) * AN_HOUR
    return Found(what, since, kind, name, detail=_detail(seen))


def _detail(seen: volumes.Unusual) -> dict:
    return {
        "hours": seen.hours,
        "observed": seen.observed,
        "expected": round(seen.expected, 1),
        "low": seen.low,
        "high": seen.high,
    }


def _stopped(hours, end: datetime, full: datetime) -> Found | None:
    """Whether the whole stream fell silent; only one that used to arrive as it happened can."""
    if end >= full:
        return None
    began = full - HOURS * AN_HOUR
    rows = hours.filter(hour__gte=began).order_by().values_list("hour")
    totals = list(rows.annotate(Sum("count"), Sum("prompt")))
    if not totals or sum(row[2] for row in totals) < 0.5 * sum(row[1] for row in totals):
        return None
    hourly = np.zeros(HOURS)
    for hour, count, _ in totals:
        if hour < full:
            hourly[(hour - began) // AN_HOUR] = count
    seen = volumes.unusual(hourly)
    if seen is None or not seen.is_low or seen.observed:
        return None
    return Found(Finding.What.STREAM, end, detail=_detail(seen))
