"""The names of all activities: every area lists its own in activities.py as {name: sentence}.

An area that keeps something from members says in hidden_activities.py which activities would tell them of it.
"""

from functools import cache

from django.db.models import Q

from wayline.kit import areas


@cache
def names() -> dict[str, str]:
    """Every activity name with its sentence, gathered from the installed areas."""
    found: dict[str, str] = {}
    for area in areas.modules("activities"):
        found |= area.ACTIVITIES
    return found


def hidden_from(member) -> Q | None:
    """The activities that some area keeps from this member; None where there are none."""
    said = (area.hidden_from(member) for area in areas.modules("hidden_activities"))
    kept = [each for each in said if each is not None]
    return Q(*kept, _connector=Q.OR) if kept else None
