import secrets
from datetime import datetime
from zoneinfo import available_timezones

from django.core import signing
from django.db import transaction
from django.utils.text import slugify

from wayline.audit import operations as audit
from wayline.kit import tasks
from wayline.kit.refusals import Refusal

from .models import Invitation, Key, Membership, Right, Role, User, Workspace

# Each is the first part of an address of the product itself.
RESERVED_SLUGS = {"account", "api", "health", "invitation", "livez", "static", "v1", "workspaces"}
INVITATION_SALT = "wayline.invitation"
INVITATION_DAYS = 7


class NameMissing(Refusal):
    """Something needs a name."""


class SlugTaken(Refusal):
    """Another workspace has this address."""


class TimezoneUnknown(Refusal):
    """Not a time zone."""


class UserExists(Refusal):
    """A user with this e-mail exists."""


class AlreadyMember(Refusal):
    """The person is a member already."""


class AlreadyInvited(Refusal):
    """An invitation is open."""


class InvitationClosed(Refusal):
    """The link was used, withdrawn or is too old."""


class OtherPersonInvited(Refusal):
    """Signed in as somebody else than the person invited."""


class LastOwner(Refusal):
    """A workspace keeps at least one owner."""


class RoleTooHigh(Refusal):
    """Nobody gives more than they have."""


class KeyAlreadyRevoked(Refusal):
    """Revoked keys stay revoked."""


class CurrencyUnknown(Refusal):
    """A currency has a name of three letters."""


@transaction.atomic
def create_workspace(
    name: str,
    *,
    by: User | None,
    now: datetime,
    slug: str = "",
    timezone: str = "UTC",
    currency: str = "",
    is_demo: bool = False,
) -> Workspace:
    """Create a separate world for an organization or business unit; its maker becomes its owner."""
    _check_workspace(name, timezone)
    slug = slug or _free_slug(name)
    if slug in RESERVED_SLUGS or Workspace.objects.filter(slug=slug).exists():
        raise SlugTaken(f"The address “{slug}” is taken. Choose another.")
    workspace = Workspace.objects.create(
        name=name.strip(),
        slug=slug,
        timezone=timezone,
        currency=_currency(currency or "EUR"),
        is_demo=is_demo,
        created_at=now,
    )
    audit.record("workspace.created", subject=workspace, workspace=workspace, by=by, at=now)
    if by:
        Membership.objects.create(workspace=workspace, user=by, role=Role.OWNER, joined_at=now)
    return workspace


@transaction.atomic
def change_workspace(
    workspace: Workspace, *, name: str, timezone: str, by: User | None, now: datetime, currency: str = ""
) -> None:
    """Change the workspace's name, the time zone of its days and weeks, and what money is said in."""
    _check_workspace(name, timezone)
    before = {"name": workspace.name, "timezone": workspace.timezone, "currency": workspace.currency}
    workspace.name, workspace.timezone = name.strip(), timezone
    workspace.currency = _currency(currency or workspace.currency)
    workspace.save(update_fields=["name", "timezone", "currency"])
    audit.record("workspace.changed", subject=workspace, workspace=workspace, by=by, at=now, before=before)


@transaction.atomic
def create_user(email: str, *, name: str, password: str, by: User | None, now: datetime) -> User:
    """Create a user who can sign in; a workspace is joined apart from this."""
    if User.objects.filter(email=email.strip().lower()).exists():
        raise UserExists(f"A user with the e-mail {email} exists already. Sign in, or invite them.")
    user = User.objects.create_user(email.strip(), password, name=name.strip())
    audit.record("user.created", subject=user, by=by, at=now)
    return user


@transaction.atomic
def give_password(user: User, *, password: str, by: User | None, now: datetime) -> None:
    """Let a user in who came with a workspace from elsewhere and has no password yet."""
    if user.has_usable_password():
        raise UserExists(f"A user with the e-mail {user.email} exists already and has a password.")
    user.set_password(password)
    user.save(update_fields=["password"])
    audit.record("user.password_given", subject=user, by=by, at=now)


@transaction.atomic
def add_member(
    workspace: Workspace, *, user: User, role: Role | str, by: User | None, now: datetime
) -> Membership:
    """Let a user into the workspace with a role."""
    if workspace.memberships.filter(user=user).exists():
        raise AlreadyMember(f"{user} is a member of {workspace} already.")
    member = Membership.objects.create(workspace=workspace, user=user, role=Role(role), joined_at=now)
    audit.record("member.joined", subject=member, by=by or user, at=now, role=str(Role(role)))
    return member


@transaction.atomic
def invite(
    workspace: Workspace, *, email: str, role: Role | str, by: User | None, now: datetime
) -> Invitation:
    """Ask a person to join by a letter with a link that works once."""
    email = email.strip().lower()
    if workspace.memberships.filter(user__email=email).exists():
        raise AlreadyMember(f"{email} is a member already. Change the role in the list instead.")
    if workspace.invitations.open().filter(email=email).exists():
        raise AlreadyInvited(f"{email} has been invited already. Withdraw that invitation to send another.")
    invitation = Invitation.objects.create(
        workspace=workspace, email=email, role=Role(role), invited_at=now, invited_by=by
    )
    audit.record("member.invited", subject=invitation, by=by, at=now, role=str(Role(role)))
    tasks.enqueue("accounts.send_invitation", {"invitation": invitation.pk}, now=now, workspace=workspace.pk)
    return invitation


def invitation_token(invitation: Invitation) -> str:
    """What stands in the link; signed, so that nobody makes one for another invitation."""
    return signing.dumps(invitation.pk, salt=INVITATION_SALT)


def invitation_for(token: str) -> Invitation:
    """The open invitation a link stands for."""
    gone = "This invitation was used, withdrawn or is too old. Ask for a new one."
    try:
        pk = signing.loads(token, salt=INVITATION_SALT, max_age=INVITATION_DAYS * 86_400)
    except signing.BadSignature:
        raise InvitationClosed(gone) from None
    invitation = Invitation.objects.open().select_related("workspace").filter(pk=pk).first()
    if invitation is None:
        raise InvitationClosed(gone)
    return invitation


@transaction.atomic
def accept_invitation(
    invitation: Invitation, *, now: datetime, user: User | None = None, name: str = "", password: str = ""
) -> Membership:
    """Join with the account that has the invited e-mail, or with a new one made here."""
    # Claimed before anything is made: of two clicks at once one is refused. A refusal below opens it again.
    if not Invitation.objects.open().filter(pk=invitation.pk).update(accepted_at=now):
        raise InvitationClosed("This invitation was used, withdrawn or is too old. Ask for a new one.")
    if user is None:
        user = create_user(invitation.email, name=name, password=password, by=None, now=now)
    elif user.email != invitation.email:
        raise OtherPersonInvited(f"This invitation is for {invitation.email}. Sign in as that person.")
    return add_member(invitation.workspace, user=user, role=invitation.role, by=user, now=now)


@transaction.atomic
def withdraw_invitation(invitation: Invitation, *, by: User | None, now: datetime) -> None:
    """Make an invitation's link worthless."""
    if not Invitation.objects.open().filter(pk=invitation.pk).update(withdrawn_at=now):
        raise InvitationClosed("This invitation is no longer open.")
    audit.record("invitation.withdrawn", subject=invitation, by=by, at=now)


@transaction.atomic
def change_role(member: Membership, *, role: Role | str, by: User | None, now: datetime) -> None:
    """Give a member another role."""
    if Role(role) != Role.OWNER:
        _keep_an_owner(member)
    before = member.role
    member.role = Role(role)
    member.save(update_fields=["role"])
    audit.record("member.role_changed", subject=member, by=by, at=now, before=before, after=str(Role(role)))


@transaction.atomic
def change_rights(member: Membership, *, rights: list[str], by: User | None, now: datetime) -> None:
    """Say what a member may do beyond their role."""
    before, after = member.rights, sorted({str(Right(right)) for right in rights})
    member.rights = after
    member.save(update_fields=["rights"])
    audit.record("member.rights_changed", subject=member, by=by, at=now, before=before, after=after)


@transaction.atomic
def remove_member(member: Membership, *, by: User | None, now: datetime) -> None:
    """Take a person's access to the workspace away. What they did stays."""
    _keep_an_owner(member)
    # Before the deletion, which takes the row's number away from the object.
    audit.record("member.removed", subject=member, by=by, at=now, role=member.role)
    member.delete()


@transaction.atomic
def create_key(
    workspace: Workspace,
    *,
    kind: Key.Kind | str,
    name: str,
    role: Role | str = "viewer",
    by,
    now: datetime,
) -> tuple[Key, str]:
    """Create a way in for a program. The secret is answered once and kept only as a digest.

    `by` is the member, so that nobody hands out more than they have.
    """
    if not name.strip():
        raise NameMissing("Give the key a name that says what uses it.")
    if Key.Kind(kind) == Key.Kind.API and not by.may(Role(role)):
        raise RoleTooHigh("A key can have at most your own role.")
    secret = f"wl_{Key.Kind(kind).value}_{secrets.token_urlsafe(24)}"
    key = Key.objects.create(
        workspace=workspace,
        kind=Key.Kind(kind),
        name=name.strip(),
        role=Role(role) if Key.Kind(kind) == Key.Kind.API else Role.VIEWER,
        beginning=secret[:12],
        digest=Key.digest_of(secret),
        created_at=now,
        created_by=by.user,
    )
    audit.record("key.created", subject=key, by=by.user, at=now, kind=key.kind, role=key.role)
    return key, secret


@transaction.atomic
def revoke_key(key: Key, *, by: User | None, now: datetime) -> None:
    """Close a program's way in at once and for good."""
    if not Key.objects.usable().filter(pk=key.pk).update(revoked_at=now):
        raise KeyAlreadyRevoked("This key has been revoked already.")
    key.refresh_from_db()
    audit.record("key.revoked", subject=key, by=by, at=now)


def _check_workspace(name: str, timezone: str) -> None:
    if not name.strip():
        raise NameMissing("Give the workspace a name.")
    if timezone not in available_timezones():
        raise TimezoneUnknown(f"“{timezone}” is not a time zone. Use a name such as Europe/Berlin.")


def _currency(said: str) -> str:
    currency = said.strip().upper()
    if not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
        raise CurrencyUnknown(f"“{said}” is not a currency. Use its three letters, such as EUR or USD.")
    return currency


def _free_slug(name: str) -> str:
    base = slugify(name)[:50] or "workspace"
    taken = (
        set(Workspace.objects.filter(slug__startswith=base).values_list("slug", flat=True)) | RESERVED_SLUGS
    )
    return next(
        slug
        for slug in (base, *(f"{base}-{number}" for number in range(2, len(taken) + 3)))
        if slug not in taken
    )


def _keep_an_owner(member: Membership) -> None:
    """Locks the owners, so that two of them cannot leave at the same moment."""
    owners = Membership.objects.select_for_update().filter(workspace=member.workspace_id, role=Role.OWNER)
    if member.role == Role.OWNER and list(owners.values_list("pk", flat=True)) == [member.pk]:
        raise LastOwner("A workspace needs an owner. Make somebody else an owner first.")
