from datetime import timedelta

from django.utils import timezone

from wayline.kit import tasks

from . import access, erase, retention, search
from .models import AccessExport, Erasure, FoundReport


@tasks.task(erase.TASK)
def erase_person(payload: dict) -> None:
    """Remove somebody from every place; a worker that died left it where another begins anew."""
    found = Erasure.objects.filter(pk=payload["erasure"]).select_related("workspace").first()
    if found is not None:
        erase.carry_out(found, now=timezone.now())


@tasks.task(access.TASK)
def export_person(payload: dict) -> None:
    """Write the files about somebody."""
    found = AccessExport.objects.filter(pk=payload["export"]).select_related("workspace", "customer").first()
    if found is None:
        return
    try:
        access.write(found, now=timezone.now())
    except Exception:
        access.fail(found, now=timezone.now())
        raise  # the queue tries again, and keeps the error for the operators


@tasks.task(search.TASK)
def search_personal_data(payload: dict) -> None:
    """Look for personal data in what there is."""
    found = FoundReport.objects.filter(pk=payload["report"]).select_related("workspace").first()
    if found is not None:
        search.carry_out(found, now=timezone.now())


@tasks.task("signals.keep_retention", every=timedelta(days=1))
def keep_retention(payload: dict) -> None:
    """Remove what may not be kept any longer, and files whose days are over."""
    now = timezone.now()
    retention.keep_all(now=now)
    access.remove_expired(now=now)
