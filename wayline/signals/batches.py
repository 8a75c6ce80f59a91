"""The journal's entries as batches: what one workspace heard from one source, decoded and validated."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from . import checks, journal
from .models import JournalEntry, RefusedSignal
from .names import rules as naming
from .rights import tombstones
from .vocabulary import Signal

log = structlog.get_logger()

EXCERPT = 2_000


@dataclass
class Batch:
    """The usable signals of one workspace and source, each with where and when it came in."""

    workspace: int
    source: str
    signals: list[Signal] = field(default_factory=list)
    entries: list[int] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    received: list[datetime] = field(default_factory=list)

    def extend(self, other: "Batch") -> None:
        """Add what came in later."""
        self.signals += other.signals
        self.entries += other.entries
        self.places += other.places
        self.received += other.received

    def chosen(self, indexes: Sequence[int]) -> "Batch":
        """Some of it, as a batch."""
        return Batch(
            self.workspace,
            self.source,
            [self.signals[i] for i in indexes],
            [self.entries[i] for i in indexes],
            [self.places[i] for i in indexes],
            [self.received[i] for i in indexes],
        )

    def refuse(
        self, index: int, reason: str, refusals: list[RefusedSignal], *, excerpt=True, was_kept=False
    ) -> None:
        """Put the signal, or only a part of it, among the refused."""
        shown = journal.readable(self.signals[index])[:EXCERPT] if excerpt else ""
        refusals.append(
            RefusedSignal(
                workspace_id=self.workspace,
                entry_id=self.entries[index],
                index=self.places[index],
                source=self.source,
                reason=reason[:500],
                excerpt=shown,
                was_kept=was_kept,
                at=self.received[index],
            )
        )


def of_entries(entries: Sequence[JournalEntry], refusals: list[RefusedSignal]) -> list[Batch]:
    """The entries decoded and validated, in their order, those of one workspace and source together."""
    found: dict[tuple[int, str], Batch] = {}
    workspaces = {entry.workspace_id for entry in entries}
    said = {workspace: (naming.of(workspace), tombstones.known.of(workspace)) for workspace in workspaces}
    for entry in entries:
        who = entry.workspace_id, entry.source
        usable = _usable(entry, refusals, *said[entry.workspace_id])
        found.setdefault(who, Batch(*who)).extend(usable)
    return [batch for batch in found.values() if batch.signals]


def _usable(
    entry: JournalEntry,
    refusals: list[RefusedSignal],
    rules: naming.Rules,
    stones: tombstones.Stones,
) -> Batch:
    signals, places, refused = _decoded(entry)
    refusals += [
        RefusedSignal(
            workspace_id=entry.workspace_id,
            entry_id=entry.pk,
            index=each.index,
            source=entry.source,
            reason=each.reason[:500],
            excerpt=each.excerpt[:EXCERPT],
            was_kept=each.was_kept,
            at=entry.received_at,
        )
        for each in refused
    ]
    arrived = Batch(entry.workspace_id, entry.source)
    arrived.signals, arrived.places = signals, places
    arrived.entries, arrived.received = [entry.pk] * len(signals), [entry.received_at] * len(signals)
    reasons = checks.refusals_of(signals, received_at=entry.received_at)
    reasons |= rules.applied(signals)
    # Last, so that this reason stands before every other: what was erased leaves no excerpt.
    erased = tombstones.erased(entry.workspace_id, signals, stones=stones)
    if erased:
        tombstones.take_out(entry, signals, places, refused, erased)
        reasons |= dict.fromkeys(erased, tombstones.REASON)
    for index, reason in reasons.items():
        arrived.refuse(index, reason, refusals, excerpt=reason != tombstones.REASON)
    if not reasons:
        return arrived
    return arrived.chosen([index for index in range(len(signals)) if index not in reasons])


def _decoded(entry: JournalEntry) -> tuple[list[Signal], list[int], list[journal.Refused]]:
    try:
        return journal.decode(bytes(entry.body))
    except Exception as error:
        log.exception("journal entry unreadable", entry=entry.pk)
        reason = f"The whole batch cannot be read: {error}."
        # One for each of its signals, or the account of what was received would not add up.
        return [], [], [journal.Refused(place, reason) for place in range(entry.count + entry.refused)]
