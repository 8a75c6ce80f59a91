"""Somebody erased is gone from the tables of every engine, and from what is built anew from the journal."""

from pathlib import Path

import pyarrow.parquet as parquet
import pytest
from django.utils import timezone

from wayline.accounts.testing import make_workspace
from wayline.customers.models import Customer, Identity
from wayline.signals import load
from wayline.signals.rights.testing import erase_now
from wayline.signals.testing import make_signal, observe
from wayline.warehouse import connect
from wayline.warehouse.tests.conftest import clickhouse_url, opened  # noqa: F401 - a fixture

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.usefixtures("own_list")]
NEEDLES = ("ines-4711", "ines@shop.test", "Ines Duarte", "a gift for my aunt")
RAW = ("signals_rows", "customers_rows")


@pytest.fixture(params=["duckdb", "lake", "chdb", "clickhouse"])
def engine(request, tmp_path):
    """A fresh warehouse of each engine in turn, in files where it has any."""
    if request.param == "duckdb":
        fresh = connect.open(f"duckdb:///{tmp_path}/signals.duckdb")
    else:
        fresh = opened(request, tmp_path)
    with connect.using(fresh):
        yield request.param, fresh, tmp_path
    fresh.close()


def everything_in(kind: str, warehouse, folder: Path) -> str:
    """All that the engine holds, hidden rows and rows that wait for their removal too."""
    if kind == "duckdb":
        return (folder / "signals.duckdb").read_bytes().decode("latin-1")
    if kind == "lake":
        files = sorted((folder / "lake").rglob("*.parquet"))
        return "".join(str(parquet.read_table(path).to_pylist()) for path in files)
    seen = warehouse.settings | {"apply_deleted_mask": 0}
    found = [warehouse.client.ask(f"SELECT * FROM {table}", seen) for table in RAW]
    return "".join(str(rows.to_pylist()) for rows in found)


def test_nothing_is_left_in_its_tables_nor_in_what_is_built_anew(engine, monkeypatch):
    kind, warehouse, folder = engine
    workspace = make_workspace()
    observe(
        workspace,
        make_signal(kind="identify", name="Identify", external_id="ines-4711", email="ines@shop.test",
                    traits={"name": "Ines Duarte"}),
        make_signal(external_id="ines-4711", text="a gift for my aunt"),
        make_signal(external_id="omar", text="Tell Ines Duarte", properties={"to": "ines@shop.test"}),
    )  # fmt: skip
    before = everything_in(kind, warehouse, folder)
    ines = Identity.objects.get(value="ines@shop.test").customer

    certificate = erase_now(ines, now=timezone.now())
    monkeypatch.setattr("wayline.warehouse.lake.GRACE_SECONDS", -1)
    warehouse.tidy()
    after = everything_in(kind, warehouse, folder)
    load.rebuild()
    warehouse.tidy()
    anew = everything_in(kind, warehouse, folder)

    assert (certificate.state, certificate.left) == ("finished", {})
    assert "a gift for my aunt" in before or kind == "duckdb"  # which packs what it writes
    for held in (after, anew):
        assert [needle for needle in NEEDLES if needle.lower() in held.lower()] == []
    signals = warehouse.run(warehouse.table("signals")).to_pylist()
    assert [row["text"] for row in signals] == ["Tell [erased]"]
    assert warehouse.run(warehouse.table("customers"))["customer"].to_pylist() == [Customer.objects.get().pk]
