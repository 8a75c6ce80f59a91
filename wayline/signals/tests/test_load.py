import pytest

from wayline.accounts.testing import make_workspace
from wayline.signals.testing import make_signal, observe

pytestmark = pytest.mark.django_db


def signals_in(warehouse) -> list[dict]:
    return warehouse.run(warehouse.table("signals").order_by("seq")).to_pylist()


def test_a_signal_becomes_a_row_with_its_customer(warehouse):
    workspace = make_workspace()

    loaded = observe(workspace, make_signal(name="Order Placed", value=12.5, properties={"plan": "pro"}))

    (row,) = signals_in(warehouse)
    customer = workspace.customers.get()
    assert loaded.loaded == 1
    assert (row["workspace"], row["customer"], row["profile"]) == (workspace.pk, customer.pk, customer.pk)
    assert (row["name"], row["value"], dict(row["properties"])) == ("Order Placed", 12.5, {"plan": "pro"})
