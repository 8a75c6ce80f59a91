"""Writing what a batch of calls settled, with a handful of statements however many they are."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection

from wayline.customers import told
from wayline.customers.identities import EMAIL, PHONE
from wayline.customers.models import Identity, RefusedMerge

from . import merges
from .calls import Key, Profile, Recognised, Tie
from .known import Known
from .parts import parts

Attached = tuple[str, str, Profile, datetime]  # kind, value, whose, since when


ROWS_AT_ONCE = 1_000
CREATE = """
    INSERT INTO customers_customer (workspace_id, name, email, phone, traits, sayings, first_seen_at,
        last_seen_at, sole_source, has_declined) VALUES
"""
PLACES = "(%s, '', %s, %s, '{}', '{}', %s, %s, %s, false)"
ATTACH = """
    INSERT INTO customers_identity
        (workspace_id, profile_id, customer_id, kind, value, first_seen_at, source, is_shared)
    VALUES (%s, %s, %s, %s, %s, %s, %s, false)
"""
TIE = """
    UPDATE customers_identity SET is_shared = %s, profile_id = %s, customer_id = %s,
        tied_to_id = (SELECT id FROM customers_identity WHERE workspace_id = %s AND kind = %s AND value = %s)
    WHERE workspace_id = %s AND kind = %s AND value = %s
"""
CONFIRM = """
    UPDATE customers_customer SET sole_source = ''
    WHERE sole_source <> %s AND id IN (SELECT profile_id FROM customers_identity WHERE id = %s)
"""


@dataclass(frozen=True)
class Refused:
    """Two that stay apart, and why."""

    one: Profile
    other: Profile
    why: str
    at: datetime


@dataclass
class Settled:
    """What recognising a batch decided and has not written yet."""

    workspace_id: int
    source: str
    created: list[Profile] = field(default_factory=list)
    attached: list[Attached] = field(default_factory=list)
    joined: list[tuple[Profile, Profile, str, datetime]] = field(default_factory=list)
    parted: list[tuple[Profile, Profile, str, datetime]] = field(default_factory=list)
    moved: list[tuple[Key, Profile, Profile]] = field(default_factory=list)
    tied: dict[Key, Tie] = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)

    def part(self, device: Profile, person: Profile, why: str, at: datetime) -> None:
        """Undo a merge; one that this batch itself decided has never been."""
        still = [each for each in self.joined if each[1] is not device]
        if len(still) == len(self.joined):
            self.parted.append((device, person, why, at))
        self.joined = still


def save(settled: Settled, known: Known, result: Recognised) -> None:
    """Write the new profiles, then the values by which they and the known ones are recognised from now on.

    As SQL: through the models, forty thousand rows take ten times as long.
    """
    shown: dict[tuple[Profile, str], str] = {}
    for kind, value, profile, _ in settled.attached:
        if kind in {EMAIL, PHONE}:
            shown.setdefault((profile, kind), value)
    _create(settled, shown)
    _attach(settled)
    _tie(settled, known)
    _confirm(settled.source, known.confirmed)
    _show_on_existing(shown, set(settled.created))
    result.created = [profile.id for profile in settled.created]
    # Parted first: a device leaves one person before it joins another.
    for device, person, why, at in settled.parted:
        merges.part_device(device.id, why=why, at=at)
        result.changed.append([device.id, person.root().id])
    result.changed += [[before.id, alone.id] for _, before, alone in settled.moved]
    source = settled.source if told.is_kept(settled.source) else ""
    pairs = [merges.Pair(kept.id, merged.id, reason, at) for kept, merged, reason, at in settled.joined]
    result.merges += merges.merge(settled.workspace_id, pairs, source=source)
    result.changed += merges.groups_of([pair.merged for pair in pairs])
    _remember_refused(settled)


def _attach(settled: Settled) -> None:
    adapt = connection.ops.adapt_datetimefield_value
    source = settled.source if told.is_kept(settled.source) else ""
    with connection.cursor() as cursor:
        cursor.executemany(
            ATTACH,
            [
                (settled.workspace_id, profile.id, profile.root().id, kind, value, adapt(at), source)
                for kind, value, profile, at in settled.attached
            ],
        )


def _tie(settled: Settled, known: Known) -> None:
    """After the values themselves, because an anonymous id may follow one that came in the same batch."""
    workspace = settled.workspace_id
    rows = []
    for device, tie in settled.tied.items():
        own = known.owners[device]
        rows.append(
            (tie.is_shared, own.id, own.root().id, workspace, *(tie.to or device), workspace, *device)
        )
    with connection.cursor() as cursor:
        cursor.executemany(TIE, rows)


def _confirm(source: str, identities: list[int]) -> None:
    """What an import brought and somebody else names too is no longer the import's to take away."""
    for part in parts(identities):
        Identity.objects.filter(pk__in=part).update(source="")
    with connection.cursor() as cursor:
        cursor.executemany(CONFIRM, [(source, id) for id in identities])


def _remember_refused(settled: Settled) -> None:
    seen: dict[tuple[int, int], RefusedMerge] = {}
    for each in settled.refused:
        one, other = sorted((each.one.id, each.other.id))
        row = seen.get((one, other))
        if row is not None:
            row.times += 1
            row.last_at = max(row.last_at, each.at)
            continue
        seen[one, other] = RefusedMerge(
            workspace_id=settled.workspace_id,
            one_id=one,
            other_id=other,
            reason=each.why[:1000],
            source=settled.source,
            first_at=each.at,
            last_at=each.at,
        )
    ones, others = {one for one, _ in seen}, {other for _, other in seen}
    known = RefusedMerge.objects.filter(one__in=ones, other__in=others)
    for row in known:
        again = seen.pop((row.one_id, row.other_id), None)
        if again is not None:
            row.times += again.times
            row.last_at, row.reason = max(row.last_at, again.last_at), again.reason
            row.save(update_fields=["times", "last_at", "reason"])
    RefusedMerge.objects.bulk_create(seen.values(), 500)


def _create(settled: Settled, shown: dict) -> None:
    adapt = connection.ops.adapt_datetimefield_value
    for part in parts(settled.created, ROWS_AT_ONCE):
        rows = [
            (
                settled.workspace_id,
                shown.get((profile, EMAIL), ""),
                shown.get((profile, PHONE), "")[:40],
                adapt(profile.first_seen_at),
                adapt(profile.first_seen_at),
                settled.source,
            )
            for profile in part
        ]
        with connection.cursor() as cursor:
            cursor.execute(
                CREATE + ", ".join([PLACES] * len(part)) + " RETURNING id",
                [value for row in rows for value in row],
            )
            # The databases give rising ids in the order of the rows, but answer them in any order.
            for profile, (id,) in zip(part, sorted(cursor.fetchall()), strict=True):
                profile.id = id


def _show_on_existing(shown: dict, new: set[Profile]) -> None:
    """A first e-mail or phone is also what the list of customers shows."""
    rows = defaultdict(list)
    for (profile, kind), value in shown.items():
        if profile not in new:
            rows[kind].append((value[:40] if kind == PHONE else value, profile.root().id))
    with connection.cursor() as cursor:
        for kind, values in rows.items():
            # `kind` is one of our own two words, never a sender's.
            cursor.executemany(
                f"UPDATE customers_customer SET {kind} = %s WHERE id = %s AND {kind} = ''", values
            )
