import pytest
from django.conf import settings

from wayline.warehouse import connect


def pytest_configure():
    # A test that forgets to ask for the fixture must never touch a real warehouse.
    settings.WAREHOUSE_URL = "duckdb://"


@pytest.fixture
def warehouse():
    """A fresh warehouse in memory, current while the test runs."""
    fresh = connect.open("duckdb://")
    with connect.using(fresh):
        yield fresh
    fresh.close()
