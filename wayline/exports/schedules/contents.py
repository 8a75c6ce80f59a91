"""The rows of a schedule's table."""

import json
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from wayline.accounts.api_auth import Program
from wayline.customers.models import Customer
from wayline.exports import personal
from wayline.exports.models import Schedule, ScheduledFile
from wayline.kit.refusals import Refusal
from wayline.metrics import answers, periods
from wayline.metrics import export as metrics
from wayline.metrics.questions import Period, Question
from wayline.signals import filters, segments
from wayline.signals.conditions import SignalIs
from wayline.warehouse import connect
from wayline.warehouse.tables import stored

What = Schedule.What
AT_ONCE = 2_000
CUSTOMER = ("customer", "name", "email", "phone", "first_seen_at", "last_seen_at")
SIGNAL = (
    "at", "customer", "kind", "name", "channel", "source", "subject", "step", "score", "scale", "text",
    "value", "properties",
)  # fmt: skip
FEEDBACK = ("at", "customer", "channel", "name", "score", "scale", "text")


class NothingToWrite(Refusal):
    """What the schedule speaks of is no longer there."""


def rows(file: ScheduledFile) -> Iterable[Iterable[object]]:
    """The header, then every row; personal data masked unless the file is clear."""
    schedule = file.schedule
    period = periods.between(file.first_on, file.last_on, timezone=schedule.workspace.timezone)
    match schedule.what:
        case What.METRIC:
            return _answers(schedule, period)
        case What.SEGMENT:
            return chain([CUSTOMER], _customers(schedule, file.is_clear))
        case What.SIGNALS:
            condition = SignalIs(
                kinds=tuple(schedule.said.get("kinds", ())), names=tuple(schedule.said.get("names", ()))
            )
            return chain([SIGNAL], _signals(schedule, period, condition, SIGNAL, file.is_clear))
    return chain([FEEDBACK], _signals(schedule, period, None, FEEDBACK, file.is_clear))


def _answers(schedule: Schedule, period: Period) -> Iterable[Iterable[object]]:
    by = schedule.said.get("by") or ""
    question = Question(
        workspace=schedule.workspace_id,
        metric=schedule.said["metric"],
        period=period,
        by=(by,) if by else (),
        timezone=schedule.workspace.timezone,
    )
    return metrics.rows_of(answers.answer(question))


def _customers(schedule: Schedule, is_clear: bool) -> Iterator[tuple]:
    reader = Program(workspace=schedule.workspace, role="owner", user=None, name="schedule")
    found = segments.SEGMENTS.customers_in(reader, schedule.said["segment"])  # type: ignore[arg-type]
    if found is None:
        raise NothingToWrite("The segment was deleted. Choose another, or delete the schedule.")
    hidden = personal.MASKED
    for start in range(0, len(found), AT_ONCE):
        part = Customer.objects.filter(workspace=schedule.workspace_id, pk__in=found[start : start + AT_ONCE])
        for row in part.order_by("pk").values_list("pk", *CUSTOMER[1:]):
            number, *who, first, last = row
            yield (number, *(who if is_clear else [hidden if each else "" for each in who]), first, last)


def _signals(
    schedule: Schedule, period: Period, condition: SignalIs | None, columns: tuple[str, ...], is_clear: bool
) -> Iterator[list[Any]]:
    table = connect.current().table("signals")
    chosen = table.filter(
        table.workspace == schedule.workspace_id,
        table["at"] >= stored(period.start),
        table["at"] < stored(period.end),
    )
    if condition is None:
        chosen = chosen.filter(chosen.text.notnull(), chosen.text != "")
    else:
        chosen = chosen.filter(filters.signal_filter(condition, chosen))
    found = connect.current().run(chosen.order_by(["at", "seq"]).select(*columns))
    for batch in found.to_batches(max_chunksize=AT_ONCE):
        for row in batch.to_pylist():
            yield [_said(name, row[name], is_clear) for name in columns]


def _said(name: str, value: Any, is_clear: bool) -> object:
    if name == "text":
        return value if is_clear else personal.text(value)
    if name == "properties":
        pairs = dict(value or ()) if is_clear else dict(personal.values(value))
        return json.dumps(pairs, ensure_ascii=False) if pairs else ""
    return value
