"""Exactly one valid thing each, for tests."""

from itertools import count

from django.utils import timezone

from .models import Key, Membership, Role, User, Workspace

_numbers = count(1)


def make_workspace(**fields) -> Workspace:
    number = next(_numbers)
    defaults = {"name": "Northwind", "slug": f"northwind-{number}", "created_at": timezone.now()}
    return Workspace.objects.create(**(defaults | fields))


def make_user(**fields) -> User:
    defaults = {"name": "Noor Haddad", "email": f"noor-{next(_numbers)}@northwind.test", "password": None}
    return User.objects.create_user(**(defaults | fields))


def make_member(
    *, role: Role | str = "contributor", workspace: Workspace | None = None, **fields
) -> Membership:
    """A member with a user of their own; `user=` and the user's fields may be given."""
    user = fields.pop("user", None) or make_user(**fields)
    return Membership.objects.create(
        workspace=workspace or make_workspace(), user=user, role=Role(role), joined_at=timezone.now()
    )


def make_key(*, kind: str = "api", workspace: Workspace | None = None, **fields) -> Key:
    """A key whose `secret` attribute holds what a program would send."""
    secret = f"wl_{kind}_{next(_numbers):032d}"
    workspace = workspace or make_workspace()
    defaults = {"name": "CRM sync", "role": Role.VIEWER, "created_at": timezone.now()}
    key = Key.objects.create(
        workspace=workspace,
        kind=kind,
        beginning=secret[:12],
        digest=Key.digest_of(secret),
        **(defaults | fields),
    )
    key.secret = secret
    return key


def bearer(key: Key) -> dict:
    """The headers of a request that uses this key: `client.get(url, **bearer(key))`."""
    return {"HTTP_AUTHORIZATION": f"Bearer {key.secret}"}
