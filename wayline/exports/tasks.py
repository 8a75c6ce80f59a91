from datetime import timedelta

from django.utils import timezone

from wayline.kit import tasks

from .models import Arrival, Export, ScheduledFile
from .schedules import operations as schedules
from .snapshots import asking as snapshots
from .whole import operations as whole


@tasks.task(whole.EXPORT, lane=tasks.LONG)
def export(payload: dict) -> None:
    """Write a workspace's complete export."""
    found = Export.objects.filter(pk=payload["export"]).select_related("workspace").first()
    if found is not None:
        whole.write(found, now=timezone.now())


@tasks.task(whole.ARRIVE, lane=tasks.LONG)
def arrive(payload: dict) -> None:
    """Put an uploaded export into its workspace."""
    found = Arrival.objects.filter(pk=payload["arrival"]).select_related("workspace", "asked_by").first()
    if found is not None:
        whole.arrive(found, now=timezone.now())


@tasks.task(schedules.WRITE, lane=tasks.LONG)
def write_file(payload: dict) -> None:
    """Write a schedule's file."""
    found = ScheduledFile.objects.filter(pk=payload["file"]).select_related("schedule__workspace").first()
    if found is not None:
        schedules.write(found, now=timezone.now())


@tasks.task("exports.run_due", every=timedelta(minutes=1))
def run_due(payload: dict) -> None:
    """Ask for the files whose time has come."""
    schedules.run_due(now=timezone.now())


@tasks.task("exports.clean", every=timedelta(hours=6))
def clean(payload: dict) -> None:
    """Delete files whose days are over."""
    whole.remove_expired(now=timezone.now())
    schedules.remove_expired(now=timezone.now())
    snapshots.remove_old(now=timezone.now())
