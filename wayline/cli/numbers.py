"""Answers on the command line: what the pages show, as text or as JSON."""

import json
import re
import sys
from datetime import date

from pydantic import TypeAdapter

from wayline.kit.refusals import Refusal
from wayline.signals import load, segment_lines
from wayline.signals.conditions import CustomerCondition

from . import client

CUSTOMER: TypeAdapter = TypeAdapter(CustomerCondition)


class PeriodUnknown(Refusal):
    """Not a period."""


class JourneyUnknown(Refusal):
    """No such journey."""


class SegmentUnknown(Refusal):
    """No segment has this name, and the line is none."""


def answer(asked) -> int:
    """Answer a metric as its page does."""
    by = [dimension.strip() for each in asked.by for dimension in each.split(",") if dimension.strip()]
    body = {"metric": asked.metric, "by": by, "period": _period(asked.period)} | _segment(asked)
    found = client.ask("POST", "/metrics/answer", workspace=asked.workspace, body=body)
    _say_what_waits()
    if asked.json:
        print(json.dumps(found, indent=2, ensure_ascii=False))
        return 0
    print(f"{found['metric']}: {found['meaning']}\n")
    rows = [("all", found["total"]), *((_key(row["key"]), row) for row in found["rows"])]
    _table(["", "value", "95 % interval", "n", "change"], [[key, *_cells(row)] for key, row in rows])
    for note in found["notes"]:
        print(f"\n{note}")
    if (late := found["late"]) and late["late"]:
        print(f"\n{_late(late)}")
    return 0


def _say_what_waits() -> None:
    """A number that leaves out what was acknowledged says so, beside what a program reads."""
    if client.running() is None and (waiting := load.waiting()):
        print(
            f"wayline: batches that wait in the journal ({waiting:,}) are not counted here. "
            "The next start of wayline serve loads them.",
            file=sys.stderr,
        )


def _late(late: dict) -> str:
    said = f"{late['late']:,} of {late['n']:,} signals arrived more than a day after they happened"
    if not late["without"]:
        return f"{said}."
    value, interval, n, _ = _cells({"estimate": late["without"]})
    without = f"{value} ({interval}, n {n})" if interval else f"{value} (n {n})"
    return (
        f"{said}; {late['after_period']:,} of them after the period was over: without these it is {without}."
    )


def flow(asked) -> int:
    """Answer a journey as its map does, with the period before beside it."""
    journey = _journey(asked)
    path = f"/journeys/{journey['id']}/flow"
    body = period(asked.period) | _segment(asked) | _window(asked) | {"start": asked.start}
    found = client.ask("POST", path, workspace=asked.workspace, body=body)
    _say_what_waits()
    if asked.json:
        print(json.dumps(found, indent=2, ensure_ascii=False))
        return 0
    titles = {step["key"]: step["title"] for phase in journey["phases"] for step in phase["steps"]}
    print(f"{journey['title']}\n{found['definition']}\n")
    header = ["step", "entered", "went on", "in progress", "dropped", "conversion", "median time"]
    steps = [[titles.get(step["key"], step["key"]), *_step(step)] for step in found["steps"]]
    _table(header, steps)
    whole = found["conversion"]
    print(f"\nWhole journey: {found['completed']:,} of {found['entered']:,} starts, {_share(whole)}")
    return 0


def period(text: str) -> dict:
    """`30d`, two days as in 2026-01-01..2026-03-31, both included, or `all` for all signals."""
    if text == "all":
        return {"period": "all"}
    days = re.fullmatch(r"(\d{1,4})d", text)
    if days and int(days[1]) > 0:
        return {"days": int(days[1])}
    try:
        since, until = (date.fromisoformat(day) for day in text.split(".."))
    except ValueError:
        raise PeriodUnknown(
            f"“{text}” is not a period. Write 30d for the last 30 days, 2026-01-01..2026-03-31, or all."
        ) from None
    if until < since:
        raise PeriodUnknown(f"The period {text} ends before it begins.")
    return {"since": since.isoformat(), "until": until.isoformat()}


def _period(text: str) -> dict | str:
    """The same as the metrics endpoint takes it."""
    said = period(text)
    return said.get("period", said)


def _segment(asked) -> dict:
    """The condition on customers, by its name or in one line as on the pages."""
    if not asked.segment:
        return {}
    listed = client.ask("GET", "/signals/segments", workspace=asked.workspace)
    saved = {each["name"]: CUSTOMER.validate_python(each["condition"]) for each in listed}
    try:
        condition = segment_lines.parse(asked.segment, saved)
    except segment_lines.SegmentNotUnderstood as said:
        raise SegmentUnknown(str(said)) from None
    return {"segment": condition.model_dump(mode="json", exclude_none=True)} if condition else {}


def _window(asked) -> dict:
    """Nothing where it was left out: then the journey's own holds."""
    if "window" not in asked:
        return {}
    return {"no_window": True} if asked.window is None else {"window_days": asked.window}


def _journey(asked) -> dict:
    listed = client.ask("GET", "/journeys/", workspace=asked.workspace)
    wanted = asked.journey.casefold()
    same = [each for each in listed if wanted in (str(each["id"]), each["title"].casefold())]
    like = same or [each for each in listed if wanted in each["title"].casefold()]
    if len(like) != 1:
        titles = "; ".join(f"{each['id']} {each['title']}" for each in listed) or "none yet"
        count = len(like) or "no"
        raise JourneyUnknown(f"“{asked.journey}” names {count} journeys. There are: {titles}.")
    return client.ask("GET", f"/journeys/{like[0]['id']}", workspace=asked.workspace)


def _step(step: dict) -> list[str]:
    if step["entered"] is None:
        return ["not bound", "", "", "", "", ""]
    counts = [f"{step[name]:,}" for name in ("entered", "completed", "in_progress", "dropped")]
    time = step.get("median_time_seconds")
    return [*counts, _share(step["conversion"]), _duration(time["value"]) if time else ""]


def _share(estimate: dict | None) -> str:
    if not estimate or estimate["value"] is None:
        return "too few to say"
    value = f"{estimate['value']:.1%}"
    if estimate.get("low") is None:
        return value
    return f"{value} ({estimate['low']:.1%} to {estimate['high']:.1%}, n {estimate['n']:,})"


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return "too few to say"
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"


def _cells(row: dict) -> list[str]:
    estimate, change = row["estimate"], row.get("change")
    if estimate["value"] is None:
        return ["too few to say", "", f"{estimate['n']:,}", ""]
    interval = "" if estimate["low"] is None else f"{estimate['low']:.4g} to {estimate['high']:.4g}"
    return [f"{estimate['value']:.4g}", interval, f"{estimate['n']:,}", _change(change)]


def _change(change: dict | None) -> str:
    if not change:
        return ""
    difference, verdict = change.get("difference"), str(change.get("verdict", "")).replace("_", " ")
    return verdict if difference is None else f"{difference:+.4g} {verdict}"


def _key(key: list) -> str:
    return " / ".join("(none)" if part is None else str(part) for part in key)


def _table(header: list[str], rows: list[list[str]]) -> None:
    widths = [max(len(str(row[i])) for row in [header, *rows]) for i in range(len(header))]
    for row in [header, *rows]:
        cells = [
            str(row[0]).ljust(widths[0]),
            *(str(c).rjust(w) for c, w in zip(row[1:], widths[1:], strict=True)),
        ]
        print("  ".join(cells).rstrip())
