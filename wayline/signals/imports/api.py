from datetime import datetime

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import File, Form, Router, Schema, UploadedFile

from wayline.accounts.api_auth import needs

from . import queries
from . import run as runs
from .models import Import

router = Router()


class ImportOut(Schema):
    id: int
    file_name: str
    state: str
    total: int | None
    position: int
    accepted: int
    duplicates: int
    refused: int
    customers: int
    error: str
    mapping: str
    created_at: datetime
    finished_at: datetime | None
    undone_at: datetime | None


class RefusedRowOut(Schema):
    line: int
    reason: str
    raw: list[str]


@router.get("", response=list[ImportOut])
def imports(request, limit: int = 50, offset: int = 0):
    """The workspace's imports, newest first."""
    return Import.objects.visible_to(request.member)[offset : offset + min(limit, 200)]


@router.post("", response=ImportOut)
@needs("contributor")
def start_import(
    request,
    file: File[UploadedFile],
    mapping: Form[str] = "",
    beside: File[list[UploadedFile]] = [],  # noqa: B006 - Ninja reads the default and never changes it
):
    """Import a file with a mapping; without one the file is kept as a draft with a proposed mapping.

    Answers 422 with every problem when the mapping does not fit the file; nothing is kept then.
    """
    now = timezone.now()
    run = runs.store(
        request.workspace,
        file=file,
        name=file.name,
        beside=[(one.name, one) for one in beside],
        by=request.member.user,
        now=now,
    )
    try:
        if mapping:
            return runs.begin(run, mapping=mapping, by=request.member.user, now=now)
        runs.keep_mapping(run, mapping=queries.suggestion(run))
    except runs.Refusal:
        runs.discard(run)
        raise
    return run


@router.get("/{import_id}", response=ImportOut)
def one_import(request, import_id: int):
    """How far an import is, and what came of it."""
    return _found(request, import_id)


@router.get("/{import_id}/refused", response=list[RefusedRowOut])
@needs("contributor")
def refused_rows(request, import_id: int, limit: int = 100, offset: int = 0):
    """The rows that came to nothing, with their lines and reasons."""
    return _found(request, import_id).refusals.all()[offset : offset + min(limit, 1000)]


@router.post("/{import_id}/undo", response=ImportOut)
@needs("contributor")
def undo_import(request, import_id: int):
    """Take every signal of the import out again. 409 while it runs, and when it was undone already."""
    return runs.undo(_found(request, import_id), by=request.member.user, now=timezone.now())


def _found(request, import_id: int) -> Import:
    return get_object_or_404(
        Import.objects.visible_to(request.member).select_related("workspace"), pk=import_id
    )
