from datetime import date, datetime

from django.http import FileResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Field, Router, Schema

from wayline.accounts.api_auth import needs
from wayline.exports.models import Schedule, ScheduledFile

from . import operations

router = Router()


class SaidIn(Schema):
    metric: str | None = Field(None, description="For answers of a metric: its slug.")
    by: str | None = Field(None, description="For answers of a metric: a dimension.")
    segment: int | None = Field(None, description="For customers of a segment.")
    kinds: list[str] = Field([], description="For signals.")
    names: list[str] = Field([], description="For signals.")


class ScheduleIn(Schema):
    name: str = Field(max_length=120)
    what: str = Field(description="metric, segment, signals or feedback")
    said: SaidIn = Field(default_factory=lambda: SaidIn.model_validate({}))
    every: str = Field(description="day, week or month, by the workspace's clock")
    hour: int = 6
    kept_days: int = 30
    is_clear: bool = Field(False, description="Personal data as it is; for those with the right to it.")
    tells: bool = Field(False, description="Webhooks hear of scheduled_file.written.")


class ScheduleOut(Schema):
    id: int
    name: str
    what: str
    said: dict
    every: str
    hour: int
    kept_days: int
    is_clear: bool
    tells: bool
    is_paused: bool
    next_at: datetime
    deleted_at: datetime | None


class ScheduledFileOut(Schema):
    id: int
    schedule_id: int
    state: str
    first_on: date
    last_on: date
    rows: int
    size_bytes: int = Field(alias="size")
    is_clear: bool
    error: str
    asked_at: datetime
    finished_at: datetime | None
    expires_at: datetime | None


@router.get("/", response=list[ScheduleOut])
@needs("manager")
def schedules(request):
    """The schedules of the workspace, deleted ones too."""
    return Schedule.objects.visible_to(request.member)


@router.post("/create", response={201: ScheduleOut})
@needs("manager")
def create_schedule(request, body: ScheduleIn):
    """Have a table written every day, week or month."""
    return 201, operations.create_schedule(
        request.workspace, **_asked(body), member=request.member, by=request.member.user, now=timezone.now()
    )


@router.get("/written", response=list[ScheduledFileOut])
@needs("manager")
def files(request):
    """What schedules wrote, latest first."""
    return ScheduledFile.objects.visible_to(request.member)[:200]


@router.get("/written/{scheduled_file_id}/download")
@needs("manager")
def download_file(request, scheduled_file_id: int):
    """The file, as long as it is kept. Answers 409 afterwards."""
    found = _file(request, scheduled_file_id)
    path = operations.download(found, member=request.member, by=request.member.user, now=timezone.now())
    return FileResponse(path.open("rb"), as_attachment=True, filename=f"{found.pk}.csv")


@router.post("/written/{scheduled_file_id}/retry", response=ScheduledFileOut)
@needs("manager")
def retry_file(request, scheduled_file_id: int):
    """Write a file that failed again."""
    found = _file(request, scheduled_file_id)
    operations.retry(found, by=request.member.user, now=timezone.now())
    found.refresh_from_db()
    return found


@router.post("/{schedule_id}/change", response=ScheduleOut)
@needs("manager")
def change_schedule(request, schedule_id: int, body: ScheduleIn):
    """Say anew what is written, and when; everything is given, as for a new one."""
    found = _schedule(request, schedule_id)
    operations.change_schedule(
        found, **_asked(body), member=request.member, by=request.member.user, now=timezone.now()
    )
    return found


@router.post("/{schedule_id}/run", response={202: ScheduledFileOut})
@needs("manager")
def run_schedule(request, schedule_id: int):
    """Write the last whole day, week or month now."""
    return 202, operations.run_schedule(
        _schedule(request, schedule_id), by=request.member.user, now=timezone.now()
    )


@router.post("/{schedule_id}/pause", response=ScheduleOut)
@needs("manager")
def pause_schedule(request, schedule_id: int):
    """Write no more files until it is resumed."""
    return _changed(request, schedule_id, operations.pause_schedule)


@router.post("/{schedule_id}/resume", response=ScheduleOut)
@needs("manager")
def resume_schedule(request, schedule_id: int):
    """Go on with the next run."""
    return _changed(request, schedule_id, operations.resume_schedule)


@router.post("/{schedule_id}/delete", response=ScheduleOut)
@needs("manager")
def delete_schedule(request, schedule_id: int):
    """Write no more files; it can be brought back."""
    return _changed(request, schedule_id, operations.delete_schedule)


@router.post("/{schedule_id}/restore", response=ScheduleOut)
@needs("manager")
def restore_schedule(request, schedule_id: int):
    """Bring a deleted schedule back."""
    return _changed(request, schedule_id, operations.restore_schedule)


def _asked(body: ScheduleIn) -> dict:
    return body.dict() | {"said": {name: value for name, value in body.said.dict().items() if value}}


def _changed(request, schedule_id: int, operation) -> Schedule:
    found = _schedule(request, schedule_id)
    operation(found, by=request.member.user, now=timezone.now())
    found.refresh_from_db()
    return found


def _schedule(request, schedule_id: int) -> Schedule:
    return get_object_or_404(Schedule.objects.visible_to(request.member), pk=schedule_id)


def _file(request, scheduled_file_id: int) -> ScheduledFile:
    rows = ScheduledFile.objects.visible_to(request.member).select_related("schedule")
    return get_object_or_404(rows, pk=scheduled_file_id)
