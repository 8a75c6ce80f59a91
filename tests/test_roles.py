"""Every page and every endpoint, tried with the role just below the one it needs, and with that role."""

from dataclasses import dataclass
from functools import cache

import pytest
from django.core.files.base import ContentFile
from django.urls import get_resolver

from tests import rows
from tests.test_tenancy import OUTSIDE, Endpoint, Page, endpoints
from wayline.accounts.models import Role
from wayline.accounts.testing import bearer, make_key, make_member
from wayline.api import api

pytestmark = pytest.mark.django_db
ROLES = ("viewer", "contributor", "manager", "owner")

# Changes that a viewer makes to nothing but their own membership.
OWN = {"settings/people/leave/"}


@dataclass(frozen=True)
class Guarded:
    page: Page
    role: Role | None

    def __str__(self):
        return f"{self.page} needs {self.role}"


@cache
def guarded() -> list[Guarded]:
    return [
        Guarded(Page(route), getattr(view, "needed_role", None))
        for route, view in views(get_resolver())
        if route and not route.startswith(OUTSIDE)
    ]


def views(resolver, before: str = ""):
    for pattern in resolver.url_patterns:
        route = before + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from views(pattern, route)
        else:
            yield route, pattern.callback


def below(role: str) -> str:
    return ROLES[ROLES.index(role) - 1]


@pytest.mark.parametrize("guarded", guarded(), ids=str)
def test_a_page_says_which_role_it_needs(guarded):
    assert guarded.role is not None, "decorate the view with @access.member(...)"


@pytest.mark.parametrize("guarded", [each for each in guarded() if each.role != "viewer"], ids=str)
def test_a_page_is_closed_to_the_role_below(client, warehouse, guarded):
    member = make_member(role=below(guarded.role))
    client.force_login(member.user)
    path = guarded.page.path(member.workspace.slug, rows.make_each(guarded.page.parameters, member.workspace))

    answers = {client.get(path).status_code, client.post(path).status_code}

    assert 403 in answers
    assert answers <= {403, 405}


@pytest.mark.parametrize("guarded", guarded(), ids=str)
def test_a_page_opens_for_the_role_it_needs(client, warehouse, guarded):
    member = make_member(role=guarded.role)
    client.force_login(member.user)
    path = guarded.page.path(member.workspace.slug, rows.make_each(guarded.page.parameters, member.workspace))

    assert client.get(path).status_code in {200, 302, 405, 409}


@pytest.mark.parametrize("guarded", [each for each in guarded() if each.role == "viewer"], ids=str)
def test_a_viewer_changes_nothing_by_posting(client, warehouse, guarded, monkeypatch):
    """What viewers may open answers a POST as it does a GET, or not at all: it records no activity."""
    from wayline.audit.models import Activity

    member = make_member(role="viewer")
    client.force_login(member.user)
    path = guarded.page.path(member.workspace.slug, rows.make_each(guarded.page.parameters, member.workspace))
    before = Activity.objects.count()

    client.post(path)

    if guarded.page.route.removeprefix("<slug:workspace>/") not in OWN:
        assert Activity.objects.count() == before


@cache
def roles_of_endpoints() -> dict[str, str]:
    return {
        f"{method} /api/v1/{prefix.strip('/')}{path}".rstrip("/"): str(
            getattr(operation.view_func, "needed_role", "viewer")
        )
        for prefix, router in api._routers
        for path, view in router.path_operations.items()
        for operation in view.operations
        for method in operation.methods
    }


def role_of(endpoint: Endpoint) -> str:
    return roles_of_endpoints()[str(endpoint).rstrip("/")]


UPLOADS = {
    "POST /api/v1/signals/imports",
    "POST /api/v1/journeys/pictures/upload",
    "POST /api/v1/exports/arrivals",
}

# They only ask, by POST because a question is too long for an address.
QUESTIONS = ("/metrics/answer", "/flow", "/people", "/paths", "/preview", "/compare")


@pytest.mark.parametrize("endpoint", [each for each in endpoints() if each.method != "GET"], ids=str)
def test_what_changes_something_needs_more_than_a_viewer(endpoint):
    assert role_of(endpoint) != "viewer" or endpoint.path.endswith(QUESTIONS)


@pytest.mark.parametrize("endpoint", [each for each in endpoints() if role_of(each) != "viewer"], ids=str)
def test_an_endpoint_is_closed_to_a_key_of_the_role_below(client, warehouse, endpoint):
    key = make_key(role=below(role_of(endpoint)))
    values = rows.make_each(endpoint.parameters, key.workspace)
    if str(endpoint) in UPLOADS:
        upload = {"file": ContentFile(b"a,b\n1,2\n", "rows.csv"), "mapping": "name: rows"}
        answer = client.post(endpoint.path, upload, **bearer(key))
    else:
        answer = endpoint.call(client, values, **bearer(key))

    assert answer.status_code == 403


@pytest.mark.parametrize("endpoint", endpoints(), ids=str)
def test_an_endpoint_opens_for_a_key_of_the_role_it_needs(client, warehouse, endpoint):
    key = make_key(role=role_of(endpoint))
    values = rows.make_each(endpoint.parameters, key.workspace)

    client.raise_request_exception = False  # a made row may be too poor for an answer
    closed = {401, 403} if endpoint.path.endswith("/restore") else {401, 403, 404}
    assert endpoint.call(client, values, **bearer(key)).status_code not in closed
