def shell(request) -> dict:
    """What the shell around every page needs: the workspace and the member."""
    member = getattr(request, "member", None)
    return {"member": member, "workspace": getattr(request, "workspace", None)}
