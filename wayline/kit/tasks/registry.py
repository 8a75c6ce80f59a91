from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec

Work = Callable[[dict], None]
TASKS: dict[str, Work] = {}


def task(name: str) -> Callable[[Work], Work]:
    """Name a function so that a job can ask for it. It receives the job's payload."""

    def decorate(work: Work) -> Work:
        TASKS[name] = work
        return work

    return decorate


def load() -> None:
    """Import every area's tasks.py, so that a worker knows their names."""
    from django.apps import apps

    for app in apps.get_app_configs():
        if app.name.startswith("wayline.") and find_spec(f"{app.name}.tasks"):
            import_module(f"{app.name}.tasks")
