from django.db.models import QuerySet

from .models import Invitation, Key, Membership, User, Workspace


def members(member: Membership):
    """The people of the workspace, by name."""
    return Membership.objects.visible_to(member).select_related("user").order_by("user__name", "user__email")


def open_invitations(member: Membership):
    """Invitations that nobody has accepted or withdrawn; some may be too old by now."""
    return Invitation.objects.visible_to(member).open().select_related("invited_by")


def keys(member: Membership):
    """The workspace's keys, revoked ones among them, the newest first."""
    return Key.objects.visible_to(member).select_related("created_by")


def workspaces(user: User):
    """The workspaces this user belongs to."""
    return Workspace.objects.visible_to(user)


def memberships(user: User) -> list[Membership]:
    """The user's places with their workspaces, in the order of the workspaces' names."""
    mine = Membership.objects.filter(user=user).select_related("workspace")
    return list(mine.order_by("workspace__name", "workspace"))


def people(workspace_id: int) -> QuerySet[User]:
    """Who works in the workspace, by name: whoever can own something here."""
    return User.objects.filter(memberships__workspace=workspace_id).order_by("name", "email")
