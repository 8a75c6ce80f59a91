"""Signals as rows of the warehouse, and customers as it knows them."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import chain

import numpy as np
import pyarrow as pa

from wayline.customers import queries as customers
from wayline.customers.models import Customer
from wayline.customers.trust import queries as trust
from wayline.customers.trust import sayings
from wayline.warehouse import connect, tables

from . import written
from .registry import PLACES
from .vocabulary import PROFILE_KINDS, Signal

SIGNALS = tables.SIGNALS.to_pyarrow()
CUSTOMERS = tables.CUSTOMERS.to_pyarrow()
AT_ONCE = 5_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def fresh(
    writer: connect.Writer, batch, people, declined: set[int], seen: set[str]
) -> tuple[pa.Table, list[int]]:
    """The rows of the batch that nobody has yet, and the journal entry of each signal that was there before.

    `seen` holds the keys of this chunk; the warehouse knows the others.
    """
    prefix = b"%d\0" % batch.workspace  # as stored_key does it, once for all of them
    profiles = people.profiles
    candidates = [
        (i, blake2b(prefix + signal.key.encode(), digest_size=16).hexdigest())
        for i, signal in enumerate(batch.signals)
        if signal.kind not in PROFILE_KINDS and profiles[i] is not None and i not in declined
    ]
    if not candidates:
        return SIGNALS.empty_table(), []
    keys = [key for _, key in candidates]
    known = writer.known_keys(batch.workspace, keys)
    once = set(keys)
    if len(once) == len(keys) and known.isdisjoint(once) and seen.isdisjoint(once):
        seen |= once
        return _table(batch, people, [i for i, _ in candidates], keys), []
    picked, keys, repeated = [], [], []
    for i, key in candidates:
        if key not in seen and key not in known:
            seen.add(key)
            picked.append(i)
            keys.append(key)
        else:
            repeated.append(batch.entries[i])
    return _table(batch, people, picked, keys), repeated


def stored_key(workspace: int, key: str) -> str:
    """How the warehouse knows a signal with this key again; `fresh` must agree."""
    return blake2b(b"%d\0" % workspace + key.encode(), digest_size=16).hexdigest()


def _table(batch, people, picked: list[int], keys: list[str]) -> pa.Table:
    if len(picked) < len(batch.signals):
        batch, profiles = batch.chosen(picked), [people.profiles[i] for i in picked]
    else:
        profiles = people.profiles
    signals: list[Signal] = batch.signals
    customer_of = people.customer_of
    seqs = np.array(batch.entries, dtype=np.int64) * PLACES + np.array(batch.places, dtype=np.int64)
    columns = {
        "workspace": pa.array(np.full(len(signals), batch.workspace, dtype=np.int64)),
        "customer": pa.array([customer_of[profile] for profile in profiles], pa.int64()),
        "at": _times([signal.at for signal in signals]),
        "seq": pa.array(seqs),
        "profile": pa.array(profiles, pa.int64()),
        "received_at": _times(batch.received),
        "key": pa.array(keys, pa.string()),
        "kind": pa.array([signal.kind for signal in signals], pa.string()),
        "name": pa.array([signal.name for signal in signals], pa.string()),
        "channel": pa.array([signal.channel for signal in signals], pa.string()),
        "source": _sources(batch),
        "subject": pa.array([signal.subject for signal in signals], pa.string()),
        "step": pa.array([signal.step for signal in signals], pa.string()),
        "score": pa.array([signal.score for signal in signals], pa.float64()),
        "scale": pa.array([signal.scale for signal in signals], pa.string()),
        "weight": pa.array([signal.weight for signal in signals], pa.float64()),
        "text": pa.array([signal.text for signal in signals], pa.string()),
        "value": pa.array([signal.value for signal in signals], pa.float64()),
        "properties": _maps([signal.properties for signal in signals]),
    }
    return pa.table(columns).select(SIGNALS.names)


def _sources(batch) -> pa.Array:
    """What an import brings is the import's, whatever its rows say."""
    if batch.source.startswith("import:"):
        return pa.array([batch.source] * len(batch.signals), pa.string())
    return pa.array([signal.source or batch.source for signal in batch.signals], pa.string())


def seen_without(workspace: int, source: str) -> list[tuple[int, datetime, datetime]]:
    """When each customer the source spoke of was first and last heard of by others, where others did."""
    signals = connect.current().table("signals")
    mine = signals.filter((signals.workspace == workspace) & (signals.source == source))
    others = signals.filter((signals.workspace == workspace) & (signals.source != source))
    shared = others.semi_join(mine.select("customer"), "customer").group_by("customer")
    found = connect.run_stored(shared.aggregate(first=others.at.min(), last=others.at.max())).to_pylist()
    return [
        (row["customer"], row["first"].replace(tzinfo=UTC), row["last"].replace(tzinfo=UTC)) for row in found
    ]


def stored_of(entry: int) -> int:
    """How many rows of this journal entry the warehouse has."""
    signals = connect.current().table("signals")
    mine = signals.filter((signals.seq >= entry * PLACES) & (signals.seq < (entry + 1) * PLACES))
    return connect.run_stored(mine.aggregate(n=mine.count())).to_pylist()[0]["n"]


def _times(moments: Sequence[datetime]) -> pa.Array:
    # As spans since a moment: pyarrow would ask each aware time for its zone, which takes four times as long.
    spans = pa.array([moment - EPOCH for moment in moments], pa.duration("us"))
    return spans.cast(pa.int64()).cast(pa.timestamp("us"))


def _maps(maps: list[dict]) -> pa.Array:
    offsets = np.zeros(len(maps) + 1, dtype=np.int32)
    np.cumsum(np.fromiter(map(len, maps), np.int32, len(maps)), out=offsets[1:])
    names = list(chain.from_iterable(maps))
    values = list(chain.from_iterable(map(dict.values, maps)))
    return pa.MapArray.from_arrays(
        pa.array(offsets), pa.array(names, pa.string()), pa.array(values, pa.string())
    )


def refresh_customers(writer: connect.Writer, workspace: int, customers: Iterable[int]) -> None:
    """Put these customers into the warehouse as the profiles have them now."""
    wanted = sorted(set(customers))
    levels = trust.levels_of(workspace) if wanted else {}
    for start in range(0, len(wanted), AT_ONCE):
        found = Customer.objects.filter(
            workspace=workspace, pk__in=wanted[start : start + AT_ONCE], merged_into=None
        ).values_list("pk", "first_seen_at", "sayings", "traits", "name", "email", "phone")
        people = list(found)
        if people:
            writer.replace_customers(_customers(workspace, people, levels))


def _customers(workspace: int, people: list[tuple], levels: sayings.Levels) -> pa.Table:
    return pa.table(
        {
            "workspace": pa.array(np.full(len(people), workspace, dtype=np.int64)),
            "customer": pa.array([person[0] for person in people], pa.int64()),
            "first_seen_at": _times([person[1] for person in people]),
            "traits": _maps([_traits(*person[3:]) for person in people]),
            "facts": _maps([sayings.facts(person[3], person[2], levels) for person in people]),
        }
    )


def _traits(traits: dict, name: str, email: str, phone: str) -> dict[str, str]:
    own = {"name": name, "email": email, "phone": phone}
    return {name: value for name, value in own.items() if value} | {
        name: value if isinstance(value, str) else written.scalar(value) for name, value in traits.items()
    }


def reconcile(writer: connect.Writer, workspace: int, profiles: Iterable[int]) -> None:
    """Let the signals of these profiles belong to the customers the profiles belong to now."""
    roots = customers.roots(workspace, profiles)
    writer.reassign(workspace, roots)
    gone = [profile for profile, root in roots.items() if profile != root]
    if gone:
        writer.forget_customers(workspace, gone)
    refresh_customers(writer, workspace, roots.values())
