from datetime import datetime
from pathlib import Path

import pyarrow as pa
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Field, File, Router, Schema
from ninja.files import UploadedFile

from wayline.accounts.api_auth import needs
from wayline.kit.refusals import Refusal

from .backups import taking
from .models import Arrival, Export
from .schedules.api import router as schedules
from .snapshots import asking
from .snapshots.values import plain
from .whole import operations

router = Router(tags=["exports"])
router.add_router("/schedules", schedules)
ARROW = "application/vnd.apache.arrow.stream"


class WholeExportOut(Schema):
    id: int
    state: str
    percent: int
    counts: dict[str, int] = Field(description="How many rows each file holds.")
    size_bytes: int = Field(alias="size")
    error: str
    asked_at: datetime
    finished_at: datetime | None
    expires_at: datetime | None


class WholeArrivalOut(Schema):
    id: int
    state: str
    percent: int
    counts: dict[str, int]
    notes: list[str]
    error: str
    asked_at: datetime
    finished_at: datetime | None


@router.get("/", response=list[WholeExportOut])
@needs("owner")
def exports(request):
    """The complete exports of the workspace, latest first."""
    return Export.objects.visible_to(request.member)[:100]


@router.post("/make", response={202: WholeExportOut})
@needs("owner")
def make_export(request):
    """Make a complete export in the background."""
    return 202, operations.ask_export(request.workspace, by=request.member.user, now=timezone.now())


class BackupIn(Schema):
    folder: str = Field(max_length=1000, description="An empty directory on the server.")


class BackupOut(Schema):
    files: int
    bytes: int
    counts: dict[str, int]


class OnlyOnTheServer(Refusal):
    """A backup holds every workspace."""


@router.post("/backup", response=BackupOut)
@needs("owner")
def backup(request, body: BackupIn):
    """Copy the whole installation. Only the command line on the server may do this."""
    if not request.member.is_local:
        raise OnlyOnTheServer("A backup holds every workspace. Run wayline backup on the server.")
    manifest = taking.take(Path(body.folder), now=timezone.now())
    sizes = [told["bytes"] for told in manifest["files"].values()]
    return {"files": len(sizes), "bytes": sum(sizes), "counts": manifest["counts"]}


class SqlIn(Schema):
    sql: str = Field(max_length=20_000, description="One SELECT on signals, customers, answers, feedback …")
    rows: int = Field(10_000, ge=1, le=asking.MOST_ROWS)
    seconds: float = Field(30, gt=0, le=asking.MOST_SECONDS)
    clear: bool = Field(False, description="Personal data as it is; for those with the right to it.")


class SqlOut(Schema):
    columns: list[str]
    types: list[str]
    rows: list[list]
    has_more: bool = Field(description="Whether there are more rows than were asked for.")
    as_of: datetime
    is_masked: bool


@router.post("/sql", response=SqlOut)
@needs("contributor")
def sql(request, body: SqlIn):
    """Answer one SELECT on a snapshot of this workspace, which is at most ten minutes old."""
    answered = _answered(request, body)
    columns = [[plain(value) for value in column.to_pylist()] for column in answered.rows.columns]
    return {
        "columns": answered.rows.column_names,
        "types": [str(each.type) for each in answered.rows.schema],
        "rows": list(zip(*columns, strict=True)),
        "has_more": answered.has_more,
        "as_of": answered.as_of,
        "is_masked": answered.is_masked,
    }


@router.post("/sql/arrow")
@needs("contributor")
def sql_as_arrow(request, body: SqlIn):
    """The same as an Arrow stream, with the types as they are."""
    answered = _answered(request, body)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, answered.rows.schema) as stream:
        stream.write_table(answered.rows)
    headers = {
        "Wayline-More": "1" if answered.has_more else "0",
        "Wayline-As-Of": answered.as_of.isoformat(),
    }
    return HttpResponse(sink.getvalue().to_pybytes(), ARROW, headers=headers)


@router.get("/snapshot/download")
@needs("contributor")
def download_snapshot(request, clear: bool = False):
    """The snapshot as a DuckDB file, to open with anything."""
    now = timezone.now()
    path = asking.snapshot(
        request.workspace, is_masked=not clear, member=request.member, by=request.member.user, now=now
    )
    name = f"{request.workspace.slug}-{now:%Y-%m-%d}.duckdb"
    return FileResponse(path.open("rb"), as_attachment=True, filename=name)


def _answered(request, body: SqlIn) -> asking.Answered:
    return asking.ask(
        request.workspace,
        sql=body.sql,
        rows=body.rows,
        seconds=body.seconds,
        is_masked=not body.clear,
        member=request.member,
        by=request.member.user,
        now=timezone.now(),
    )


@router.get("/arrivals", response=list[WholeArrivalOut])
@needs("owner")
def arrivals(request):
    """The exports that were put into the workspace, latest first."""
    return Arrival.objects.visible_to(request.member)[:100]


@router.post("/arrivals", response={202: WholeArrivalOut})
@needs("owner")
def upload_arrival(request, file: UploadedFile = File(...)):  # noqa: B008 - how the library says it
    """Put a complete export into this workspace, which must be empty, in the background."""
    now = timezone.now()
    return 202, operations.ask_arrival(
        request.workspace, file=file, size=file.size or 0, by=request.member.user, now=now
    )


@router.get("/arrivals/{arrival_id}", response=WholeArrivalOut)
@needs("owner")
def arrival(request, arrival_id: int):
    """How far an export has been put into the workspace."""
    return get_object_or_404(Arrival.objects.visible_to(request.member), pk=arrival_id)


@router.get("/{whole_export_id}", response=WholeExportOut)
@needs("owner")
def export(request, whole_export_id: int):
    """How far a complete export is."""
    return _export(request, whole_export_id)


@router.get("/{whole_export_id}/download")
@needs("owner")
def download_export(request, whole_export_id: int):
    """The zip, as long as it is kept. Answers 409 afterwards."""
    found = _export(request, whole_export_id)
    path = operations.download(found, by=request.member.user, now=timezone.now())
    return FileResponse(path.open("rb"), as_attachment=True, filename=f"workspace-{found.pk}.zip")


@router.post("/{whole_export_id}/remove", response={204: None})
@needs("owner")
def remove_export(request, whole_export_id: int):
    """Delete an export's file before its days are over."""
    found = _export(request, whole_export_id)
    operations.remove_export(found, by=request.member.user, now=timezone.now())
    return 204, None


def _export(request, whole_export_id: int) -> Export:
    return get_object_or_404(Export.objects.visible_to(request.member), pk=whole_export_id)
