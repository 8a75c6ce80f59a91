"""For how long signals are kept, by their kind: rules, a preview of what would go, and keeping them daily."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from wayline.accounts.models import User, Workspace
from wayline.audit import operations as audit
from wayline.kit.refusals import Refusal
from wayline.signals import journal, load
from wayline.signals.models import JournalEntry
from wayline.signals.registry import PLACES
from wayline.signals.vocabulary import KINDS
from wayline.warehouse import connect, tables

from .models import RetentionRule

SHORTEST, LONGEST = 1, 36_500
AT_ONCE = 200


class RuleNotUnderstood(Refusal):
    """A rule names a kind there is, and days."""

    status = 422


@dataclass(frozen=True)
class Going:
    """What a rule would remove now."""

    kind: str
    days: int
    before: datetime
    signals: int


@transaction.atomic
def change_retention(
    workspace: Workspace, *, kind: str, days: int | None, by: User | None, now: datetime
) -> None:
    """Keep signals of a kind for so many days; None keeps them for ever. A blank kind: all without a rule."""
    if kind and kind not in KINDS:
        raise RuleNotUnderstood(f"There is no kind {kind}. Choose one of {', '.join(sorted(KINDS))}.")
    if days is not None and not SHORTEST <= days <= LONGEST:
        raise RuleNotUnderstood(f"Choose from {SHORTEST} to {LONGEST:,} days.")
    rule = RetentionRule.objects.filter(workspace=workspace, kind=kind)
    before = rule.values_list("days", flat=True).first()
    if days is None:
        rule.delete()
    else:
        RetentionRule.objects.update_or_create(
            workspace=workspace, kind=kind, defaults={"days": days, "changed_at": now, "changed_by": by}
        )
    audit.record(
        "retention.changed", subject=workspace, workspace=workspace, by=by, at=now,
        kind=kind or "everything else", before=before, after=days,
    )  # fmt: skip


def limits(workspace: Workspace, *, now: datetime) -> dict[str, tuple[int, datetime]]:
    """For each kind with a rule: its days, and the first moment that is kept, a midnight of the workspace."""
    rules = dict(RetentionRule.objects.filter(workspace=workspace).values_list("kind", "days"))
    zone = ZoneInfo(workspace.timezone)
    found: dict[str, tuple[int, datetime]] = {}
    for kind in KINDS:
        days = rules.get(kind, rules.get(""))
        if days is not None:
            first = now.astimezone(zone).date() - timedelta(days=days)
            found[str(kind)] = (days, datetime.combine(first, time(), zone))
    return found


def preview(workspace: Workspace, *, now: datetime) -> list[Going]:
    """What each rule would remove now."""
    found = []
    for kind, (days, before) in sorted(limits(workspace, now=now).items()):
        seqs = _older(workspace, kind, before)
        found.append(Going(kind, days, before, len(seqs)))
    return found


def keep_all(*, now: datetime) -> int:
    """Remove what is too old, in every workspace with a rule. How many signals."""
    ids = RetentionRule.objects.values_list("workspace", flat=True).distinct()
    gone = sum(keep(workspace, now=now) for workspace in Workspace.objects.filter(pk__in=ids))
    if gone:
        connect.current().purge()
    return gone


def keep(workspace: Workspace, *, now: datetime) -> int:
    """Remove the workspace's signals that are older than their rule allows, from journal and warehouse."""
    with load.exclusively():
        load.drain()
        by_kind = {
            kind: seqs
            for kind, (_, before) in limits(workspace, now=now).items()
            if (seqs := _older(workspace, kind, before))
        }
        everything = sorted(seq for seqs in by_kind.values() for seq in seqs)
        if not everything:
            return 0
        # The journal first: should the rest fail, tomorrow's run finds the rows again.
        _take_out_of_journal(everything)
        with connect.current().writing() as writer:
            writer.replace_signals(workspace.pk, everything, tables.SIGNALS.to_pyarrow().empty_table())
    audit.record(
        "retention.kept", subject=workspace, workspace=workspace, by=None, at=now,
        removed={kind: len(seqs) for kind, seqs in by_kind.items()},
    )  # fmt: skip
    return len(everything)


def _older(workspace: Workspace, kind: str, before: datetime) -> list[int]:
    signals = connect.table("signals")
    old = signals.filter(
        (signals.workspace == workspace.pk) & (signals.kind == kind) & (signals.at < tables.stored(before))
    )
    return connect.run_stored(old.select("seq"))["seq"].to_pylist()


def _take_out_of_journal(seqs: list[int]) -> None:
    places: dict[int, set[int]] = {}
    for seq in seqs:
        places.setdefault(seq // PLACES, set()).add(seq % PLACES)
    numbers = sorted(places)
    for start in range(0, len(numbers), AT_ONCE):
        for entry in JournalEntry.objects.filter(pk__in=numbers[start : start + AT_ONCE]):
            _rewrite(entry, places[entry.pk])


def _rewrite(entry: JournalEntry, gone: set[int]) -> None:
    """Take the row's old signals away; repeats of them count as known no longer."""
    signals, places, refused = journal.decode(bytes(entry.body))
    kept = [(signal, place) for signal, place in zip(signals, places, strict=True) if place not in gone]
    removed = len(signals) - len(kept)
    body = journal.rewritten([signal for signal, _ in kept], [place for _, place in kept], refused)
    JournalEntry.objects.filter(pk=entry.pk).update(body=body, count=entry.count - removed)
