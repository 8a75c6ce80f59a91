"""What a snapshot holds, in the product's words, each column with what it means."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

import pyarrow as pa

from wayline.accounts.models import Workspace
from wayline.exports import personal
from wayline.journeys.models import Journey, Step
from wayline.signals import copies
from wayline.signals.models import Segment
from wayline.warehouse import tables
from wayline.warehouse.snapshots import Column, Table, View


class Shape(NamedTuple):
    """A table as people read of it, before any snapshot was written."""

    name: str
    comment: str
    columns: tuple[Column, ...]

    def of(self, rows: Iterable[pa.Table]) -> Table:
        return Table(self.name, self.comment, self.columns, rows)


SIGNALS = (
    Column("signal", "seq", "Number of the signal, in order of arrival"),
    Column("customer", "customer", "Number of the customer, as merged today"),
    Column("at", '"at"', "When it happened, in UTC"),
    Column("received_at", "received_at", "When it arrived, in UTC"),
    Column("kind", "kind", "What sort it is: behavior, answer, ticket, order and others"),
    Column("name", "name", "Its name, as the senders write it"),
    Column("channel", "channel", "Where: web, app, e-mail, phone, store and others"),
    Column("source", "source", "Which key, import or rule it came from"),
    Column("about", "subject", "What it was about: an order, a ticket"),
    Column("step", "step", "The journey step it names itself"),
    Column("score", "score", "The score that was given, on the scale"),
    Column("scale", "scale", "The scale of the score: nps, csat5, ces7, stars5 and others"),
    Column("weight", "weight", "How many people an answer stands for; none means one"),
    Column("text", '"text"', "The customer's own words"),
    Column("value", '"value"', "Money or another amount"),
    Column("properties", "properties", "Everything else it said: properties['size']"),
)
CUSTOMERS = (
    Column("customer", "customer", "Number of the customer"),
    Column("first_seen_at", "first_seen_at", "When they were first heard of, in UTC"),
    Column("traits", "traits", "What is known of them: traits['plan']"),
    Column("facts", "facts", "When each trait was told, in UTC, and by which source: facts['plan']"),
)
JOURNEYS = (
    Column("journey", "c0", "Number of the journey"),
    Column("title", "c1", "Its title, in the customer's words"),
    Column("goal", "c2", "What the customer wants"),
    Column("status", "c3", "Draft, research, live or retired"),
    Column("persona", "c4", "Whom it is drawn for"),
    Column("inside", "c5", "Number of the journey it stands in"),
)
STEPS = (
    Column("step_number", "c0", "Number of the step"),
    Column("journey", "c1", "Number of its journey"),
    Column("phase", "c2", "The phase it stands in"),
    Column("title", "c3", "What the customer does"),
    Column("key", "c4", "Its name in signals and files"),
    Column("is_moment", "c5", "Whether it is a moment of truth"),
)
SEGMENTS = (Column("segment", "c0", "Number of the segment"), Column("name", "c1", "Its name"))
ABOUT = (
    Column("workspace", "c0", "Whose data this is"),
    Column("written_at", "c1", "When the snapshot was written, in UTC"),
    Column("time_zone", "c2", "The workspace's own time zone; times here are in UTC"),
    Column("is_masked", "c3", "Whether personal data is masked"),
)
TABLES = (
    Shape("signals", "Everything observed about customers", SIGNALS),
    Shape("customers", "Who the customers are", CUSTOMERS),
    Shape("journeys", "The maps", JOURNEYS),
    Shape("steps", "The steps of the maps, in order", STEPS),
    Shape("segments", "The saved segments", SEGMENTS),
    Shape("about", "This snapshot", ABOUT),
)
VIEWS = (
    View(
        "answers",
        "Signals with a score",
        'SELECT signal, customer, "at", channel, scale, score, weight, "text" FROM signals'
        " WHERE score IS NOT NULL",
    ),
    View(
        "feedback",
        "Signals with words of customers",
        'SELECT signal, customer, "at", channel, name, score, scale, "text" FROM signals'
        ' WHERE "text" IS NOT NULL AND "text" <> \'\'',
    ),
    View(
        "days",
        "How many signals of each name a day had, and of how many customers; days of UTC",
        'SELECT CAST("at" AS DATE) AS day, kind, name, channel, count(*) AS signals,'
        " count(DISTINCT customer) AS customers FROM signals GROUP BY ALL",
    ),
)


def contents(workspace: Workspace, *, is_masked: bool, now: datetime) -> Iterator[Table]:
    """The tables of one workspace's snapshot, and of no other's."""
    rows = {
        "signals": lambda: _signals(workspace, is_masked),
        "customers": lambda: _customers(workspace, is_masked),
        "journeys": lambda: [_journeys(workspace)],
        "steps": lambda: [_steps(workspace)],
        "segments": lambda: [_segments(workspace)],
        "about": lambda: [_about(workspace, is_masked, now)],
    }
    for shape in TABLES:
        yield shape.of(rows[shape.name]())


def _signals(workspace: Workspace, is_masked: bool) -> Iterator[pa.Table]:
    yield tables.SIGNALS.to_pyarrow().empty_table()
    for part in copies.leaving("signals", workspace.pk):
        if is_masked:
            part = _changed(part, "text", [personal.text(each) for each in part["text"].to_pylist()])
            part = _changed(part, "properties", _masked(part, "properties"))
        yield part


def _customers(workspace: Workspace, is_masked: bool) -> Iterator[pa.Table]:
    yield tables.CUSTOMERS.to_pyarrow().empty_table()
    for part in copies.leaving("customers", workspace.pk):
        yield _changed(part, "traits", _masked(part, "traits")) if is_masked else part


def _masked(part: pa.Table, name: str) -> list:
    return [personal.values(each) for each in part[name].to_pylist()]


def _changed(part: pa.Table, name: str, values: list) -> pa.Table:
    place = part.column_names.index(name)
    return part.set_column(place, name, pa.array(values, part.schema.field(name).type))


def _journeys(workspace: Workspace) -> pa.Table:
    shown = Journey.objects.kept().filter(workspace=workspace)
    found = shown.order_by("pk").values_list("pk", "title", "goal", "status", "persona", "parent")
    return _plain(list(found), (pa.int64(), *(pa.string(),) * 4, pa.int64()))


def _steps(workspace: Workspace) -> pa.Table:
    shown = Step.objects.kept().filter(phase__journey__workspace=workspace)
    shown = shown.filter(phase__deleted_at=None, phase__journey__deleted_at=None)
    found = shown.order_by("phase__journey", "phase__position", "position").values_list(
        "pk", "phase__journey", "phase__name", "title", "key", "is_moment"
    )
    return _plain(list(found), (pa.int64(), pa.int64(), pa.string(), pa.string(), pa.string(), pa.bool_()))


def _segments(workspace: Workspace) -> pa.Table:
    found = Segment.objects.filter(workspace=workspace).order_by("name").values_list("pk", "name")
    return _plain(list(found), (pa.int64(), pa.string()))


def _about(workspace: Workspace, is_masked: bool, now: datetime) -> pa.Table:
    row = (workspace.name, now.replace(tzinfo=None), workspace.timezone, is_masked)
    return _plain([row], (pa.string(), pa.timestamp("us"), pa.string(), pa.bool_()))


def _plain(rows: list[tuple], types: tuple) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(types)
    return pa.table({f"c{n}": pa.array(columns[n], each) for n, each in enumerate(types)})
