"""The journal, which everything behind it can be rebuilt from, and the warehouse."""

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
import zstandard
from django.conf import settings
from django.db import transaction

from wayline.signals import journal, rows
from wayline.signals.models import JournalEntry, LoadedEntry, RefusedSignal
from wayline.signals.rights.person import ERASED, Person
from wayline.signals.vocabulary import PROFILE_KINDS, Signal
from wayline.warehouse import connect

AT_ONCE = 200


@dataclass(frozen=True)
class Touched:
    """A row of the journal that holds something of the person, and what to write instead."""

    entry: JournalEntry
    places: list[int]
    facts: int
    mentions: int
    body: bytes


class Journal:
    name, label = "journal", "Calls in the journal"
    is_read_whole = True

    def count(self, person: Person) -> int:
        return sum(len(each.places) + each.mentions for each in _touched(person))

    def erase(self, person: Person) -> int:
        """Write every row that holds something of theirs anew, and keep the account of what came in even."""
        gone = 0
        for each in _touched(person):
            number = each.entry.pk
            with transaction.atomic(using=settings.JOURNAL_DATABASE):
                JournalEntry.objects.filter(pk=number).update(
                    body=each.body, count=each.entry.count - len(each.places)
                )
            with transaction.atomic():
                theirs = RefusedSignal.objects.filter(entry_id=number, index__in=each.places)
                theirs.delete()
                _even_out(each)
            gone += len(each.places) + each.mentions
        return gone


class Warehouse:
    name, label = "warehouse", "Signals in the warehouse"
    is_read_whole = False

    def count(self, person: Person) -> int:
        signals = connect.table("signals")
        mine = (signals.workspace == person.workspace) & (
            signals.customer.isin(person.profiles) | signals.profile.isin(person.profiles)
        )
        own = signals.filter(mine)
        n = connect.run_stored(own.aggregate(n=own.count()))["n"][0].as_py()
        return n + _mentioning(person).num_rows

    def erase(self, person: Person) -> int:
        """Delete their signals, and take them out of the signals of others."""
        mentioning = _mentioning(person)
        with connect.current().writing() as writer:
            gone = writer.forget_customers(person.workspace, list(person.profiles))
            if mentioning.num_rows:
                seqs = mentioning["seq"].to_pylist()
                writer.replace_signals(person.workspace, seqs, _scrubbed(person, mentioning))
        return gone + mentioning.num_rows


JOURNAL, WAREHOUSE = Journal(), Warehouse()


def _touched(person: Person) -> Iterator[Touched]:
    entries = JournalEntry.objects.filter(workspace_id=person.workspace).order_by("pk")
    last = 0
    while part := list(entries.filter(pk__gt=last)[:AT_ONCE]):
        last = part[-1].pk
        for entry in part:
            found = _look(person, entry)
            if found:
                yield found


def _look(person: Person, entry: JournalEntry) -> Touched | None:
    body = bytes(entry.body)
    try:
        signals, places, refused = journal.decode(body)
    except Exception:
        return _look_at_unreadable(person, entry, body)
    theirs = [place for signal, place in zip(signals, places, strict=True) if person.is_of(signal)]
    facts = sum(signal.kind in PROFILE_KINDS for signal in signals if person.is_of(signal))
    kept, mentions = [], 0
    for signal in signals:
        if person.is_of(signal):
            continue
        mentions += _scrub(person, signal)
        kept.append(signal)
    gone = set(theirs)
    for each in refused:
        if person.is_named_in(f"{each.reason} {each.excerpt}"):
            each.excerpt, each.reason = "", f"{ERASED} {person.scrubbed(each.reason)}"
            mentions += 1
    if not (theirs or mentions):
        return None
    left = [place for place in places if place not in gone]
    return Touched(entry, theirs, facts, mentions, journal.rewritten(kept, left, refused))


def _look_at_unreadable(person: Person, entry: JournalEntry, body: bytes) -> Touched | None:
    """A row that cannot be decoded is emptied when their values stand in its bytes."""
    try:
        packed = zstandard.decompress(body)
    except zstandard.ZstdError:
        packed = body
    if not person.is_named_in(packed.decode("utf-8", "replace")):
        return None
    return Touched(entry, [], 0, 1, journal.rewritten([], [], [journal.Refused(0, ERASED)]))


def _scrub(person: Person, signal: Signal) -> bool:
    """Take mentions of the person out of a signal of somebody else."""
    words = [signal.text or "", signal.subject or "", *signal.properties.values()]
    words += [value for value in signal.traits.values() if isinstance(value, str)]
    if not any(person.is_named_in(word) for word in words):
        return False
    signal.text = person.scrubbed(signal.text)
    signal.subject = person.scrubbed(signal.subject)
    signal.properties = person.scrubbed(signal.properties)
    signal.traits = person.scrubbed(signal.traits)
    return True


def _mentioning(person: Person) -> pa.Table:
    """The signals of others that name the person in their words."""
    signals = connect.table("signals")
    words = [signals.text.lower(), signals.subject.lower()]
    # An engine's lower() keeps letters that casefold() writes as two, such as ß, so both are looked for.
    values = sorted({way for value in person.mentions for way in (value.casefold(), value.lower())})
    inside = signals.properties.values().join("\n").lower()
    named = [word.contains(value) for value in values for word in (*words, inside)]
    if not named:
        return connect.run_stored(signals.limit(0))
    found = signals.filter((signals.workspace == person.workspace) & signals.customer.notin(person.profiles))
    condition = named[0]
    for each in named[1:]:
        condition = condition | each
    rows_found = connect.run_stored(found.filter(condition))
    is_named = [
        any(person.is_named_in(word) for word in _words(row)) and _scrubbed_row(person, row) != row
        for row in rows_found.to_pylist()
    ]
    return rows_found.filter(pa.array(is_named, pa.bool_()))


def _words(row: dict) -> list[str]:
    return [row["text"] or "", row["subject"] or "", *(value or "" for _, value in row["properties"])]


def _scrubbed_row(person: Person, row: dict) -> dict:
    properties = [(name, person.scrubbed(value)) for name, value in row["properties"]]
    return row | {
        "text": person.scrubbed(row["text"]),
        "subject": person.scrubbed(row["subject"]),
        "properties": properties,
    }


def _scrubbed(person: Person, found: pa.Table) -> pa.Table:
    return pa.Table.from_pylist([_scrubbed_row(person, row) for row in found.to_pylist()], found.schema)


def _even_out(touched: Touched) -> None:
    """Facts and repeats may have been theirs: count anew, so that the account of what came in adds up."""
    entry = JournalEntry.objects.only("count", "refused").get(pk=touched.entry.pk)
    loaded = LoadedEntry.objects.filter(entry_id=entry.pk).first()
    if loaded is None:
        return
    refused = RefusedSignal.objects.filter(entry_id=entry.pk, was_kept=False).count()
    loaded.facts = max(0, loaded.facts - touched.facts)
    left = entry.count + entry.refused - refused - loaded.facts
    loaded.duplicates = max(0, left - rows.stored_of(entry.pk))
    loaded.save(update_fields=["facts", "duplicates"])
