from wayline.accounts.models import Membership, Workspace
from wayline.customers.models import Duplicate
from wayline.kit.tasks.models import Job

from .operations import TASK


def waiting(member: Membership):
    """Proposals that nobody has decided about, the most probable first."""
    return Duplicate.objects.visible_to(member).open().select_related("one", "other")


def apart(member: Membership):
    """Pairs that a person has called not the same, the latest first."""
    decided = Duplicate.objects.visible_to(member).filter(state=Duplicate.State.APART)
    return decided.select_related("one", "other", "decided_by").order_by("-decided_at", "-pk")


def is_searching(workspace: Workspace) -> bool:
    """Whether a search waits or runs."""
    return Job.objects.filter(unique_key=f"{TASK}:{workspace.pk}").exclude(state=Job.State.DEAD).exists()
