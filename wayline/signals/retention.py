"""How long the journal keeps what the warehouse has; docs/operating/backup.md says what it is needed for."""

from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, Max, Sum

from wayline.warehouse import connect

from . import load
from .models import JournalEntry, LoadedEntry, PrunedEntries, RefusedSignal
from .registry import PLACES

log = structlog.get_logger()

AT_ONCE = 1_000  # entries; the journal's writers wait this long at most


def prune(*, now: datetime) -> int:
    """Remove the journal's entries that were loaded long enough ago; answers how many."""
    if not settings.JOURNAL_DAYS:
        return 0
    before, removed = now - timedelta(days=settings.JOURNAL_DAYS), 0
    while True:
        with load.exclusively():
            old = JournalEntry.objects.filter(pk__lte=load.loaded_mark(), received_at__lt=before)
            entries = list(old.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
            if not entries or not _is_all_there(entries):
                return removed
            _remove(entries)
            removed += len(entries)


def _is_all_there(entries: list[int]) -> bool:
    """Whether every signal of these entries is in the warehouse, or is known to have become another thing."""
    held = JournalEntry.objects.filter(pk__in=entries).aggregate(n=Sum(F("count") + F("refused")))["n"]
    done = LoadedEntry.objects.filter(entry_id__in=entries)
    left = done.aggregate(n=Sum(F("duplicates") + F("facts"), default=0))["n"]
    refused = RefusedSignal.objects.filter(entry_id__in=entries, was_kept=False).count()
    found = _rows_of(entries) + left + refused
    if held <= found:
        return True
    log.error("journal kept: the warehouse lacks some of it", entries=(entries[0], entries[-1]), held=held)
    return False


def _rows_of(entries: list[int]) -> int:
    signals = connect.current().table("signals")
    theirs = signals.filter(
        (signals.seq >= entries[0] * PLACES) & (signals.seq < (entries[-1] + 1) * PLACES)
    ).select(entry=signals.seq // PLACES)
    by_entry = connect.run_stored(theirs.group_by("entry").aggregate(n=theirs.count())).to_pylist()
    wanted = set(entries)
    return sum(row["n"] for row in by_entry if row["entry"] in wanted)


def _remove(entries: list[int]) -> None:
    old = JournalEntry.objects.filter(pk__in=entries)
    with transaction.atomic(using=settings.JOURNAL_DATABASE):
        for held in (
            old.order_by()
            .values("workspace_id", "source")
            .annotate(entries=Count("pk"), received=Sum(F("count") + F("refused")), last=Max("pk"))
        ):
            kept, _ = PrunedEntries.objects.get_or_create(
                workspace_id=held["workspace_id"], source=held["source"]
            )
            kept.entries += held["entries"]
            kept.received += held["received"]
            kept.last_entry = max(kept.last_entry, held["last"])
            kept.save()
        old.delete()
