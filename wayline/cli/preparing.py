import getpass
import hashlib
import os
import sys

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.contrib.staticfiles import finders
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.validators import validate_email
from django.db import connections, transaction
from django.utils import timezone

from wayline import __version__
from wayline.accounts import operations
from wayline.accounts.models import User, Workspace
from wayline.kit import schema
from wayline.kit.refusals import Refusal
from wayline.warehouse import connect


class NotUnderstood(Refusal):
    """An argument cannot be what it says."""


class ServerRuns(Refusal):
    """The databases are in use by a version that does not know what they are about to become."""


def init(asked) -> int:
    prepare()
    print(f"Ready in {settings.DATA_DIR}. Next: wayline createuser EMAIL, then wayline serve")
    return 0


def prepare() -> None:
    """Bring databases and static files up to date; quick when they are."""
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    _check_nobody_serves()
    schema.bring_up_to_date(tell=lambda text: print(text, end="", flush=True))
    collect_static()


def _check_nobody_serves() -> None:
    """On PostgreSQL a running server goes on meanwhile; SQLite would keep it waiting until it fails."""
    from . import client

    if connections["default"].vendor != "sqlite" or not schema.lacking():
        return
    if server := client.running():
        raise ServerRuns(
            f"The server (process {server.pid}) still runs on these databases. Stop it, back up, and run "
            "wayline init again. Nothing was changed."
        )


def collect_static() -> None:
    """Hash and compress the static files when any of them changed."""
    stamp, state = settings.STATIC_ROOT / ".collected", _static_state()
    if stamp.exists() and stamp.read_text() == state:
        return
    call_command("collectstatic", verbosity=0, interactive=False, clear=True)
    os.sync()  # or a power cut could leave the stamp without what it says
    stamp.write_text(state)


def _static_state() -> str:
    seen = hashlib.sha256(__version__.encode())
    for finder in finders.get_finders():
        for path, storage in finder.list(None):
            seen.update(f"{path} {storage.get_modified_time(path).timestamp()}\n".encode())
    return seen.hexdigest()


@transaction.atomic
def createuser(asked) -> int:
    now = timezone.now()
    try:
        validate_email(asked.email)
    except ValidationError:
        raise NotUnderstood(f"“{asked.email}” is not an e-mail address.") from None
    user = User.objects.filter(email=asked.email.lower()).first()
    if user and user.has_usable_password():
        raise operations.UserExists(f"A user with the e-mail {asked.email} exists already.")
    password = _password(asked)
    if user:  # who came with a workspace from elsewhere
        operations.give_password(user, password=password, by=None, now=now)
    else:
        user = operations.create_user(asked.email, name=asked.name, password=password, by=None, now=now)
    workspace = _joined(asked, now)
    if workspace and not workspace.memberships.filter(user=user).exists():
        operations.add_member(workspace, user=user, role=asked.role, by=None, now=now)
    member = workspace and workspace.memberships.get(user=user)
    where = f" and is {member.role} of {workspace}" if member else "; an owner can invite them to a workspace"
    print(f"{user.email} can sign in{where}.")
    return 0


def _joined(asked, now) -> Workspace | None:
    if asked.workspace:
        found = Workspace.objects.filter(slug=asked.workspace).first()
        name = asked.workspace.replace("-", " ").capitalize()
        return found or operations.create_workspace(name, slug=asked.workspace, by=None, now=now)
    workspaces = list(Workspace.objects.all()[:2])
    if not workspaces:
        return operations.create_workspace("My workspace", by=None, now=now)
    return workspaces[0] if len(workspaces) == 1 else None


def _password(asked) -> str:
    password = getpass.getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    try:
        validate_password(password, User(email=asked.email, name=asked.name))
    except ValidationError as error:
        raise NotUnderstood(" ".join(error.messages)) from None
    if sys.stdin.isatty() and getpass.getpass("Again: ") != password:
        raise NotUnderstood("The two passwords differ. Nothing was created.")
    return password


def workspace_named(slug: str | None) -> Workspace:
    """The workspace asked for, or the only one there is."""
    if slug:
        found = Workspace.objects.filter(slug=slug).first()
        if found is None:
            known = ", ".join(Workspace.objects.values_list("slug", flat=True)) or "none yet"
            raise NotUnderstood(f"There is no workspace “{slug}”. There are: {known}.")
        return found
    workspaces = list(Workspace.objects.all()[:2])
    if len(workspaces) == 1:
        return workspaces[0]
    if not workspaces:
        raise NotUnderstood("There is no workspace yet. Run: wayline createuser EMAIL --workspace SLUG")
    raise NotUnderstood("There are several workspaces. Say which with --workspace SLUG.")


def close_databases() -> None:
    connections.close_all()
    connect.close()
