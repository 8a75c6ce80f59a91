"""Where personal data lies in the signals there are already: a report by name and property."""

from collections import Counter
from datetime import datetime

from django.db import transaction

from wayline.accounts.models import User, Workspace
from wayline.audit import operations as audit
from wayline.kit import tasks
from wayline.warehouse import connect

from .findings import found_in
from .masking import is_id
from .models import FoundReport, State

TASK = "signals.search_personal_data"
AT_ONCE = 50_000
MOST_ROWS = 500


@transaction.atomic
def ask_search(workspace: Workspace, *, by: User | None, now: datetime) -> FoundReport:
    """Look through every text and property there is, in the background."""
    report = FoundReport.objects.create(workspace=workspace, asked_at=now, asked_by=by)
    audit.record("personal_data.searched", subject=report, by=by, at=now)
    tasks.enqueue(TASK, {"report": report.pk}, now=now, workspace=workspace.pk)
    return report


def carry_out(report: FoundReport, *, now: datetime) -> FoundReport:
    """Count, by sort, kind, name and place, the signals that hold personal data."""
    FoundReport.objects.filter(pk=report.pk).update(state=State.RUNNING)
    found: Counter = Counter()
    searched, after = 0, -1
    signals = connect.table("signals")
    mine = signals.filter(signals.workspace == report.workspace_id)
    wanted = mine.select("seq", "kind", "name", "text", "properties")
    while True:
        rows = connect.run_stored(
            wanted.filter(wanted.seq > after).order_by("seq").limit(AT_ONCE)
        ).to_pylist()
        if not rows:
            break
        searched, after = searched + len(rows), rows[-1]["seq"]
        for row in rows:
            found.update(set(_found_in(row)))
        FoundReport.objects.filter(pk=report.pk).update(searched=searched)
    report.rows = [[*place, n] for place, n in found.most_common(MOST_ROWS)]
    report.searched, report.state, report.finished_at = searched, State.FINISHED, now
    report.save(update_fields=["rows", "searched", "state", "finished_at"])
    return report


def _found_in(row: dict):
    if row["text"]:
        for finding in found_in(row["text"]):
            yield finding, row["kind"], row["name"], "text"
    for name, value in row["properties"]:
        if value and not is_id(name):
            for finding in found_in(value):
                yield finding, row["kind"], row["name"], name
