from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from django.db.models import Max, Min, QuerySet, Sum

from wayline.accounts.models import Key, Membership
from wayline.customers.trust.sayings import IMPORTS, voice
from wayline.warehouse import connect

from . import load, offers
from .models import Import, JournalEntry, LoadedEntry, PrunedEntries, RefusedSignal, Segment, SignalName
from .registry import PLACES

MOST_KEYS = 300


def names(member: Membership) -> QuerySet:
    """Every name of the stream with its kind, volume, and when it was first and last seen, loudest first."""
    rows = SignalName.objects.visible_to(member).order_by().values("kind", "name")
    return rows.annotate(
        volume=Sum("count"), first_at=Min("first_seen_at"), last_at=Max("last_seen_at")
    ).order_by("-volume", "kind", "name")


def refused(member: Membership) -> QuerySet[RefusedSignal]:
    """What could not be used, latest first."""
    return RefusedSignal.objects.visible_to(member)


def segments(member: Membership) -> QuerySet[Segment]:
    """The saved segments by name."""
    return Segment.objects.visible_to(member).select_related("created_by")


def property_names(member: Membership) -> list[str]:
    """The properties that signals have, to choose from."""
    ask = partial(_keys, "signals", "properties", member)
    return offers.offered(offers.PROPERTIES, member.workspace_id, ask)


def trait_names(member: Membership) -> list[str]:
    """The traits that customers have, to choose from."""
    ask = partial(_keys, "customers", "traits", member)
    return offers.offered(offers.TRAITS, member.workspace_id, ask)


def _keys(table: str, column: str, member: Membership) -> list[str]:
    rows = connect.table(table)
    own = rows.filter(rows.workspace == member.workspace_id)
    keys = own.select(key=own[column].keys().unnest()).distinct().order_by("key").limit(MOST_KEYS)
    stored = connect.run_stored(keys)["key"].to_pylist()
    mapped = connect.mapped_names(column, member.workspace_id)
    return sorted({*stored, *mapped})[:MOST_KEYS] if mapped else stored


@dataclass(frozen=True)
class Account:
    """What became of everything that was received: the parts add up to it, or some is lost."""

    received: int
    stored: int
    facts: int
    duplicates: int
    refused: int
    waiting: int

    @property
    def missing(self) -> int:
        return self.received - self.stored - self.facts - self.duplicates - self.refused - self.waiting


def account(member: Membership) -> Account:
    """Count what is loaded, up to the warehouse's own mark; what came later waits."""
    mark = load.loaded_mark()
    entries = JournalEntry.objects.visible_to(member)
    waiting = _received(entries.filter(pk__gt=mark))
    done = LoadedEntry.objects.visible_to(member).filter(entry_id__lte=mark)
    left = done.aggregate(duplicates=Sum("duplicates", default=0), facts=Sum("facts", default=0))
    signals = connect.current().table("signals")
    # This also leaves out what rules concluded, which nobody sent: its numbers lie beyond all entries.
    mine = signals.filter((signals.workspace == member.workspace_id) & (signals.seq < (mark + 1) * PLACES))
    pruned = PrunedEntries.objects.visible_to(member).aggregate(n=Sum("received", default=0))["n"]
    return Account(
        received=pruned + _received(entries.filter(pk__lte=mark)) + waiting,
        stored=connect.run_stored(mine.aggregate(n=mine.count())).to_pylist()[0]["n"],
        refused=RefusedSignal.objects.visible_to(member).filter(entry_id__lte=mark, was_kept=False).count(),
        waiting=waiting,
        **left,
    )


def _received(entries: QuerySet[JournalEntry]) -> int:
    found = entries.aggregate(count=Sum("count", default=0), refused=Sum("refused", default=0))
    return found["count"] + found["refused"]


def source_names(member: Membership, sources: set[str]) -> dict[str, str]:
    """What people call the sources: the key's name where a key sent it, the file's where one was imported."""
    keys = _numbers(sources, "key:", "api:")
    found = dict(Key.objects.filter(workspace=member.workspace_id, pk__in=keys).values_list("pk", "name"))
    runs = Import.objects.visible_to(member).filter(pk__in=_numbers(sources, "import:"))
    files = {run.pk: f"{run.file_name} (import {run.pk})" for run in runs.only("file_name")}
    named = {source: source for source in sources}
    for source in sources:
        kind, _, number = source.partition(":")
        if number and kind in ("key", "api"):
            named[source] = found.get(int(number), source)
        elif number and kind == "import":  # without a number it is all imports as one
            named[source] = files.get(int(number), f"Import {number}")
    return named


def _numbers(sources: set[str], *kinds: str) -> set[int]:
    return {int(source.split(":")[1]) for source in sources if source.startswith(kinds)}


def voices(member: Membership) -> list[str]:
    """Everybody who has told something of customers here, imports as one."""
    sources: set[str] = set()
    for model in (SignalName, LoadedEntry):  # a source that only says who somebody is has no names
        rows = model.objects.filter(workspace=member.workspace_id).order_by()
        sources.update(rows.values_list("source", flat=True).distinct())
    return sorted({voice(source) for source in sources if source and not source.startswith("rule:")})


def tellers(member: Membership, *, also: Iterable[str] = ()) -> dict[str, str]:
    """Everybody who has told something of customers here, and what people call them."""
    found = {*voices(member), *also}
    named = source_names(member, found) | {IMPORTS: "Imports"}
    return {voice: named[voice] for voice in sorted(found, key=lambda each: named[each].casefold())}


def write_keys(member: Membership) -> int:
    """How many keys may send signals to the workspace."""
    return Key.objects.visible_to(member).usable().filter(kind=Key.Kind.WRITE).count()
