import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.core.cache import cache

from wayline.warehouse import connect


def pytest_addoption(parser):
    parser.addoption("--kills", type=int, default=4, help="how often the server is killed (default 4)")
    parser.addoption("--cuts", type=int, default=2, help="how often the power is cut (default 2)")
    parser.addoption("--syncs", type=int, default=2, help="how many syncs fail (default 2)")
    parser.addoption("--soak", type=int, default=5, help="seconds of steady load (default 5)")


def pytest_configure():
    for database in settings.DATABASES.values():
        if database["ENGINE"] == "wayline.kit.sqlite":  # which those who run tests side by side do not know
            database.setdefault("TEST", {})["NAME"] = ":memory:"
    # A test that forgets to ask for the fixture must never touch a real warehouse.
    settings.WAREHOUSE_URL = "duckdb://"
    # Nor read what a server has collected into ./data: static files answer to their own names.
    settings.STATIC_ROOT = Path(tempfile.gettempdir()) / "wayline-tests-collect-nothing"
    settings.WHITENOISE_USE_FINDERS = True


def pytest_collection_modifyitems(items):
    # The journal has a database of its own; a test that may use one database may use both.
    for item in items:
        marker = item.get_closest_marker("django_db")
        if marker:
            marker.kwargs.setdefault("databases", "__all__")
        elif {"db", "transactional_db"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.django_db(databases="__all__"))


@pytest.fixture(autouse=True)
def nothing_kept():
    """What one test left, cached or drawn, is not what the next one's workspace of that number has."""
    cache.clear()
    if drawings := sys.modules.get("wayline.journeys.views.drawings"):
        drawings.forget()


@pytest.fixture
def warehouse():
    """A fresh warehouse in memory, current while the test runs."""
    fresh = connect.open("duckdb://")
    with connect.using(fresh):
        yield fresh
    fresh.close()


@pytest.fixture
def erased_people(monkeypatch):
    """Who was erased, as a company's own tables name them, with when: nobody, until the test says so."""
    from wayline.warehouse import erased

    found: dict = {}
    provider = SimpleNamespace(
        state=lambda workspace: len(found) or None,
        among=lambda workspace, named: {name: found[name] for name in named if name in found},
    )
    monkeypatch.setattr(erased, "provider", lambda: provider)
    return found


@pytest.fixture(scope="session")
def postgresql_cluster():
    """A PostgreSQL cluster that all tests of the run share."""
    from wayline.warehouse import postgresql_testing

    try:
        with postgresql_testing.Cluster.running() as cluster:
            yield cluster
    except postgresql_testing.NotInstalled as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="module")
def postgresql(postgresql_cluster, request):
    """The URL of an empty database."""
    return postgresql_cluster.database(request.module.__name__.rpartition(".")[2])
