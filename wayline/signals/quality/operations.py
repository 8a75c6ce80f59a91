from datetime import datetime

from django.db import transaction

from wayline.accounts.models import User
from wayline.audit import operations as audit
from wayline.kit.refusals import Refusal
from wayline.signals.models import CountedMark, SignalName

from . import drift, typos, volumes
from .found import Found
from .models import Finding

MARK = "quality:"
EVERY_SECONDS = 600


class FindingEnded(Refusal):
    """What is no longer so needs no decision."""


def check_all(*, now: datetime) -> None:
    """Look at every workspace's signals, each at most every ten minutes."""
    turn = int(now.timestamp()) // EVERY_SECONDS
    for workspace in SignalName.objects.order_by().values_list("workspace_id", flat=True).distinct():
        mark, is_first = CountedMark.objects.get_or_create(
            journal=f"{MARK}{workspace}", defaults={"mark": turn}
        )
        if is_first or CountedMark.objects.filter(pk=mark.pk, mark__lt=turn).update(mark=turn):
            check(workspace, now=now)


def check(workspace_id: int, *, now: datetime) -> None:
    """Compare what is to be noticed now with what was noticed before."""
    found = [
        *volumes.unusual(workspace_id, now=now),
        *drift.drifts(workspace_id),
        *typos.misspellings(workspace_id),
    ]
    with transaction.atomic():
        _compare(workspace_id, {each.sort: each for each in found}, now=now)


def _compare(workspace_id: int, found: dict[tuple, Found], *, now: datetime) -> None:
    standing = {
        (each.what, each.kind, each.name, each.property_name): each
        for each in Finding.objects.standing().filter(workspace=workspace_id)
    }
    for sort, finding in standing.items():
        if sort in found:
            finding.detail = found[sort].detail
            if sort[0] != Finding.What.JUMP:
                # The windows of a jump move on with the clock; the first one said when it began.
                finding.since = min(finding.since, found[sort].since)
        # Muted means "never tell me of this again", also when it went away and came back.
        elif finding.state != Finding.State.MUTED:
            finding.ended_at = now
    Finding.objects.bulk_update(standing.values(), ["detail", "since", "ended_at"], 500)
    Finding.objects.bulk_create(
        [
            Finding(
                workspace_id=workspace_id,
                what=each.what,
                kind=each.kind,
                name=each.name,
                property_name=each.property_name,
                since=each.since,
                detail=each.detail,
                found_at=now,
            )
            for sort, each in found.items()
            if sort not in standing
        ],
        500,
        ignore_conflicts=True,
    )


def acknowledge_finding(finding: Finding, *, by: User | None, now: datetime) -> None:
    """Say that somebody deals with it; it leaves the list until it ends and happens anew."""
    _decide(finding, Finding.State.ACKNOWLEDGED, "finding.acknowledged", by=by, now=now)


def mute_finding(finding: Finding, *, by: User | None, now: datetime) -> None:
    """Never be told of this again: it is meant to be so."""
    _decide(finding, Finding.State.MUTED, "finding.muted", by=by, now=now)


def reopen_finding(finding: Finding, *, by: User | None, now: datetime) -> None:
    """Undo an acknowledgment or a muting."""
    _decide(finding, Finding.State.OPEN, "finding.reopened", by=by, now=now)


@transaction.atomic
def _decide(finding: Finding, state: str, activity: str, *, by: User | None, now: datetime) -> None:
    standing = Finding.objects.standing().filter(pk=finding.pk)
    if not standing.update(state=state, decided_at=now, decided_by=by):
        raise FindingEnded("This has ended by itself; there is nothing left to decide.")
    finding.refresh_from_db()
    audit.record(activity, subject=finding, by=by, at=now)
