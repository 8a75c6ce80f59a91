"""Somebody erased is recognised in a company's own tables, and shown no more."""

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from django.utils import timezone

from wayline.accounts.testing import make_workspace
from wayline.customers.models import Customer
from wayline.signals.rights import hidden
from wayline.signals.rights.testing import erase_now
from wayline.signals.testing import make_signal, observe
from wayline.warehouse import connect, embedded

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_list")]
MAPPING = """
- {{workspace: {workspace}, parquet: "{path}", customer: who, at: happened, key: n, name: Order Placed}}
"""


@pytest.fixture
def shop(tmp_path):
    """A workspace with one customer sent in, and a warehouse beside whose signals lie the shop's orders."""
    now, workspace = timezone.now(), make_workspace()
    path, file = tmp_path / "orders.parquet", tmp_path / "own.yaml"
    file.write_text(MAPPING.format(workspace=workspace.pk, path=path))
    opened = embedded.open("duckdb://", memory="1GB", threads=1, own_tables=str(file))
    with connect.using(opened):
        observe(workspace, make_signal(external_id="ines", email="ines@shop.test", at=now))
        ines = Customer.objects.get()
        names = ["ines", "INES@shop.test", str(ines.pk), "omar"]
        orders = {"n": range(4), "who": names, "happened": [now.replace(tzinfo=None)] * 4}
        parquet.write_table(pa.table(orders), path)
        yield workspace, ines, now
    opened.close()


def test_by_every_value_and_by_number_until_the_erasure(shop):
    workspace, ines, now = shop
    signals = connect.table("signals")
    before = connect.current().run(signals.count())[0][0].as_py()
    theirs = signals.filter(signals.customer == ines.pk).count()
    seen = connect.current().run(theirs)[0][0].as_py()

    certificate = erase_now(ines, now=timezone.now())

    left = connect.current().run(signals.select("name", "customer")).to_pylist()
    assert (before, seen, len(left)) == (5, 2, 1)
    assert (certificate.state, certificate.left) == ("finished", {})
    assert connect.current().run(theirs)[0][0].as_py() == 0
    assert hidden.among(workspace.pk, ["omar", "ines"]).keys() == {"ines"}


def test_nobody_is_looked_for_while_nobody_was_erased(shop):
    workspace, _, _ = shop

    assert hidden.state(workspace.pk) is None
