import hashlib

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models


class UserManager(BaseUserManager):
    def create_user(self, email: str, password: str | None = None, **fields) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save()
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """A person working here, never a customer."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    joined_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    objects = UserManager()

    def __str__(self):
        return self.name or self.email

    @property
    def initials(self) -> str:
        words = (self.name or self.email.split("@")[0]).replace(".", " ").split()
        return "".join(word[0] for word in words[:2]).upper()


class Role(models.TextChoices):
    VIEWER = "viewer", "Viewer"
    CONTRIBUTOR = "contributor", "Contributor"
    MANAGER = "manager", "Manager"
    OWNER = "owner", "Owner"

    def allows(self, needed: "Role") -> bool:
        order = list(Role)
        return order.index(self) >= order.index(needed)


class Right(models.TextChoices):
    """What a member may do beyond their role; owners may do all of it."""

    PRIVACY = "privacy", "Handle people's rights: access, erasure, retention, masking"


class WorkspaceQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> "WorkspaceQuerySet":
        return self.filter(memberships__user=user)


class Workspace(models.Model):
    slug = models.SlugField(unique=True, max_length=60)
    name = models.CharField(max_length=120)
    timezone = models.CharField(max_length=60, default="UTC")
    currency = models.CharField(max_length=3, default="EUR")  # what money is said in, ISO 4217
    is_demo = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    objects = WorkspaceQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self):
        return self.name


class MembershipQuerySet(models.QuerySet):
    def visible_to(self, member: "Membership") -> "MembershipQuerySet":
        return self.filter(workspace=member.workspace_id)


class Membership(models.Model):
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role)
    rights = models.JSONField(default=list, blank=True)
    joined_at = models.DateTimeField()

    objects = MembershipQuerySet.as_manager()

    class Meta:
        ordering = ["joined_at", "id"]
        constraints = [models.UniqueConstraint(fields=["workspace", "user"], name="one_membership_per_user")]

    def __str__(self):
        return f"{self.user} in {self.workspace}"

    def may(self, role: Role | str) -> bool:
        return Role(self.role).allows(Role(role))

    def has_right(self, right: Right | str) -> bool:
        return self.may("owner") or str(Right(right)) in self.rights


class InWorkspace(models.QuerySet):
    """Rows of a workspace, which every member of it may see."""

    def visible_to(self, member: Membership) -> "InWorkspace":
        return self.filter(workspace=member.workspace_id)


class InvitationQuerySet(models.QuerySet):
    def open(self) -> "InvitationQuerySet":
        return self.filter(accepted_at=None, withdrawn_at=None)

    def visible_to(self, member: Membership) -> "InvitationQuerySet":
        return self.filter(workspace=member.workspace_id)


class Invitation(models.Model):
    """A person asked to join. The link in the letter is signed and works once."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=20, choices=Role)
    invited_at = models.DateTimeField()
    invited_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    accepted_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["-invited_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "email"],
                condition=models.Q(accepted_at=None, withdrawn_at=None),
                name="one_open_invitation_per_email",
            )
        ]

    def __str__(self):
        return self.email


class KeyQuerySet(models.QuerySet):
    def usable(self) -> "KeyQuerySet":
        return self.filter(revoked_at=None)

    def with_secret(self, secret: str) -> "KeyQuerySet":
        return self.filter(digest=Key.digest_of(secret))

    def visible_to(self, member: Membership) -> "KeyQuerySet":
        return self.filter(workspace=member.workspace_id)


class Key(models.Model):
    """A program's way in. A write key only sends signals; an API key acts with a role."""

    class Kind(models.TextChoices):
        WRITE = "write", "Write key"
        API = "api", "API key"

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="keys")
    kind = models.CharField(max_length=10, choices=Kind)
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=20, choices=Role, default=Role.VIEWER)
    beginning = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True)

    objects = KeyQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self):
        return f"{self.get_kind_display()} {self.name}"

    @staticmethod
    def digest_of(secret: str) -> str:
        # A fast hash without salt is enough for 24 random bytes, and finds the key of a request by an index.
        return hashlib.sha256(secret.encode()).hexdigest()
