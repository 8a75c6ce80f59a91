from . import queries


def shell(request) -> dict:
    """What the shell around every page needs: the workspace, the member, and the other workspaces."""
    user = getattr(request, "user", None)
    member = getattr(request, "member", None)
    workspaces = queries.workspaces(user) if user is not None and user.is_authenticated else ()
    return {"member": member, "workspace": getattr(request, "workspace", None), "workspaces": workspaces}
