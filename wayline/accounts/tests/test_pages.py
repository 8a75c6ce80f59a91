import re

import pytest
from django.urls import reverse
from django.utils import timezone

from wayline.accounts import operations
from wayline.accounts.models import Invitation, Key, Membership, User, Workspace
from wayline.accounts.testing import make_key, make_member, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def maya(client):
    """An owner, signed in."""
    member = make_member(role="owner", name="Maya", email="maya@northwind.test")
    client.force_login(member.user)
    return member


def url(name, member, *arguments):
    return reverse(f"accounts:{name}", args=[member.workspace.slug, *arguments])


@pytest.mark.parametrize("page", ["settings", "people", "keys"])
def test_pages_open_for_an_owner(client, maya, page):
    answer = client.get(url(page, maya))

    assert answer.status_code == 200
    assert "<main" in answer.content.decode()


@pytest.mark.parametrize("page", ["settings", "people", "keys"])
def test_pages_ask_strangers_to_sign_in(client, page):
    answer = client.get(url(page, make_member()))

    assert answer.status_code == 302
    assert answer["Location"].startswith("/account/login/")


@pytest.mark.parametrize("page", ["settings", "people", "keys"])
def test_pages_of_another_workspace_do_not_exist(client, maya, page):
    assert client.get(url(page, make_member(name="Omar"))).status_code == 404


@pytest.mark.parametrize(
    ("role", "page", "status"),
    [
        ("viewer", "keys", 403),
        ("contributor", "keys", 403),
        ("manager", "keys", 200),
        ("viewer", "people", 200),
    ],
)
def test_roles_decide_what_opens(client, role, page, status):
    noor = make_member(role=role)
    client.force_login(noor.user)

    assert client.get(url(page, noor)).status_code == status


def test_a_viewer_writes_nothing(client):
    noor = make_member(role="viewer")
    client.force_login(noor.user)
    forbidden = [url("invite", noor), url("create_key", noor), url("change_role", noor, noor.pk)]

    statuses = [client.post(path, {}).status_code for path in [*forbidden, url("change", noor)]]

    assert statuses == [403, 403, 403, 403]


@pytest.mark.parametrize("name", ["change", "invite", "create_key", "leave"])
def test_changes_are_posts(client, maya, name):
    assert client.get(url(name, maya)).status_code == 405


def test_an_owner_changes_the_workspace(client, maya):
    answer = client.post(url("change", maya), {"name": "Fernweh", "timezone": "Europe/Berlin"})

    assert answer.status_code == 302
    assert Workspace.objects.get().name == "Fernweh"


def test_a_wrong_time_zone_is_explained_beside_its_field(client, maya):
    answer = client.post(url("change", maya), {"name": "Fernweh", "timezone": "Mars"})

    assert answer.status_code == 422
    assert "Mars is not one of the available choices" in answer.content.decode()


def test_an_invitation_shows_its_link(client, maya):
    answer = client.post(url("invite", maya), {"email": "omar@northwind.test", "role": "viewer"})

    (token,) = re.findall(r"http://testserver/invitation/([^/]+)/", answer.content.decode())
    assert operations.invitation_for(token) == Invitation.objects.get()


def test_the_invited_person_sets_a_password_and_is_in(client):
    owner = make_member(role="owner")
    invited = operations.invite(
        owner.workspace, email="omar@x.test", role="viewer", by=owner.user, now=timezone.now()
    )
    path = reverse("entrance:invitation", args=[operations.invitation_token(invited)])

    weak = client.post(path, {"name": "Omar", "password": "password"})
    joined = client.post(path, {"name": "Omar", "password": "clouds over Kiel"})
    again = client.get(path)

    assert (weak.status_code, joined.status_code, again.status_code) == (422, 302, 409)
    assert client.session["_auth_user_id"] == str(User.objects.get(email="omar@x.test").pk)


def test_an_invited_person_with_an_account_signs_in_first(client):
    owner, omar = make_member(role="owner"), make_user(email="omar@x.test")
    invited = operations.invite(
        owner.workspace, email=omar.email, role="viewer", by=owner.user, now=timezone.now()
    )
    path = reverse("entrance:invitation", args=[operations.invitation_token(invited)])

    asked = client.get(path)
    client.force_login(omar)
    client.post(path)

    assert asked["Location"] == f"/account/login/?next={path}"
    assert Membership.objects.get(user=omar).workspace == owner.workspace


def test_a_keys_secret_is_shown_once(client, maya):
    made = client.post(url("create_key", maya), {"kind": "write", "name": "Website"})
    later = client.get(url("keys", maya))

    key = Key.objects.get()
    shown = made.context["secret"]
    assert Key.digest_of(shown) == key.digest
    assert shown in made.content.decode()
    assert shown not in later.content.decode()
    assert "no-store" in made["Cache-Control"]


def test_another_workspaces_key_cannot_be_revoked(client, maya):
    key = make_key()

    assert client.post(url("revoke_key", maya, key.pk)).status_code == 404
    assert Key.objects.usable().filter(pk=key.pk).exists()


def test_the_last_owner_reads_why_they_cannot_leave(client, maya):
    answer = client.post(url("leave", maya))

    assert answer.status_code == 409
    assert "Make somebody else an owner first." in answer.content.decode()


def test_the_address_alone_leads_to_the_only_workspace(client, maya):
    assert client.get("/")["Location"] == f"/{maya.workspace.slug}/"


def test_with_two_workspaces_a_person_chooses(client, maya):
    operations.create_workspace("Fernweh", by=maya.user, now=timezone.now())

    assert client.get("/")["Location"] == "/workspaces/"
    assert "Fernweh" in client.get("/workspaces/").content.decode()


def test_a_person_creates_a_workspace(client, maya):
    answer = client.post("/workspaces/", {"name": "Fernweh", "timezone": "UTC"})

    assert answer["Location"] == "/fernweh/"
    assert Membership.objects.get(workspace__slug="fernweh").role == "owner"


def test_a_page_asks_few_questions_of_the_database(client, maya, django_assert_max_num_queries):
    for _ in range(10):
        make_member(workspace=maya.workspace)

    with django_assert_max_num_queries(10):
        client.get(url("people", maya))
