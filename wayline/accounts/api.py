from datetime import datetime

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field

from . import operations, queries
from .api_auth import needs
from .models import Invitation, Key, Membership, Right, Role

router = Router(tags=["accounts"])


class WorkspaceOut(Schema):
    slug: str
    name: str
    timezone: str
    currency: str
    is_demo: bool


class WorkspaceIn(Schema):
    name: str = Field(max_length=120)
    timezone: str = Field(max_length=60)
    currency: str = Field("", max_length=3, description="Three letters; left out, it stays.")


class MemberOut(Schema):
    id: int
    name: str = Field(alias="user.name")
    email: str = Field(alias="user.email")
    role: Role
    rights: list[Right]
    joined_at: datetime


class RoleIn(Schema):
    role: Role


class RightsIn(Schema):
    rights: list[Right]


class InvitationOut(Schema):
    id: int
    email: str
    role: Role
    invited_at: datetime


class InviteIn(Schema):
    email: str = Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
    role: Role


class KeyOut(Schema):
    id: int
    kind: Key.Kind
    name: str
    role: Role
    beginning: str
    created_at: datetime
    revoked_at: datetime | None


class KeyIn(Schema):
    kind: Key.Kind
    name: str = Field(max_length=120)
    role: Role = Role("viewer")


class NewKeyOut(KeyOut):
    secret: str


@router.get("/workspace", response=WorkspaceOut)
def workspace(request):
    """The workspace this key belongs to."""
    return request.workspace


@router.post("/workspace/change", response=WorkspaceOut)
@needs("owner")
def change_workspace(request, body: WorkspaceIn):
    """Change the workspace's name and time zone."""
    operations.change_workspace(request.workspace, **body.dict(), by=request.member.user, now=timezone.now())
    return request.workspace


@router.get("/members", response=list[MemberOut])
def members(request):
    """The people of the workspace and their roles."""
    return queries.members(request.member)


@router.post("/members/{member_id}/change-role", response=MemberOut)
@needs("owner")
def change_role(request, member_id: int, body: RoleIn):
    """Give a member another role. 409 for the last owner."""
    member = get_object_or_404(Membership.objects.visible_to(request.member), pk=member_id)
    operations.change_role(member, role=body.role, by=request.member.user, now=timezone.now())
    return member


@router.post("/members/{member_id}/change-rights", response=MemberOut)
@needs("owner")
def change_rights(request, member_id: int, body: RightsIn):
    """Say what a member may do beyond their role."""
    member = get_object_or_404(Membership.objects.visible_to(request.member), pk=member_id)
    operations.change_rights(member, rights=body.rights, by=request.member.user, now=timezone.now())
    return member


@router.post("/members/{member_id}/remove", response={204: None})
@needs("owner")
def remove_member(request, member_id: int):
    """Take a member's access away. 409 for the last owner."""
    member = get_object_or_404(Membership.objects.visible_to(request.member), pk=member_id)
    operations.remove_member(member, by=request.member.user, now=timezone.now())
    return 204, None


@router.get("/invitations", response=list[InvitationOut])
def invitations(request):
    """Invitations that are still open."""
    return queries.open_invitations(request.member)


@router.post("/invitations/invite", response=InvitationOut)
@needs("owner")
def invite(request, body: InviteIn):
    """Invite a person by e-mail. 409 when they are a member or invited already."""
    return operations.invite(
        request.workspace, email=body.email, role=body.role, by=request.member.user, now=timezone.now()
    )


@router.post("/invitations/{invitation_id}/withdraw", response={204: None})
@needs("owner")
def withdraw_invitation(request, invitation_id: int):
    """Make an invitation's link worthless."""
    invitation = get_object_or_404(Invitation.objects.visible_to(request.member), pk=invitation_id)
    operations.withdraw_invitation(invitation, by=request.member.user, now=timezone.now())
    return 204, None


@router.get("/keys", response=list[KeyOut])
@needs("manager")
def keys(request):
    """The workspace's keys, without their secrets."""
    return queries.keys(request.member)


@router.post("/keys/create", response=NewKeyOut)
@needs("manager")
def create_key(request, body: KeyIn):
    """Create a key. `secret` is answered this once."""
    key, secret = operations.create_key(
        request.workspace, **body.dict(), by=request.member, now=timezone.now()
    )
    key.secret = secret
    return key


@router.post("/keys/{key_id}/revoke", response=KeyOut)
@needs("manager")
def revoke_key(request, key_id: int):
    """Revoke a key at once and for good."""
    key = get_object_or_404(Key.objects.visible_to(request.member), pk=key_id)
    operations.revoke_key(key, by=request.member.user, now=timezone.now())
    return key
