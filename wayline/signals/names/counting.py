"""Counts names and their properties after loading, from the warehouse and never in the way of a signal.

The mark of how far it counted moves in the same transaction as the counts, so nothing counts twice. Days and
properties are kept for KEPT_DAYS, hours for KEPT_HOURS_OF; the totals in SignalName are for ever.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta

import ibis
from django.db import connection, transaction
from ibis.expr.types import BooleanValue, Table, Value

from wayline.signals import load
from wayline.signals.filters import NUMBER
from wayline.signals.models import CountedMark, SignalName
from wayline.signals.registry import PLACES
from wayline.warehouse import connect
from wayline.warehouse.tables import stored

from .models import NameDay, NameHour, PropertyDay, Term

MARK = "names"
KEPT_DAYS = 91
KEPT_HOURS_OF = 64  # days: eight weeks to compare with, and the days compared
# Some senders put ids where names of properties belong; the vocabulary must not grow with their customers.
MANY_PROPERTIES = 200
TYPES = ("texts", "numbers", "booleans", "times", "structures")
MOMENT = "^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}.*)?$"
NAME = ("workspace", "kind", "name")


def catch_up(*, now: datetime) -> bool:
    """Count what was loaded since the last time; whether there was anything."""
    mark, _ = CountedMark.objects.get_or_create(journal=MARK)
    until = load.loaded_mark()
    if until <= mark.mark:
        return False
    signals = connect.current().table("signals")
    fresh = signals.filter(signals.seq >= (mark.mark + 1) * PLACES, signals.seq < (until + 1) * PLACES)
    found = _counts(fresh, now=now)
    with transaction.atomic():
        # Whoever moved the mark first has counted these already.
        if CountedMark.objects.filter(pk=mark.pk, mark=mark.mark).update(mark=until):
            _write(found)
    return True


def recount(workspace_id: int, names: Sequence[tuple[str, str]], *, now: datetime) -> None:
    """Count these names anew, after signals were renamed, derived or taken away."""
    if not names:
        return
    with load.exclusively():
        # What follows counts whole names, so no row may be left that a later look would add once more.
        while catch_up(now=now):
            pass
        signals = connect.current().table("signals")
        theirs = signals.filter(signals.workspace == workspace_id, _is_one_of(signals, names))
        found, totals = _counts(theirs, now=now), _totals(theirs)
        with transaction.atomic():
            for kind, name in names:
                for model in (NameDay, NameHour, PropertyDay, SignalName):
                    model.objects.filter(workspace=workspace_id, kind=kind, name=name).delete()
            _write(found)
            SignalName.objects.bulk_create(totals, 500)
            register((row.workspace_id, row.kind, row.name) for row in totals)


def register(names: Iterable[tuple[int, str, str]]) -> None:
    """Give each name its term, if it has none."""
    rows = [
        Term(workspace_id=workspace, kind=kind, name=name) for workspace, kind, name in sorted(set(names))
    ]
    Term.objects.bulk_create(rows, 500, ignore_conflicts=True)


def forget_old(*, now: datetime) -> None:
    """Let go of the days and hours that nobody looks at any more."""
    day = (now - timedelta(days=KEPT_DAYS)).date()
    NameDay.objects.filter(day__lt=day).delete()
    PropertyDay.objects.filter(day__lt=day).delete()
    NameHour.objects.filter(hour__lt=now - timedelta(days=KEPT_HOURS_OF)).delete()


def _is_one_of(signals: Table, names: Sequence[tuple[str, str]]) -> BooleanValue:
    wanted: dict[str, list[str]] = defaultdict(list)
    for kind, name in names:
        wanted[kind].append(name)
    return ibis.or_(*((signals.kind == kind) & signals.name.isin(some) for kind, some in wanted.items()))


def _counts(signals: Table, *, now: datetime) -> dict[type, list[tuple]]:
    since = now - timedelta(days=KEPT_DAYS)
    recent = signals.filter(signals.at >= stored(since))
    hourly = signals.filter(signals.at >= stored(now - timedelta(days=KEPT_HOURS_OF)))
    return {
        NameDay: _days(recent),
        NameHour: _hours(hourly),
        PropertyDay: _properties(recent),
    }


def _days(signals: Table) -> list[tuple]:
    by = {"source": signals.source.fill_null(""), "channel": signals.channel.fill_null("")}
    days = signals.group_by(*NAME, **by, day=signals.at.date()).agg(count=signals.count())
    return _rows(days, *NAME, "source", "channel", "day", "count")


def _hours(signals: Table) -> list[tuple]:
    soon = (signals.received_at < signals.at + ibis.interval(days=1)).cast("int64")
    hours = signals.group_by(*NAME, hour=signals.at.truncate("h")).agg(
        count=signals.count(), prompt=soon.sum()
    )
    return _rows(hours, *NAME, "hour", "count", "prompt")


def _properties(signals: Table) -> list[tuple]:
    keyed = signals.select(
        *NAME, "properties", day=signals.at.date(), property=signals.properties.keys().unnest()
    )
    read = keyed.mutate(reads_as=_type_of(keyed.properties.get(keyed.property)))
    sums = {type_: (read.reads_as == type_).cast("int64").sum() for type_ in TYPES}
    found = read.group_by(*NAME, "property", "day").agg(**sums)
    return _bounded(_rows(found, *NAME, "property", "day", *TYPES))


def _type_of(value: Value) -> Value:
    return ibis.cases(
        (value.re_search(NUMBER), "numbers"),
        (value.isin(["true", "false"]), "booleans"),
        (value.re_search(MOMENT), "times"),
        (value.re_search(r"^[\[{]"), "structures"),
        else_="texts",
    )


def _bounded(rows: list[tuple]) -> list[tuple]:
    """Without the properties beyond the most common ones of each name; long names of properties cut."""
    merged: dict[tuple, list[int]] = {}
    volumes: dict[tuple, Counter[str]] = defaultdict(Counter)
    for workspace, kind, name, long_word, day, *counts in rows:
        word = long_word[:200]
        volumes[workspace, kind, name][word] += sum(counts)
        before = merged.get((workspace, kind, name, word, day), [0] * len(TYPES))
        merged[workspace, kind, name, word, day] = [a + b for a, b in zip(before, counts, strict=True)]
    kept = {name: dict(words.most_common(MANY_PROPERTIES)) for name, words in volumes.items()}
    return [(*key, *counts) for key, counts in merged.items() if key[3] in kept[key[:3]]]


def _totals(signals: Table) -> list[SignalName]:
    by_source = signals.group_by(*NAME, source=signals.source.fill_null(""))
    totals = by_source.agg(first=signals.at.min(), last=signals.at.max(), count=signals.count())
    return [
        SignalName(
            workspace_id=row["workspace"],
            kind=row["kind"],
            name=row["name"],
            source=row["source"],
            first_seen_at=row["first"].replace(tzinfo=UTC),
            last_seen_at=row["last"].replace(tzinfo=UTC),
            count=row["count"],
        )
        for row in connect.run_stored(totals).to_pylist()
    ]


def _rows(expression: Table, *columns: str) -> list[tuple]:
    found = connect.run_stored(expression.select(*columns))
    return list(zip(*(found[column].to_pylist() for column in columns), strict=True))


KEYS = {
    NameDay: (*NAME, "source", "channel", "day"),
    NameHour: (*NAME, "hour"),
    PropertyDay: (*NAME, "property", "day"),
}
SUMS = {NameDay: ("count",), NameHour: ("count", "prompt"), PropertyDay: TYPES}


def _write(found: dict[type, list[tuple]]) -> None:
    with connection.cursor() as cursor:
        for model, rows in found.items():
            cursor.executemany(_upsert(model), [tuple(map(_adapted, row)) for row in rows])


def _upsert(model) -> str:
    """Django's own upsert replaces; this one adds to what is there."""
    table, sums = model._meta.db_table, SUMS[model]
    keys = ["workspace_id" if key == "workspace" else key for key in KEYS[model]]
    added = ", ".join(f"{column} = {table}.{column} + excluded.{column}" for column in sums)
    places = ", ".join(["%s"] * (len(keys) + len(sums)))
    return (
        f"INSERT INTO {table} ({', '.join([*keys, *sums])}) VALUES ({places}) "
        f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {added}"
    )


def _adapted(value):
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value.replace(tzinfo=UTC))
    return connection.ops.adapt_datefield_value(value) if isinstance(value, date) else value
