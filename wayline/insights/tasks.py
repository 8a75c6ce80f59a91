"""Work on insights behind the pages."""

from datetime import timedelta

from django.utils import timezone

from wayline.kit import tasks

from . import counted
from .models import Insight


@tasks.task(counted.TASK)
def count(payload: dict) -> None:
    """Count who is behind these insights."""
    chosen = Insight.objects.filter(pk__in=payload["insights"], card__deleted_at=None)
    counted.count(chosen.with_evidence().select_related("workspace"), now=timezone.now())


@tasks.task("insights.count_all", every=timedelta(hours=1))
def count_all(payload: dict) -> None:
    """Count who is behind every insight: signals came in, and evidence has aged."""
    counted.count(counted.everything(), now=timezone.now())
