"""Exactly one valid activity, for tests."""

from django.utils import timezone

from .models import Activity


def make_activity(*, workspace=None, by=None, **fields) -> Activity:
    defaults = {
        "workspace_id": workspace.pk if workspace else None,
        "name": "key.revoked",
        "at": timezone.now(),
        "by_id": by.pk if by else None,
        "by_name": str(by) if by else "Wayline",
        "subject_kind": "accounts.key",
        "subject_id": "1",
        "subject_label": "Write key Website",
    }
    return Activity.objects.create(**(defaults | fields))
