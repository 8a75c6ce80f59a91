"""What areas provide for those below them, by the name of a module: tasks, live, activities, on_maps."""

from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from django.apps import apps


@cache
def modules(name: str) -> tuple[ModuleType, ...]:
    """Every installed area's module of that name, in the order of the areas in the settings."""
    areas = [app.name for app in apps.get_app_configs() if app.name.startswith("wayline.")]
    return tuple(import_module(f"{area}.{name}") for area in areas if find_spec(f"{area}.{name}"))
