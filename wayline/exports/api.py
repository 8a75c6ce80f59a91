from datetime import datetime

from django.http import FileResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Field, File, Router, Schema
from ninja.files import UploadedFile

from wayline.accounts.api_auth import needs

from .models import Arrival, Export
from .whole import operations

router = Router(tags=["exports"])


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
