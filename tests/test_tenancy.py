"""Every page and every endpoint, tried by nobody and by somebody from another workspace."""

import re
from dataclasses import dataclass
from functools import cache

import pytest
from django.urls import get_resolver

from tests import rows
from wayline.accounts.testing import bearer, make_key, make_member, make_workspace
from wayline.api import api

pytestmark = pytest.mark.django_db

# Reached by people who are not in a workspace yet, each with tests of its own.
OUTSIDE = ("api/", "account/", "workspaces/", "invitation/", "health", "livez", "shared/")


@dataclass(frozen=True)
class Page:
    route: str

    def __str__(self):
        return self.route

    @property
    def parameters(self) -> list[str]:
        return [name for name in re.findall(r"<(?:\w+:)?(\w+)>", self.route) if name != "workspace"]

    @property
    def names_a_row(self) -> bool:
        return bool(set(self.parameters) - rows.SHARED)

    def path(self, workspace: str, values: dict) -> str:
        filled = re.sub(r"<(?:\w+:)?workspace>", workspace, self.route)
        return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(values[found[1]]), filled)


@cache
def pages() -> list[Page]:
    return [Page(route) for route in routes(get_resolver()) if route and not route.startswith(OUTSIDE)]


def routes(resolver, before: str = ""):
    for pattern in resolver.url_patterns:
        route = before + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from routes(pattern, route)
        else:
            yield route


def ask(client, path: str):
    answer = client.get(path)
    return client.post(path) if answer.status_code == 405 else answer


@pytest.mark.parametrize("page", pages(), ids=str)
def test_a_page_asks_a_stranger_to_sign_in(client, page):
    workspace = make_workspace()
    answer = ask(client, page.path(workspace.slug, dict.fromkeys(page.parameters, 1)))

    assert answer.status_code == 302
    assert answer["Location"].startswith("/account/login/")


@pytest.mark.parametrize("page", pages(), ids=str)
def test_a_page_of_another_workspace_does_not_exist(client, warehouse, page):
    client.force_login(make_member(role="owner").user)
    theirs = make_workspace(slug="theirs")

    assert ask(client, page.path("theirs", rows.make_each(page.parameters, theirs))).status_code == 404


@pytest.mark.parametrize("page", [page for page in pages() if page.names_a_row], ids=str)
def test_a_row_of_another_workspace_does_not_exist(client, warehouse, page):
    """The worse mistake: an own address that names somebody else's row."""
    member = make_member(role="owner")
    client.force_login(member.user)
    theirs = make_workspace(slug="theirs")

    answer = ask(client, page.path(member.workspace.slug, rows.make_each(page.parameters, theirs)))

    assert answer.status_code == 404


@dataclass(frozen=True)
class Endpoint:
    method: str
    path: str
    body: dict | None

    def __str__(self):
        return f"{self.method} {self.path}"

    @property
    def parameters(self) -> list[str]:
        return re.findall(r"{(\w+)}", self.path)

    @property
    def names_a_row(self) -> bool:
        return bool(set(self.parameters) - rows.SHARED)

    def call(self, client, values: dict, **headers):
        path = re.sub(r"{(\w+)}", lambda found: str(values[found[1]]), self.path)
        return client.generic(
            self.method, path, rows.json_text(self.body), content_type="application/json", **headers
        )


@cache
def endpoints() -> list[Endpoint]:
    document = api.get_openapi_schema(path_prefix="/api/v1/")
    found = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            body = rows.smallest(content["schema"], document) if content else None
            found.append(Endpoint(method.upper(), path, body))
    return found


@pytest.mark.parametrize("endpoint", endpoints(), ids=str)
def test_an_endpoint_opens_for_no_stranger(client, endpoint):
    assert endpoint.call(client, dict.fromkeys(endpoint.parameters, 1)).status_code == 401


@pytest.mark.parametrize("endpoint", endpoints(), ids=str)
def test_an_endpoint_never_opens_for_a_write_key(client, endpoint):
    key = make_key(kind="write", role="owner")

    assert endpoint.call(client, dict.fromkeys(endpoint.parameters, 1), **bearer(key)).status_code == 401


@pytest.mark.parametrize("endpoint", [each for each in endpoints() if each.names_a_row], ids=str)
def test_an_endpoint_does_not_know_another_workspaces_row(client, warehouse, endpoint):
    theirs = make_workspace(slug="theirs")
    values = rows.make_each(endpoint.parameters, theirs)
    key = make_key(role="owner")

    answer = endpoint.call(client, values, **bearer(key))

    assert answer.status_code == 404, answer.content
