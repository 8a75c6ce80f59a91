"""The names of all activities: every area lists its own in activities.py as {name: sentence}."""

from functools import cache

from wayline.kit import areas


@cache
def names() -> dict[str, str]:
    """Every activity name with its sentence, gathered from the installed areas."""
    found: dict[str, str] = {}
    for area in areas.modules("activities"):
        found |= area.ACTIVITIES
    return found
