"""Who may open what: the workspace stands in the URL, the member on the request."""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils import timezone

from . import queries
from .models import Right, Role


def member(role: Role | str = "viewer", *, right: Right | str | None = None) -> Callable:
    """Let the view be opened by members of the workspace who have at least this role, or this right.

    The view is called without the URL's `workspace`; it finds `request.member` and `request.workspace`.
    Strangers get 404, members with too low a role 403.
    """
    needed = Role(role)

    def decorate(view):
        @wraps(view)
        @login_required
        def wrapped(request, workspace: str, *args, **kwargs):
            # All of them at once: the shell around the page offers the others.
            request.memberships = queries.memberships(request.user)
            found = (each for each in request.memberships if each.workspace.slug == workspace)
            request.member = next(found, None)
            if request.member is None:
                # Not 403: whether a workspace of this name exists is nobody's business who is not in it.
                raise Http404
            request.workspace = request.member.workspace
            if not (request.member.may(needed) or right and request.member.has_right(right)):
                raise PermissionDenied(
                    f"This needs the role {needed.label.lower()}; an owner of the workspace can give it."
                )
            # The days of every number are the workspace's own, and so is the clock that pages show.
            with timezone.override(request.workspace.timezone):
                return view(request, *args, **kwargs)

        wrapped.needed_role = needed
        return wrapped

    return decorate
