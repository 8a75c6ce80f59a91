"""What is left of imports and not needed any more: drafts nobody started, and the files of old imports."""

import shutil
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from django.conf import settings
from django.db.models import Q

from wayline.audit import operations as audit

from . import run as runs
from .models import Import

log = structlog.get_logger()
ENDED = (Import.State.FINISHED, Import.State.FAILED, Import.State.UNDONE)


def clean(*, now: datetime) -> tuple[int, int]:
    """Throw away old drafts and the files of old imports; answers how many of each."""
    return _discard_drafts(now), _remove_files(now) + _remove_strays(now)


def _discard_drafts(now: datetime) -> int:
    if not settings.IMPORT_DRAFT_DAYS:
        return 0
    before = now - timedelta(days=settings.IMPORT_DRAFT_DAYS)
    old = Import.objects.filter(state=Import.State.DRAFT, created_at__lt=before)
    discarded = 0
    for run in old.select_related("workspace"):
        audit.record("import.discarded", subject=run, by=None, at=now)
        runs.discard(run)
        discarded += 1
    return discarded


def _remove_files(now: datetime) -> int:
    """The files hold personal data and are needed only to try again; the counts and refused rows stay."""
    if not settings.IMPORT_FILE_DAYS:
        return 0
    before = now - timedelta(days=settings.IMPORT_FILE_DAYS)
    is_old = Q(finished_at__lt=before) | Q(undone_at__lt=before)
    removed = 0
    for run in Import.objects.filter(is_old, state__in=ENDED, files_removed_at=None).exclude(folder=""):
        shutil.rmtree(run.path.parent, ignore_errors=True)
        Import.objects.filter(pk=run.pk).update(files_removed_at=now)
        removed += 1
    return removed


def _remove_strays(now: datetime) -> int:
    """Folders that no import names: the process died between storing the file and writing the row."""
    # A day at least: the row of a file that is being stored just now is not written yet.
    before = (now - timedelta(days=max(1, settings.IMPORT_DRAFT_DAYS))).timestamp()
    root = Path(settings.MEDIA_ROOT)
    removed = 0
    for folder in root.glob("imports/*/*"):
        is_old = folder.is_dir() and folder.stat().st_mtime < before
        if is_old and not Import.objects.filter(folder=str(folder.relative_to(root))).exists():
            log.info("a folder that belongs to no import is removed", folder=folder.name)
            shutil.rmtree(folder, ignore_errors=True)
            removed += 1
    return removed
