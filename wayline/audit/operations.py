from datetime import datetime

from . import registry
from .models import Activity


def record(name: str, *, subject, by, at: datetime, workspace=None, **details) -> Activity:
    """Write down what was done. Call it inside the transaction of the deed.

    `by` is the person, or None for a rule of the product itself. Raises LookupError when the name stands
    in no area's activities.py.
    """
    if name not in registry.names():
        raise LookupError(f"Activity {name!r} is not listed in any area's activities.py.")
    workspace_id = workspace.pk if workspace is not None else getattr(subject, "workspace_id", None)
    return Activity.objects.create(
        workspace_id=workspace_id,
        name=name,
        at=at,
        by_id=by.pk if by else None,
        by_name=str(by) if by else "Wayline",
        subject_kind=subject._meta.label_lower,
        subject_id=str(subject.pk),
        subject_label=str(subject)[:300],
        details=details,
    )
