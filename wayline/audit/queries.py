from dataclasses import dataclass

from django.db import connection

from . import registry
from .models import Activity


@dataclass(frozen=True)
class Filters:
    """What a list of activities may be narrowed to; empty means all."""

    by: int | None = None
    name: str = ""
    subject: str = ""

    def apply(self, activities):
        if self.by:
            activities = activities.filter(by_id=self.by)
        if self.name:
            activities = activities.filter(name=self.name)
        if self.subject:
            activities = activities.filter(subject_label__icontains=self.subject)
        return activities


def activities(member, filters: Filters = Filters()):  # noqa: B008 - frozen, so sharing it is safe
    """The workspace's activities, latest first."""
    return filters.apply(Activity.objects.visible_to(member))


LATEST = 64


def latest(workspace_id: int) -> tuple[int, ...]:
    """The keys of the latest activities: another answer than before means that somebody did something.

    So many, because a deed that took long is committed after later ones, with a lower key.
    """
    found = Activity.objects.filter(workspace_id=workspace_id).order_by("-pk")
    return tuple(found.values_list("pk", flat=True)[:LATEST])


def state_of(*subject_kinds: str) -> tuple[int, int]:
    """How far the activities about these kinds of rows have come, everywhere: their number and the latest.

    The number, because a deed that took long is committed after later ones, with a lower key.
    """
    # Of one workspace the databases would read all its activities: these few are found by their kind.
    # As text, because many pages ask, and having it written takes longer than asking it.
    places = ", ".join(["%s"] * len(subject_kinds))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*), max(id) FROM audit_activity WHERE subject_kind IN ({places})", subject_kinds
        )
        number, last = cursor.fetchone()
    return number, last or 0


def people(member) -> list[tuple[int, str]]:
    """Everybody who did something here, members and former members alike."""
    found = Activity.objects.visible_to(member).exclude(by_id=None).order_by("by_name", "by_id")
    return list(dict(found.values_list("by_id", "by_name").distinct()).items())


def sentence(activity: Activity) -> str:
    return registry.names().get(activity.name, activity.name)
