from collections.abc import Iterable

from . import queries
from .models import Workspace


def shell(request) -> dict:
    """What the shell around every page needs: the workspace, the member, and the other workspaces."""
    return {
        "member": getattr(request, "member", None),
        "workspace": getattr(request, "workspace", None),
        "workspaces": _workspaces(request),
    }


def _workspaces(request) -> Iterable[Workspace]:
    if (found := getattr(request, "memberships", None)) is not None:
        return [membership.workspace for membership in found]
    user = getattr(request, "user", None)
    return queries.workspaces(user) if user is not None and user.is_authenticated else ()
