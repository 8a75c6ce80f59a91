from datetime import timedelta

from django.utils import timezone

from wayline.kit import tasks

from .models import Arrival, Export
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


@tasks.task("exports.clean", every=timedelta(hours=6))
def clean(payload: dict) -> None:
    """Delete files whose days are over."""
    whole.remove_expired(now=timezone.now())
