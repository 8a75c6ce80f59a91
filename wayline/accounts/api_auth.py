"""How a program enters the HTTP API: a bearer key of one workspace, or this server's own local token."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps

from django.utils import timezone
from ninja.errors import HttpError
from ninja.security import HttpBearer

from .models import Key, Role, User, Workspace

WORKSPACE_HEADER = "Wayline-Workspace"


@dataclass(frozen=True)
class Program:
    """Stands where a Membership stands when a program asks. Its deeds are its maker's."""

    workspace: Workspace
    role: str
    user: User | None
    name: str
    is_local: bool = False  # the command line on the server's own machine

    @property
    def workspace_id(self) -> int:
        return self.workspace.pk

    @property
    def user_id(self) -> int | None:
        return self.user.pk if self.user else None

    def may(self, role: Role | str) -> bool:
        return Role(self.role).allows(Role(role))

    def has_right(self, right: str) -> bool:
        """A program has no rights of its own: only an owner's key does what rights are for."""
        return self.may("owner")


class BearerKey(HttpBearer):
    """Authorization: Bearer <API key>. Sets `request.member` and `request.workspace`."""

    openapi_description = "An API key of one workspace, made under Settings, Keys."
    local_token: str | None = None  # set by the server for the command line on the same machine

    def authenticate(self, request, token: str) -> Program | None:
        program = self._local(request, token) or self._keyed(token)
        if program is None:
            return None
        request.member, request.workspace = program, program.workspace
        return program

    def _keyed(self, token: str) -> Program | None:
        keys = Key.objects.usable().with_secret(token).filter(kind=Key.Kind.API)
        key = keys.select_related("workspace", "created_by").first()
        if key is None:
            return None
        return Program(workspace=key.workspace, role=key.role, user=key.created_by, name=key.name)

    def _local(self, request, token: str) -> Program | None:
        if not self.local_token or not secrets.compare_digest(token.encode(), self.local_token.encode()):
            return None
        slug = request.headers.get(WORKSPACE_HEADER, "")
        workspace = Workspace.objects.filter(slug=slug).first()
        if workspace is None:
            raise HttpError(404, f"There is no workspace {slug!r} here.")
        # An owner, because whoever can read the token can read the files it guards too (docs/decisions/0086).
        return Program(workspace=workspace, role="owner", user=None, name="command line", is_local=True)


bearer_key = BearerKey()


def by(request) -> dict:
    """Who does it and when, as every operation asks."""
    return {"by": request.member.user, "now": timezone.now()}


def needs(role: Role | str) -> Callable:
    """Let the endpoint be called only by programs with at least this role. Stands below `@router.post`."""
    needed = Role(role)

    def decorate(endpoint):
        @wraps(endpoint)
        def wrapped(request, *args, **kwargs):
            if not request.member.may(needed):
                raise HttpError(403, f"This needs a key with the role {needed.label.lower()}.")
            return endpoint(request, *args, **kwargs)

        wrapped.needed_role = needed
        return wrapped

    return decorate
