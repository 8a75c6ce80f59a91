"""The names of all activities: every area lists its own in activities.py as {name: sentence}."""

from functools import cache
from importlib import import_module
from importlib.util import find_spec

from django.apps import apps


@cache
def names() -> dict[str, str]:
    """Every activity name with its sentence, gathered from the installed areas."""
    found: dict[str, str] = {}
    for app in apps.get_app_configs():
        if app.name.startswith("wayline.") and find_spec(f"{app.name}.activities"):
            found |= import_module(f"{app.name}.activities").ACTIVITIES
    return found
