import pytest
from django.core import mail, signing
from django.utils import timezone

from wayline.accounts import operations
from wayline.accounts.models import Invitation, Key, Membership, User
from wayline.accounts.testing import make_key, make_member, make_user, make_workspace
from wayline.audit.models import Activity
from wayline.kit.tasks.worker import Worker

pytestmark = pytest.mark.django_db


def names() -> list[str]:
    return list(Activity.objects.order_by("id").values_list("name", flat=True))


def test_the_maker_of_a_workspace_owns_it():
    maya, now = make_user(name="Maya"), timezone.now()

    made = operations.create_workspace("Northwind Cloud", by=maya, now=now)

    assert (made.slug, made.created_at) == ("northwind-cloud", now)
    assert made.memberships.get().role == "owner"
    assert names() == ["workspace.created"]


def test_a_second_workspace_of_the_same_name_gets_another_address():
    maya, now = make_user(), timezone.now()

    slugs = [operations.create_workspace("Acme", by=maya, now=now).slug for _ in range(3)]

    assert slugs == ["acme", "acme-2", "acme-3"]


@pytest.mark.parametrize("slug", sorted(operations.RESERVED_SLUGS))
def test_a_workspace_cannot_take_an_address_of_the_product(slug):
    with pytest.raises(operations.SlugTaken):
        operations.create_workspace("X", slug=slug, by=None, now=timezone.now())


def test_a_workspace_named_like_a_part_of_the_product_still_opens():
    assert operations.create_workspace("API", by=None, now=timezone.now()).slug == "api-2"


def test_a_workspace_needs_a_name_and_a_known_time_zone():
    workspace, now = make_workspace(), timezone.now()

    with pytest.raises(operations.NameMissing):
        operations.change_workspace(workspace, name=" ", timezone="UTC", by=None, now=now)
    with pytest.raises(operations.TimezoneUnknown):
        operations.change_workspace(workspace, name="N", timezone="Mars/Base", by=None, now=now)
    assert names() == []


def test_changing_a_workspace_keeps_what_it_was():
    owner = make_member(role="owner")

    operations.change_workspace(
        owner.workspace, name="Neu", timezone="Europe/Berlin", by=owner.user, now=timezone.now()
    )

    activity = Activity.objects.get()
    assert (activity.name, activity.workspace_id) == ("workspace.changed", owner.workspace_id)
    assert activity.details == {"before": {"name": "Northwind", "timezone": "UTC", "currency": "EUR"}}


def test_a_user_is_created_once():
    now = timezone.now()
    operations.create_user("Noor@Northwind.test", name="Noor", password="a long password", by=None, now=now)

    with pytest.raises(operations.UserExists):
        operations.create_user("noor@northwind.test ", name="N", password="another one", by=None, now=now)

    assert User.objects.get().check_password("a long password")


def test_an_invitation_is_sent_by_letter_and_accepted_once():
    owner, now = make_member(role="owner", name="Maya"), timezone.now()
    invited = operations.invite(
        owner.workspace, email="Omar@northwind.test", role="manager", by=owner.user, now=now
    )
    Worker().run_next()
    token = mail.outbox[0].body.split("/invitation/")[1].split("/")[0]

    joined = operations.accept_invitation(
        operations.invitation_for(token), name="Omar", password="a long password", now=now
    )

    assert (joined.user.email, joined.role, joined.workspace) == (
        "omar@northwind.test",
        "manager",
        owner.workspace,
    )
    assert names() == ["member.invited", "user.created", "member.joined"]
    with pytest.raises(operations.InvitationClosed):
        operations.invitation_for(token)
    with pytest.raises(operations.InvitationClosed):
        operations.accept_invitation(invited, name="Eve", password="a long password", now=now)


def test_a_forged_or_withdrawn_link_opens_nothing():
    owner, now = make_member(role="owner"), timezone.now()
    invited = operations.invite(owner.workspace, email="o@x.test", role="viewer", by=owner.user, now=now)
    token = operations.invitation_token(invited)

    with pytest.raises(operations.InvitationClosed):
        operations.invitation_for(token + "x")
    with pytest.raises(operations.InvitationClosed):
        operations.invitation_for(signing.dumps(invited.pk, salt="something else"))
    operations.withdraw_invitation(invited, by=owner.user, now=now)
    with pytest.raises(operations.InvitationClosed):
        operations.invitation_for(token)


def test_an_invitation_cannot_be_accepted_by_somebody_else():
    owner, omar, now = make_member(role="owner"), make_user(name="Omar"), timezone.now()
    invited = operations.invite(owner.workspace, email="ines@x.test", role="owner", by=owner.user, now=now)

    with pytest.raises(operations.OtherPersonInvited):
        operations.accept_invitation(invited, user=omar, now=now)

    assert Invitation.objects.open().get() == invited
    assert not omar.memberships.exists()


def test_nobody_is_invited_twice_or_when_a_member():
    owner, now = make_member(role="owner"), timezone.now()
    operations.invite(owner.workspace, email="o@x.test", role="viewer", by=owner.user, now=now)

    with pytest.raises(operations.AlreadyInvited):
        operations.invite(owner.workspace, email="O@x.test", role="viewer", by=owner.user, now=now)
    with pytest.raises(operations.AlreadyMember):
        operations.invite(owner.workspace, email=owner.user.email, role="viewer", by=owner.user, now=now)


def test_the_last_owner_cannot_leave_or_step_down():
    owner, now = make_member(role="owner"), timezone.now()

    with pytest.raises(operations.LastOwner):
        operations.remove_member(owner, by=owner.user, now=now)
    with pytest.raises(operations.LastOwner):
        operations.change_role(owner, role="viewer", by=owner.user, now=now)

    assert Membership.objects.get().role == "owner"


def test_one_of_two_owners_can_leave():
    owner = make_member(role="owner")
    second = make_member(role="owner", workspace=owner.workspace)

    operations.remove_member(owner, by=owner.user, now=timezone.now())

    assert Membership.objects.get() == second
    assert names() == ["member.removed"]


def test_a_role_is_changed_and_what_it_was_is_kept():
    noor = make_member(role="viewer")

    operations.change_role(noor, role="manager", by=None, now=timezone.now())

    noor.refresh_from_db()
    activity = Activity.objects.get()
    assert (noor.role, activity.by_name) == ("manager", "Wayline")
    assert activity.details == {"before": "viewer", "after": "manager"}


def test_a_key_is_kept_as_a_digest_only():
    maya = make_member(role="manager")

    key, secret = operations.create_key(
        maya.workspace, kind="api", name="CRM", role="contributor", by=maya, now=timezone.now()
    )

    assert Key.objects.usable().with_secret(secret).get() == key
    assert secret not in str(vars(key))
    assert names() == ["key.created"]


def test_nobody_makes_a_key_that_may_more_than_they():
    maya, now = make_member(role="manager"), timezone.now()

    with pytest.raises(operations.RoleTooHigh):
        operations.create_key(maya.workspace, kind="api", name="CRM", role="owner", by=maya, now=now)
    with pytest.raises(operations.NameMissing):
        operations.create_key(maya.workspace, kind="write", name=" ", by=maya, now=now)

    assert not Key.objects.exists()


def test_a_revoked_key_stays_revoked():
    key, now = make_key(), timezone.now()

    operations.revoke_key(key, by=None, now=now)

    assert key.revoked_at == now
    assert not Key.objects.usable().exists()
    with pytest.raises(operations.KeyAlreadyRevoked):
        operations.revoke_key(key, by=None, now=now)


def test_money_is_said_in_three_letters():
    workspace, now = make_workspace(), timezone.now()
    asked = {"name": "X", "timezone": "UTC", "by": None, "now": now}

    operations.change_workspace(workspace, currency="usd", **asked)
    with pytest.raises(operations.CurrencyUnknown, match="three letters"):
        operations.change_workspace(workspace, currency="€", **asked)

    assert workspace.currency == "USD"
