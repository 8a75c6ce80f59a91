"""The names seen in the stream and what was refused, kept in the relational database."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc
from django.db import connection

from .models import CountedMark, LoadedEntry, RefusedSignal, SignalName, Term

JOURNAL = "signals"
EXCERPT_DAYS = 90
PLACES = 1 << 20  # a row's seq is its journal entry times this, plus its place in the batch
# CASE, because the smaller of two is MIN in SQLite and LEAST in PostgreSQL.
COUNT = """
    INSERT INTO signals_signalname (workspace_id, kind, name, source, first_seen_at, last_seen_at, count)
    VALUES (%s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (workspace_id, kind, name, source) DO UPDATE SET
        count = signals_signalname.count + excluded.count,
        first_seen_at = CASE WHEN excluded.first_seen_at < signals_signalname.first_seen_at
            THEN excluded.first_seen_at ELSE signals_signalname.first_seen_at END,
        last_seen_at = CASE WHEN excluded.last_seen_at > signals_signalname.last_seen_at
            THEN excluded.last_seen_at ELSE signals_signalname.last_seen_at END
"""


class Tally:
    """Counts the names of new rows, but only of journal entries that were not counted before."""

    def __init__(self, *, after: int):
        self._first_seq = (after + 1) * PLACES
        self.names: list[tuple] = []

    def add(self, workspace: int, table: pa.Table) -> None:
        uncounted = table.filter(pc.greater_equal(table["seq"], self._first_seq))
        groups = uncounted.group_by(["kind", "name", "source"]).aggregate(
            [("at", "min"), ("at", "max"), ("at", "count")]
        )
        for row in groups.to_pylist():
            found = (row["kind"], row["name"], row["source"] or "", row["at_min"], row["at_max"])
            self.names.append((workspace, *found, row["at_count"]))


def counted_mark() -> int:
    """The last journal entry whose names are counted."""
    return CountedMark.objects.filter(journal=JOURNAL).values_list("mark", flat=True).first() or 0


def count(names: Sequence[tuple], *, until: int | None) -> None:
    """Add the counts and, in the same transaction, how far the journal is counted."""
    adapt = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        cursor.executemany(
            COUNT,
            [
                (*who, adapt(first.replace(tzinfo=UTC)), adapt(last.replace(tzinfo=UTC)), number)
                for *who, first, last, number in names
            ],
        )
    Term.objects.bulk_create(
        [Term(workspace_id=workspace, kind=kind, name=name) for workspace, kind, name, *_ in names],
        500,
        ignore_conflicts=True,
    )
    if until is not None:
        CountedMark.objects.update_or_create(journal=JOURNAL, defaults={"mark": until})


class Outcomes:
    """What became of the signals that left no row, by journal entry."""

    def __init__(self) -> None:
        self._of: dict[int, tuple[int, str]] = {}
        self.duplicates: Counter[int] = Counter()
        self.facts: Counter[int] = Counter()

    def add(self, workspace: int, source: str, *, repeated: list[int], facts: list[int]) -> None:
        """Count one batch; both lists name a journal entry for each signal."""
        self._of |= dict.fromkeys([*repeated, *facts], (workspace, source))
        self.duplicates.update(repeated)
        self.facts.update(facts)

    def keep(self, entries: Sequence[int]) -> None:
        """Write them down in place of what an earlier load of the same entries counted."""
        LoadedEntry.objects.filter(entry_id__range=(entries[0], entries[-1])).delete()
        LoadedEntry.objects.bulk_create(
            [
                LoadedEntry(
                    entry_id=entry,
                    workspace_id=workspace,
                    source=source,
                    duplicates=self.duplicates[entry],
                    facts=self.facts[entry],
                )
                for entry, (workspace, source) in self._of.items()
                if self.duplicates[entry] or self.facts[entry]
            ],
            1_000,
        )


def refuse(refusals: Sequence[RefusedSignal]) -> None:
    """Keep what was refused; a chunk loaded again adds nothing."""
    RefusedSignal.objects.bulk_create(refusals, 1_000, ignore_conflicts=True)


def forget_excerpts(*, now: datetime) -> None:
    """Let go of what refused signals said, once nobody will mend them; the reasons stay for the account."""
    old = RefusedSignal.objects.filter(at__lt=now - timedelta(days=EXCERPT_DAYS)).exclude(excerpt="")
    old.update(excerpt="")


def sources() -> list[tuple[int, str]]:
    """Every source of every workspace that has rows."""
    return list(SignalName.objects.values_list("workspace_id", "source").distinct())
