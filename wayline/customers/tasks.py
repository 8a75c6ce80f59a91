from datetime import timedelta

from django.utils import timezone

from wayline.accounts.models import Workspace
from wayline.kit import tasks

from .duplicates import operations as duplicates


@tasks.task(duplicates.TASK, lane=tasks.LONG)
def find_duplicates(payload: dict) -> None:
    """Search the customers of a workspace for probable duplicates."""
    workspace = Workspace.objects.filter(pk=payload["workspace"]).first()
    if workspace is not None:
        duplicates.propose(workspace, now=timezone.now())


@tasks.task("customers.find_duplicates_weekly", every=timedelta(days=7))
def find_duplicates_weekly(payload: dict) -> None:
    """Have every workspace searched once a week."""
    for workspace in Workspace.objects.all():
        duplicates.ask(workspace, now=timezone.now())
