"""Making schedules, pausing and deleting them, and writing their files."""

import secrets
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from django.db import transaction

from wayline.accounts.models import Membership, User, Workspace
from wayline.audit import operations as audit
from wayline.exports.models import Schedule, ScheduledFile
from wayline.kit import sheets, tasks
from wayline.kit.refusals import Refusal
from wayline.kit.tasks.asked import State
from wayline.metrics.catalog import METRICS
from wayline.metrics.scope import is_known
from wayline.signals.models import Segment
from wayline.signals.rights.places.files import remove_folder
from wayline.signals.vocabulary import Kind

from . import contents, times

log = structlog.get_logger()
WRITE = "exports.write_file"
MOST_DAYS = 365


class ScheduleUnclear(Refusal):
    """A schedule says what, when and for how long."""

    status = 422


class NotForEverybody(Refusal):
    """Clear personal data is for those who handle it."""


class ScheduleGone(Refusal):
    """It was deleted, or is there already."""


class FileGone(Refusal):
    """Files are kept for some days only."""


class NotFailed(Refusal):
    """Only what failed is tried again."""


@transaction.atomic
def create_schedule(
    workspace: Workspace,
    *,
    name: str,
    what: str,
    said: dict,
    every: str,
    hour: int,
    kept_days: int,
    is_clear: bool,
    tells: bool,
    member,
    by: User | None,
    now: datetime,
) -> Schedule:
    """Have a table written again and again. Whoever wants personal data in it needs the right to it."""
    _check(workspace, name=name, what=what, said=said, every=every, hour=hour, kept_days=kept_days)
    _check_clear(is_clear, member)
    schedule = Schedule.objects.create(
        workspace=workspace,
        name=name.strip(),
        what=what,
        said=said,
        every=every,
        hour=hour,
        kept_days=kept_days,
        is_clear=is_clear,
        cleared_by=by if is_clear else None,
        tells=tells,
        next_at=times.next_run(every, hour, timezone=workspace.timezone, now=now),
        created_at=now,
        created_by=by,
    )
    audit.record("schedule.created", subject=schedule, by=by, at=now, what=what, is_clear=is_clear)
    return schedule


@transaction.atomic
def change_schedule(
    schedule: Schedule,
    *,
    name: str,
    what: str,
    said: dict,
    every: str,
    hour: int,
    kept_days: int,
    is_clear: bool,
    tells: bool,
    member,
    by: User | None,
    now: datetime,
) -> None:
    """Say anew what is written, and when. Files that were written stay as they are, for their days.

    One with clear personal data is changed only by those with the right to it, or masked from now on.
    """
    workspace = schedule.workspace
    _check(workspace, name=name, what=what, said=said, every=every, hour=hour, kept_days=kept_days)
    _check_clear(is_clear, member)
    fields = {
        "name": name.strip(), "what": what, "said": said, "every": every, "hour": hour,
        "kept_days": kept_days, "is_clear": is_clear, "tells": tells,
    }  # fmt: skip
    changed = sorted(field for field, value in fields.items() if getattr(schedule, field) != value)
    more: dict = {"cleared_by": by if is_clear else None}
    if {"every", "hour"} & set(changed):
        more["next_at"] = times.next_run(every, hour, timezone=workspace.timezone, now=now)
    if not Schedule.objects.filter(pk=schedule.pk, deleted_at=None).update(**fields, **more):
        raise ScheduleGone("This schedule is deleted. Bring it back first.")
    schedule.refresh_from_db()
    if changed:
        audit.record("schedule.changed", subject=schedule, by=by, at=now, changed=changed)


@transaction.atomic
def pause_schedule(schedule: Schedule, *, by: User | None, now: datetime) -> None:
    """Write no more files until it is resumed."""
    if not Schedule.objects.filter(pk=schedule.pk, is_paused=False, deleted_at=None).update(is_paused=True):
        raise ScheduleGone("This schedule is paused already.")
    audit.record("schedule.paused", subject=schedule, by=by, at=now)


@transaction.atomic
def resume_schedule(schedule: Schedule, *, by: User | None, now: datetime) -> None:
    """Go on with the next day, week or month; what was missed is not made up for."""
    soon = times.next_run(schedule.every, schedule.hour, timezone=schedule.workspace.timezone, now=now)
    paused = Schedule.objects.filter(pk=schedule.pk, is_paused=True, deleted_at=None)
    if not paused.update(is_paused=False, next_at=soon):
        raise ScheduleGone("This schedule is running already.")
    audit.record("schedule.resumed", subject=schedule, by=by, at=now)


@transaction.atomic
def delete_schedule(schedule: Schedule, *, by: User | None, now: datetime) -> None:
    """Write no more files. Those there are stay for their days, and it can be brought back."""
    if not Schedule.objects.filter(pk=schedule.pk, deleted_at=None).update(deleted_at=now):
        raise ScheduleGone("This schedule is deleted already.")
    audit.record("schedule.deleted", subject=schedule, by=by, at=now)


@transaction.atomic
def restore_schedule(schedule: Schedule, *, by: User | None, now: datetime) -> None:
    """Bring a deleted schedule back, with its next run in the future."""
    soon = times.next_run(schedule.every, schedule.hour, timezone=schedule.workspace.timezone, now=now)
    gone = Schedule.objects.filter(pk=schedule.pk).exclude(deleted_at=None)
    if not gone.update(deleted_at=None, next_at=soon):
        raise ScheduleGone("This schedule is not deleted.")
    audit.record("schedule.restored", subject=schedule, by=by, at=now)


@transaction.atomic
def run_schedule(schedule: Schedule, *, by: User | None, now: datetime) -> ScheduledFile:
    """Write the last whole day, week or month now, besides the next run."""
    if schedule.deleted_at is not None:
        raise ScheduleGone("This schedule is deleted. Bring it back first.")
    audit.record("schedule.run", subject=schedule, by=by, at=now)
    return _file(schedule, now)


def run_due(*, now: datetime) -> int:
    """Ask for the files whose time has come; a server that was away writes the latest only."""
    due = Schedule.objects.filter(next_at__lte=now, is_paused=False, deleted_at=None)
    made = 0
    for schedule in due.select_related("workspace"):
        soon = times.next_run(schedule.every, schedule.hour, timezone=schedule.workspace.timezone, now=now)
        with transaction.atomic():
            # Two workers may look at once; one of them moves it on.
            mine = Schedule.objects.filter(pk=schedule.pk, next_at=schedule.next_at).update(next_at=soon)
            if mine:
                _file(schedule, now)
                made += 1
    return made


@transaction.atomic
def retry(file: ScheduledFile, *, by: User | None, now: datetime) -> None:
    """Write a file that failed again."""
    failed = ScheduledFile.objects.filter(pk=file.pk, state=State.FAILED)
    if not failed.update(state=State.WAITING, error="", finished_at=None):
        raise NotFailed("This file was written, or is being written.")
    audit.record("scheduled_file.retried", subject=file, by=by, at=now)
    tasks.enqueue(WRITE, {"file": file.pk}, now=now, workspace=file.workspace_id)


def write(file: ScheduledFile, *, now: datetime) -> ScheduledFile:
    """Write the table; begun again after a crash, it starts over."""
    if file.state == State.FINISHED:
        return file
    remove_folder(file.path.parent if file.folder else None)
    folder = f"exports/{file.workspace_id}/{secrets.token_hex(16)}"
    # Asked again at every run: rights may have been taken away since the schedule was made.
    is_clear = file.schedule.is_clear and _may_be_clear(file.schedule)
    ScheduledFile.objects.filter(pk=file.pk).update(state=State.RUNNING, folder=folder, is_clear=is_clear)
    file.refresh_from_db()
    try:
        written = _write(file)
    except Exception as error:
        remove_folder(file.path.parent)
        if not isinstance(error, Refusal):
            log.exception("a scheduled file could not be written", file=file.pk)
        sentence = str(error) if isinstance(error, Refusal) else f"It could not be written: {error}"
        ScheduledFile.objects.filter(pk=file.pk).update(
            state=State.FAILED, error=sentence[:500], folder="", finished_at=now
        )
        file.refresh_from_db()
        return file
    with transaction.atomic():
        ScheduledFile.objects.filter(pk=file.pk).update(
            state=State.FINISHED,
            rows=written,
            size=file.path.stat().st_size,
            finished_at=now,
            expires_at=now + timedelta(days=file.schedule.kept_days),
        )
        file.refresh_from_db()
        if file.schedule.tells:  # webhooks read activities, and sign what they tell
            audit.record(
                "scheduled_file.written", subject=file, by=None, at=now, rows=written, size_bytes=file.size
            )
    return file


@transaction.atomic
def download(file: ScheduledFile, *, member, by: User | None, now: datetime) -> Path:
    """The file, as long as it is kept; one with clear personal data only for those with the right to it."""
    if file.is_clear and not member.has_right("privacy"):
        raise NotForEverybody("This file holds clear personal data. Ask an owner for the right to it.")
    is_late = file.expires_at is None or file.expires_at <= now
    if file.state != State.FINISHED or is_late or not file.folder or not file.path.is_file():
        raise FileGone("This file is no longer kept, or not ready. Run the schedule again.")
    audit.record("scheduled_file.downloaded", subject=file, by=by, at=now)
    return file.path


def remove_expired(*, now: datetime) -> int:
    """Delete the files whose days are over; that they were written stays in the list."""
    late = list(ScheduledFile.objects.filter(expires_at__lte=now).exclude(folder=""))
    for file in late:
        remove_folder(file.path.parent)
        ScheduledFile.objects.filter(pk=file.pk).update(folder="")
    return len(late)


def _write(file: ScheduledFile) -> int:
    file.path.parent.mkdir(parents=True)
    written = -1  # the header is no row
    with file.path.open("w", encoding="utf-8", newline="") as table:
        for line in sheets.lines(contents.rows(file)):
            table.write(line)
            written += 1
    return written


def _file(schedule: Schedule, now: datetime) -> ScheduledFile:
    first, last = times.covered(schedule.every, timezone=schedule.workspace.timezone, now=now)
    file = ScheduledFile.objects.create(
        workspace=schedule.workspace, schedule=schedule, first_on=first, last_on=last, asked_at=now
    )
    tasks.enqueue(WRITE, {"file": file.pk}, now=now, workspace=schedule.workspace_id)
    return file


def _may_be_clear(schedule: Schedule) -> bool:
    """Whoever wanted it clear must still have the right when the file is written."""
    who = schedule.cleared_by_id or schedule.created_by_id
    maker = Membership.objects.filter(workspace=schedule.workspace_id, user=who).first()
    return maker is not None and maker.has_right("privacy")


def _check_clear(is_clear: bool, member) -> None:
    if is_clear and not member.has_right("privacy"):
        raise NotForEverybody("Clear personal data needs the right to handle people's rights. Ask an owner.")


def _check(
    workspace: Workspace, *, name: str, what: str, said: dict, every: str, hour: int, kept_days: int
) -> None:
    if not name.strip():
        raise ScheduleUnclear("Give the schedule a name that says what it is for.")
    if what not in Schedule.What.values or every not in Schedule.Every.values:
        raise ScheduleUnclear("Choose what is written, and how often.")
    if not 0 <= hour <= 23:
        raise ScheduleUnclear("The hour lies between 0 and 23.")
    if not 1 <= kept_days <= MOST_DAYS:
        raise ScheduleUnclear(f"Files are kept for 1 to {MOST_DAYS} days.")
    _check_said(workspace, what, said)


def _check_said(workspace: Workspace, what: str, said: dict) -> None:
    if what == Schedule.What.METRIC:
        metric = METRICS.get(said.get("metric", ""))
        if metric is None or metric.requires:
            raise ScheduleUnclear("Choose a metric of the catalog that needs no conditions of its own.")
        if said.get("by") and not is_known(said["by"]):
            raise ScheduleUnclear(f"There is no dimension {said['by'][:60]}. Use channel, week, trait:plan …")
    elif what == Schedule.What.SEGMENT:
        if not Segment.objects.filter(workspace=workspace, pk=said.get("segment") or 0).exists():
            raise ScheduleUnclear("Choose a segment of this workspace.")
    elif what == Schedule.What.SIGNALS:
        unknown = set(said.get("kinds", ())) - {str(each.value) for each in Kind}
        if unknown:
            raise ScheduleUnclear(f"There is no kind {sorted(unknown)[0][:40]}.")
        if not said.get("kinds") and not said.get("names"):
            raise ScheduleUnclear("Say of which kind or name the signals are.")
