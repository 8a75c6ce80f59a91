from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max, Min, QuerySet, Sum

from wayline.accounts.models import Key, Membership

from .models import JournalEntry, RefusedSignal, Segment, SignalName


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


@dataclass(frozen=True)
class Arrival:
    """One batch as it came in."""

    entry: int
    source: str
    received_at: datetime
    count: int
    refused: int


def arrivals(member: Membership, limit: int = 50) -> list[Arrival]:
    """The last batches, latest first, each with the name of what sent it."""
    entries = JournalEntry.objects.visible_to(member).order_by("-pk")[:limit]
    rows = list(entries.values_list("pk", "source", "received_at", "count", "refused"))
    named = source_names(member, {row[1] for row in rows})
    return [Arrival(pk, named[source], at, count, no) for pk, source, at, count, no in rows]


def source_names(member: Membership, sources: set[str]) -> dict[str, str]:
    """What people call the sources: the key's name where a key sent it."""
    keys = {int(source.split(":")[1]) for source in sources if source.startswith(("key:", "api:"))}
    found = dict(Key.objects.filter(workspace=member.workspace_id, pk__in=keys).values_list("pk", "name"))
    return {
        source: found.get(int(source.split(":")[1]), source)
        if source.startswith(("key:", "api:"))
        else source.replace("import:", "Import ")
        for source in sources
    }


def write_keys(member: Membership) -> int:
    """How many keys may send signals to the workspace."""
    return Key.objects.visible_to(member).usable().filter(kind=Key.Kind.WRITE).count()
