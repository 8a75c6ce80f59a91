"""To which workspace a row of any table belongs, found by walking its foreign keys."""

from functools import cache

from django.apps import apps
from django.db import models

DEEPEST = 4


@cache
def path_to_workspace(model: type[models.Model]) -> str | None:
    """The lookup that narrows the table to one workspace; None when its rows belong to none."""
    return _path(model, ())


def of_workspaces() -> list[type[models.Model]]:
    """Every table of the product whose rows belong to workspaces, those that others point at first."""
    found = [
        model
        for model in apps.get_models(include_auto_created=True)
        if model.__module__.startswith("wayline.") and path_to_workspace(model)
    ]
    return sorted(found, key=lambda model: (_depth(model, ()), model._meta.label_lower))


def _path(model: type[models.Model], seen: tuple) -> str | None:
    fields = model._meta.concrete_fields
    if any(field.attname == "workspace_id" for field in fields):
        return "workspace_id"
    if len(seen) >= DEEPEST:
        return None
    for field in fields:
        target = field.related_model
        # Through a key that may be empty, rows that leave it empty would be found in no workspace.
        is_ours = field.is_relation and target and target not in (*seen, model) and not field.null
        if is_ours and target.__module__.startswith("wayline."):
            further = _path(target, (*seen, model))
            if further:
                return f"{field.name}__{further}"
    return None


def _depth(model: type[models.Model], seen: tuple) -> int:
    """How many tables must be there before this one."""
    below = [
        field.related_model
        for field in model._meta.concrete_fields
        if field.is_relation and field.related_model and field.related_model not in (*seen, model)
    ]
    return 1 + max((_depth(target, (*seen, model)) for target in below), default=0)
