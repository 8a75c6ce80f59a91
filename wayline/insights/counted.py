"""Who is behind each insight: counted in the background and kept for maps, which never ask the warehouse."""

from collections.abc import Iterable
from datetime import datetime

from wayline.journeys.operations import cards
from wayline.kit import tasks

from . import queries
from .models import Insight

TASK = "insights.count"


def ask(insight: Insight, *, now: datetime) -> None:
    """Have it counted anew, in the caller's transaction."""
    tasks.enqueue(
        TASK,
        {"insights": [insight.pk]},
        now=now,
        workspace=insight.workspace_id,
        # By the moment: a count that runs already may have read before this change.
        unique_key=f"{TASK}:{insight.pk}:{now.timestamp()}",
    )


def count(insights: Iterable[Insight], *, now: datetime) -> int:
    """Count these, and show the maps anew whose numbers changed; answers how many did. May run twice."""
    return sum(_count(insight, now) for insight in insights)


def everything() -> Iterable[Insight]:
    """Every insight that is there, workspace by workspace."""
    kept = Insight.objects.filter(card__deleted_at=None).with_evidence()
    return kept.select_related("card__owner", "workspace").order_by("workspace", "pk").iterator(200)


def _count(insight: Insight, now: datetime) -> bool:
    period = queries.period_for(insight.workspace, queries.DEFAULT_PERIOD, now=now)
    found = queries.weighed(insight, period, now=now)
    counted = {
        "customers": found.support.customers if found.support else None,
        "told": found.told,
        "last_at": found.last_at,
    }
    if all(getattr(insight, name) == value for name, value in counted.items()):
        return False
    Insight.objects.filter(pk=insight.pk).update(**counted)
    cards.show_anew(insight.card, now=now)
    return True
