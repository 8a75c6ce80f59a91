"""Applies rules to the stored signals, and keeps what they concluded up to date in the warehouse.

Only customers with new signals, passed deadlines or changed identities are looked at again. What is concluded
and how far move in one transaction of the warehouse, so each conclusion is there exactly once; decision 0111.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

import ibis
import numpy as np
import pyarrow as pa
from ibis.expr.types import BooleanValue, Table, Value

from wayline.signals import filters, load
from wayline.signals.conditions import AnySignal
from wayline.signals.masks import Masks
from wayline.signals.models import WarehouseChange
from wayline.signals.names import counting
from wayline.signals.vocabulary import Kind
from wayline.warehouse import connect, tables
from wayline.warehouse.tables import stored

from .concluding import Rows, conclude
from .models import DerivedRule
from .rules import Changed, Falling, Rule, Silent, conditions_of, look_back_hours

# Beyond every journal entry's numbers: concluded signals stand after all that arrived.
FIRST_SEQ = 1 << 61
MANY_CUSTOMERS = 5_000
PREVIEWED = timedelta(days=90)


@dataclass(frozen=True)
class Made:
    """One concluded signal, with the signals that made it."""

    customer: int
    profile: int
    at: datetime
    key: str
    channel: str | None
    subject: str | None
    properties: dict[str, str]


def catch_up(*, now: datetime) -> None:
    """Bring what every rule that is on has concluded up to date."""
    for rule in DerivedRule.objects.filter(is_on=True).order_by("pk"):
        apply(rule, now=now)


def apply(rule: DerivedRule, *, now: datetime) -> None:
    """Conclude what is new, and withdraw what late signals disproved."""
    with load.exclusively():
        until, clock = load.loaded_mark(), clock_of(rule.workspace_id, now=now)
        mark = _marks().get(rule.source, 0)
        last_change = WarehouseChange.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        is_same = (until, clock, last_change) == (mark, rule.derived_until, rule.last_change)
        if clock is None or is_same:
            return
        touched = _touched(rule, mark, until, clock, last_change) if mark else None
        has_changed = _settle(rule, _made(rule, touched, clock), touched, until)
        # After the warehouse: cut off in between, the rule is applied once more and finds nothing to change.
        DerivedRule.objects.filter(pk=rule.pk).update(derived_until=clock, last_change=last_change)
        if has_changed:
            counting.recount(rule.workspace_id, [(Kind.DERIVED, rule.name)], now=now)


def preview(workspace_id: int, rule: Rule, *, now: datetime) -> list[Made]:
    """What the rule would have concluded in the last ninety days there are signals from, the latest first."""
    clock = clock_of(workspace_id, now=now)
    if clock is None:
        return []
    made = _concluded(workspace_id, rule, None, clock - PREVIEWED, clock, name="preview")
    return sorted(made, key=lambda each: each.at, reverse=True)


def withdraw(rule: DerivedRule, *, now: datetime) -> None:
    """Take back everything the rule concluded."""
    with load.exclusively():
        with connect.current().writing() as writer:
            writer.forget_source(rule.workspace_id, rule.source)
            writer.mark(rule.source, 0)
        counting.recount(rule.workspace_id, [(Kind.DERIVED, rule.name)], now=now)


def begin_anew(rule: DerivedRule) -> None:
    """Look at every customer the next time: the rule says something else."""
    with load.exclusively(), connect.current().writing() as writer:
        writer.mark(rule.source, 0)


def clock_of(workspace_id: int, *, now: datetime) -> datetime | None:
    """How far this workspace's time has come: an hour that no signal reached yet has not passed for a rule.

    Otherwise an outage of the senders would make every customer a silent one.
    """
    own = _own(workspace_id)
    last = connect.current().run(own.filter(own.at <= stored(now)).agg(at=own.at.max()))["at"][0].as_py()
    return last.replace(tzinfo=UTC) if last else None


def _marks() -> dict[str, int]:
    marks = connect.current().table("marks")
    return {row["journal"]: row["mark"] for row in connect.current().run(marks).to_pylist()}


def _own(workspace_id: int) -> Table:
    signals = connect.current().table("signals")
    # No rule looks at what rules concluded (docs/decisions/0111).
    return signals.filter(signals.workspace == workspace_id, signals.kind != Kind.DERIVED.value)


def _relevant(workspace_id: int, rule: Rule, since: datetime) -> Table:
    own = _own(workspace_id)
    back = since - timedelta(hours=look_back_hours(rule))
    wanted = AnySignal(of=conditions_of(rule))
    return own.filter(own.at >= stored(back), filters.signal_filter(wanted, own))


def _since(rule: DerivedRule) -> datetime:
    return rule.since or datetime(1900, 2, 1, tzinfo=UTC)


def _touched(rule: DerivedRule, mark: int, until: int, clock: datetime, last_change: int) -> Value | None:
    """The customers to look at again; None when it must be everybody."""
    says = rule.says
    changes = WarehouseChange.objects.filter(
        workspace=rule.workspace_id, pk__gt=rule.last_change, pk__lte=last_change
    )
    changed: set[int] = set()
    for change in changes:
        if change.kind != WarehouseChange.Kind.PROFILES:
            return None
        changed.update(change.subject)
    # A week is judged with everybody's, so a holiday is one for all or for none.
    if isinstance(says, Falling) or len(changed) > MANY_CUSTOMERS:
        return None
    relevant = _relevant(rule.workspace_id, says, _since(rule))
    is_fresh: BooleanValue = (relevant.seq >= (mark + 1) * counting.PLACES) & (
        relevant.seq < (until + 1) * counting.PLACES
    )
    if isinstance(says, Silent) and rule.derived_until:
        wait = timedelta(days=says.days)
        was_due, is_due = stored(rule.derived_until - wait), stored(clock - wait)
        is_fresh = is_fresh | ((relevant.at > was_due) & (relevant.at <= is_due))
    if changed:
        chosen = sorted(changed)
        is_fresh = is_fresh | relevant.customer.isin(chosen) | relevant.profile.isin(chosen)
    return relevant.filter(is_fresh).customer


def _made(rule: DerivedRule, touched: Value | None, clock: datetime) -> list[Made]:
    return _concluded(rule.workspace_id, rule.says, touched, _since(rule), clock, name=rule.source)


def _concluded(
    workspace_id: int, rule: Rule, touched: Value | None, since: datetime, clock: datetime, *, name: str
) -> list[Made]:
    relevant = _relevant(workspace_id, rule, since)
    if touched is not None:
        relevant = relevant.filter(relevant.customer.isin(touched))
    masks = Masks(conditions_of(rule))
    value = _value_of(rule, relevant)
    table = connect.current().run(
        relevant.select(
            "customer", "profile", "at", "seq", "key", "name", "channel", "subject", value_=value,
            **masks.columns(relevant),
        )
    )  # fmt: skip
    table, rows = _in_groups(rule, table, masks)
    found = conclude(rule, rows, clock)
    begin = np.datetime64(since.astimezone(UTC).replace(tzinfo=None), "us")
    kept = np.flatnonzero(found.at >= begin)
    return [_as_made(workspace_id, name, rule, table, found, place) for place in kept.tolist()]


def _value_of(rule: Rule, signals: Table) -> Value:
    if not isinstance(rule, Changed):
        return ibis.literal("")
    if rule.field.startswith("@") and rule.field[1:] in {"channel", "source", "step"}:
        return signals[rule.field[1:]].fill_null("")
    return signals.properties.get(rule.field).fill_null("")


def _in_groups(rule: Rule, table: pa.Table, masks: Masks) -> tuple[pa.Table, Rows]:
    """The table in order of its groups, and the same as arrays."""
    if getattr(rule, "about", "customer") == "subject":
        table = table.filter(table["subject"].is_valid())
        subjects = (
            table["subject"].combine_chunks().dictionary_encode().indices.to_numpy(zero_copy_only=False)
        )
        pairs = np.stack([table["customer"].to_numpy(), subjects.astype(np.int64)])
        _, group = np.unique(pairs, axis=1, return_inverse=True)
    else:
        group = table["customer"].to_numpy()
    at = table["at"].to_numpy().astype("datetime64[us]")
    order = np.lexsort((table["seq"].to_numpy(), at, group.ravel()))
    table = table.take(pa.array(order))
    held = masks.of(table)
    words = [np.array(["" if each is None else each for each in table[name].to_pylist()], dtype=object)
             for name in ("channel", "value_")]  # fmt: skip
    rows = Rows(group.ravel()[order], at[order], words[0], words[1], held[0], held[-1])
    return table, rows


def _as_made(workspace_id: int, name: str, rule: Rule, table: pa.Table, found, place: int) -> Made:
    last, first = int(found.last[place]), int(found.first[place])
    row = {
        column: table[column][last].as_py() for column in ("customer", "profile", "key", "channel", "subject")
    }
    made_of = [table["key"][each].as_py() for each in (first, last) if each >= 0]
    because = [_told(table, each) for each in (first, last) if each >= 0]
    at = found.at[place].astype("datetime64[us]").item().replace(tzinfo=UTC)
    # One fall follows on another from the same last signal, so the moment belongs to it.
    own = f"{row['key']}:{at.isoformat()}" if isinstance(rule, Falling | Silent) else row["key"]
    details = found.details[place] if found.details else {}
    return Made(
        customer=row["customer"],
        profile=row["profile"],
        at=at,
        key=blake2b(f"{workspace_id}\0{name}:{own}".encode(), digest_size=16).hexdigest(),
        channel=row["channel"],
        subject=row["subject"],
        properties={"made_of": ", ".join(made_of), "because": "; then ".join(because)} | details,
    )


def _told(table: pa.Table, place: int) -> str:
    name, at, channel = (table[column][place].as_py() for column in ("name", "at", "channel"))
    return f"{name}, {at:%-d %b %Y %H:%M} UTC{f', {channel}' if channel else ''}"


def _settle(rule: DerivedRule, made: list[Made], touched: Value | None, until: int) -> bool:
    """Let the warehouse hold exactly these conclusions; whether anything changed."""
    signals = connect.current().table("signals")
    own = signals.filter(signals.workspace == rule.workspace_id, signals.source == rule.source)
    theirs = own if touched is None else own.filter(own.customer.isin(touched))
    there = connect.run_stored(
        theirs.select("seq", "key", "at", "name", "customer", "properties")
    ).to_pylist()
    wanted = {each.key: each for each in made}
    stale = [row["seq"] for row in there if not _is_so(row, wanted.get(row["key"]), rule.name)]
    gone = set(stale)
    known = {row["key"] for row in there if row["seq"] not in gone}
    fresh = [each for key, each in wanted.items() if key not in known]
    begin = connect.run_stored(signals.filter(signals.seq >= FIRST_SEQ).agg(seq=signals.seq.max()))
    first = (begin["seq"][0].as_py() or FIRST_SEQ) + 1
    with connect.current().writing() as writer:
        writer.replace_signals(rule.workspace_id, stale, _table(rule, fresh, first))
        writer.mark(rule.source, until)
    return bool(stale or fresh)


def _is_so(row: dict, made: Made | None, name: str) -> bool:
    return made is not None and (row["at"], row["name"], row["customer"], dict(row["properties"] or ())) == (
        made.at.replace(tzinfo=None),
        name,
        made.customer,
        made.properties,
    )


def _table(rule: DerivedRule, made: list[Made], first_seq: int) -> pa.Table:
    schema = tables.SIGNALS.to_pyarrow()
    rows = [
        {
            "workspace": rule.workspace_id,
            "customer": each.customer,
            "at": each.at.replace(tzinfo=None),
            "seq": first_seq + number,
            "profile": each.profile,
            "received_at": each.at.replace(tzinfo=None),
            "key": each.key,
            "kind": Kind.DERIVED.value,
            "name": rule.name,
            "channel": each.channel,
            "source": rule.source,
            "subject": each.subject,
            "properties": list(each.properties.items()),
        }
        for number, each in enumerate(made)
    ]
    return pa.table(
        {column.name: pa.array([row.get(column.name) for row in rows], column.type) for column in schema}
    )
