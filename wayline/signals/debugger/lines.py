"""The latest signals of the journal, one by one, with what became of each.

Nothing is kept for it: the journal has what arrived, the warehouse what is stored, and the rest follows.
Each look reads at most EXAMINED signals, so neither memory nor disk grows with the stream.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from wayline.accounts.models import Membership
from wayline.signals import journal, load
from wayline.signals.models import JournalEntry, RefusedSignal, Term
from wayline.signals.registry import PLACES
from wayline.signals.vocabulary import PROFILE_KINDS, Signal
from wayline.warehouse import connect

log = structlog.get_logger()

SHOWN = 200
EXAMINED = 5_000
EXPORTED, EXAMINED_TO_EXPORT = 10_000, 100_000
TOGETHER = 2_000  # signals whose fate is asked for at once
LATE = timedelta(days=1)
OUTCOMES = ("accepted", "refused", "duplicate", "fact", "waiting", "late", "unknown")


@dataclass(frozen=True)
class Line:
    """One signal as it arrived. `outcome` says what became of it; late and unknown ones were accepted too."""

    entry: int
    place: int
    received_at: datetime
    source: str
    outcome: str
    kind: str = ""
    name: str = ""
    customer: str = ""
    at: datetime | None = None
    reason: str = ""
    text: str = ""
    is_late: bool = False
    is_unknown: bool = False
    refusal: int | None = None


@dataclass(frozen=True)
class Sought:
    """Which lines are wanted; what is empty does not matter. At the entry `until` time stands still."""

    name: str = ""
    source: str = ""
    kind: str = ""
    customer: str = ""
    outcome: str = ""
    until: int | None = None

    def takes(self, line: Line) -> bool:
        """Whether the line is wanted. Names and customers are sought by any part of them."""
        if self.outcome and not _has_outcome(line, self.outcome):
            return False
        if self.kind and line.kind != self.kind:
            return False
        return (
            self.name.casefold() in line.name.casefold()
            and self.customer.casefold() in line.customer.casefold()
        )


def _has_outcome(line: Line, outcome: str) -> bool:
    if outcome == "late":
        return line.is_late
    return line.is_unknown if outcome == "unknown" else line.outcome == outcome


@dataclass(frozen=True)
class Look:
    """The lines found, the newest first, the newest entry there is, and how far back was looked."""

    lines: list[Line]
    newest: int
    examined: int
    is_all: bool


def look(member: Membership, sought: Sought, *, shown: int = SHOWN, examined: int = EXAMINED) -> Look:
    """The latest wanted lines, the newest first."""
    entries = JournalEntry.objects.visible_to(member).order_by("-pk")
    newest = entries.values_list("pk", flat=True).first() or 0
    if sought.until is not None:
        entries = entries.filter(pk__lte=sought.until)
    if sought.source:
        entries = entries.filter(source=sought.source)
    found: list[Line] = []
    seen = 0
    for part in _parts(entries, examined):
        for line in _lines(member, part, examined - seen):
            seen += 1
            if sought.takes(line):
                found.append(line)
                if len(found) == shown:
                    return Look(found, newest, seen, False)
        if seen >= examined:
            return Look(found, newest, seen, False)
    return Look(found, newest, seen, True)


def sources(member: Membership) -> list[str]:
    """What sent the latest batches, to choose from."""
    latest = JournalEntry.objects.visible_to(member).order_by("-pk").values_list("source", flat=True)
    return sorted(set(latest[:1_000]))


def _parts(entries, examined: int) -> Iterator[list[JournalEntry]]:
    """The entries in groups of about TOGETHER signals, so that each group costs one question."""
    part: list[JournalEntry] = []
    held = 0
    for pk, count, refused in entries.values_list("pk", "count", "refused")[:examined].iterator(500):
        part.append(pk)
        held += count + refused
        if held >= TOGETHER:
            yield list(JournalEntry.objects.filter(pk__in=part).order_by("-pk"))
            part, held = [], 0
    if part:
        yield list(JournalEntry.objects.filter(pk__in=part).order_by("-pk"))


def _lines(member: Membership, entries: list[JournalEntry], most: int) -> Iterator[Line]:
    fate = _Fate(member, entries)
    for entry in entries:
        try:
            signals, places, refused = journal.decode(bytes(entry.body))
        except Exception as error:
            log.warning("journal entry unreadable", entry=entry.pk, error=str(error))
            signals, places, refused = [], [], [journal.Refused(0, "The whole batch cannot be read.")]
        lines = [fate.of(entry, place, signal) for place, signal in zip(places, signals, strict=True)]
        lines += [_refused_on_arrival(entry, each, fate) for each in refused if not each.was_kept]
        lines.sort(key=lambda line: -line.place)
        # One entry of an import may hold more than is ever looked at.
        yield from lines[:most]
        most -= len(lines)
        if most <= 0:
            return


def _refused_on_arrival(entry: JournalEntry, item: journal.Refused, fate: "_Fate") -> Line:
    return Line(
        entry=entry.pk,
        place=item.index,
        received_at=entry.received_at,
        source=entry.source,
        outcome="refused",
        reason=item.reason,
        text=item.excerpt,
        refusal=fate.refusal_of(entry.pk, item.index),
    )


class _Fate:
    """What became of the signals of some entries: stored, refused, or neither."""

    def __init__(self, member: Membership, entries: list[JournalEntry]):
        ids = [entry.pk for entry in entries]
        self._mark = load.loaded_mark()
        self._stored = _stored(member, min(ids), max(ids)) if ids else set()
        self._refused: dict[tuple[int, int], list[RefusedSignal]] = defaultdict(list)
        for each in RefusedSignal.objects.visible_to(member).filter(entry_id__in=ids):
            self._refused[each.entry_id, each.index].append(each)
        terms = Term.objects.visible_to(member)
        self._known = set(terms.exclude(status=Term.Status.NEW, merged_into=None).values_list("kind", "name"))

    def refusal_of(self, entry: int, place: int) -> int | None:
        return next((each.pk for each in self._refused[entry, place] if not each.was_kept), None)

    def of(self, entry: JournalEntry, place: int, signal: Signal) -> Line:
        line = Line(
            entry=entry.pk,
            place=place,
            received_at=entry.received_at,
            source=entry.source,
            outcome=self._outcome(entry.pk, place, signal),
            kind=signal.kind,
            name=signal.name,
            customer=signal.external_id or signal.email or signal.phone or signal.anonymous_id or "",
            at=signal.at,
            reason=" ".join(each.reason for each in self._refused[entry.pk, place]),
            refusal=self.refusal_of(entry.pk, place),
            text=journal.readable(signal),
        )
        if line.outcome != "accepted":
            return line
        # Where nobody has decided on any name, every name would be unknown, and the word would say nothing.
        is_unknown = bool(self._known) and (signal.kind, signal.name) not in self._known
        return replace(line, is_late=entry.received_at - signal.at > LATE, is_unknown=is_unknown)

    def _outcome(self, entry: int, place: int, signal: Signal) -> str:
        if self.refusal_of(entry, place) is not None:
            return "refused"
        if entry > self._mark:
            return "waiting"
        if signal.kind in PROFILE_KINDS:
            return "fact"
        return "accepted" if entry * PLACES + place in self._stored else "duplicate"


def _stored(member: Membership, first: int, last: int) -> set[int]:
    signals = connect.current().table("signals")
    theirs = signals.filter(
        signals.workspace == member.workspace_id,
        signals.seq >= first * PLACES,
        signals.seq < (last + 1) * PLACES,
    )
    return set(connect.run_stored(theirs.select("seq"))["seq"].to_pylist())
