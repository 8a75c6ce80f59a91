import pytest
from django.utils import timezone

from wayline.accounts import operations
from wayline.accounts.api_auth import BearerKey
from wayline.accounts.models import Key, Membership
from wayline.accounts.testing import bearer, make_key, make_member, make_workspace

pytestmark = pytest.mark.django_db


def post(client, path, key, body=None):
    return client.post(f"/api/v1/accounts/{path}", body or {}, content_type="application/json", **bearer(key))


def test_a_key_sees_its_own_workspace(client):
    key = make_key(workspace=make_workspace(name="Fernweh", slug="fernweh"))

    answer = client.get("/api/v1/accounts/workspace", **bearer(key))

    assert answer.json() == {
        "slug": "fernweh",
        "name": "Fernweh",
        "timezone": "UTC",
        "currency": "EUR",
        "is_demo": False,
    }


@pytest.mark.parametrize("header", [{}, {"HTTP_AUTHORIZATION": "Bearer wrong"}])
def test_without_a_usable_key_nothing_opens(client, header):
    assert client.get("/api/v1/accounts/workspace", **header).status_code == 401


def test_a_revoked_key_and_a_write_key_open_nothing(client):
    revoked, write = make_key(), make_key(kind="write")
    operations.revoke_key(revoked, by=None, now=timezone.now())

    answers = [
        client.get("/api/v1/accounts/workspace", **bearer(key)).status_code for key in (revoked, write)
    ]

    assert answers == [401, 401]


def test_a_viewers_key_changes_nothing(client):
    key = make_key(role="viewer")

    answer = post(client, "workspace/change", key, {"name": "X", "timezone": "UTC"})

    assert answer.status_code == 403
    assert answer.json() == {"detail": "This needs a key with the role owner."}


def test_a_member_of_another_workspace_is_not_found(client):
    key, omar = make_key(role="owner"), make_member()

    answer = post(client, f"members/{omar.pk}/remove", key)

    assert answer.status_code == 404
    assert Membership.objects.filter(pk=omar.pk).exists()


def test_a_refusal_is_409_with_its_sentence(client):
    maya = make_member(role="owner")
    key = make_key(role="owner", workspace=maya.workspace)

    answer = post(client, f"members/{maya.pk}/change-role", key, {"role": "viewer"})

    assert answer.status_code == 409
    assert answer.json() == {"detail": "A workspace needs an owner. Make somebody else an owner first."}


def test_what_is_not_understood_is_422_and_says_where(client):
    key = make_key(role="owner")

    answer = post(client, "invitations/invite", key, {"email": "no", "role": "king"})

    assert answer.status_code == 422
    assert [problem["where"] for problem in answer.json()["detail"]] == ["body.email", "body.role"]


def test_a_key_makes_a_key_no_mightier_than_itself(client):
    key = make_key(role="manager")

    made = post(client, "keys/create", key, {"kind": "write", "name": "Website"})
    refused = post(client, "keys/create", key, {"kind": "api", "name": "Robot", "role": "owner"})

    assert Key.objects.usable().with_secret(made.json()["secret"]).get().name == "Website"
    assert refused.status_code == 409


def test_people_are_invited_changed_and_removed(client):
    maya = make_member(role="owner")
    noor = make_member(role="viewer", workspace=maya.workspace, name="Noor", email="noor@x.test")
    key = make_key(role="owner", workspace=maya.workspace)

    invited = post(client, "invitations/invite", key, {"email": "o@x.test", "role": "viewer"}).json()
    withdrawn = post(client, f"invitations/{invited['id']}/withdraw", key)
    changed = post(client, f"members/{noor.pk}/change-role", key, {"role": "manager"}).json()
    removed = post(client, f"members/{noor.pk}/remove", key)

    assert (changed["name"], changed["email"], changed["role"]) == ("Noor", "noor@x.test", "manager")
    assert (withdrawn.status_code, removed.status_code) == (204, 204)
    assert client.get("/api/v1/accounts/invitations", **bearer(key)).json() == []
    assert len(client.get("/api/v1/accounts/members", **bearer(key)).json()) == 1


def test_the_servers_own_token_opens_the_workspace_it_names(client, monkeypatch):
    monkeypatch.setattr(BearerKey, "local_token", "local-secret")
    make_workspace(slug="fernweh")
    local = {"HTTP_AUTHORIZATION": "Bearer local-secret"}

    named = client.get("/api/v1/accounts/workspace", HTTP_WAYLINE_WORKSPACE="fernweh", **local)
    unknown = client.get("/api/v1/accounts/workspace", HTTP_WAYLINE_WORKSPACE="nowhere", **local)

    assert named.json()["slug"] == "fernweh"
    assert (unknown.status_code, unknown.json()) == (404, {"detail": "There is no workspace 'nowhere' here."})
