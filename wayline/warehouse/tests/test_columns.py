"""A warehouse that a former version made gets the columns that came since, and loses nothing."""

from uuid import uuid4

import ibis
import pytest

from wayline.warehouse import connect, lake, tables
from wayline.warehouse.lake import Lake
from wayline.warehouse.testing import fill
from wayline.warehouse.tests.conftest import LakeWarehouse

FACTS = {"plan": "2026-03-02 09:00:00 key:3"}


def in_duckdb(tmp_path):
    return lambda: connect.open(f"duckdb:///{tmp_path}/signals.duckdb")


def in_files(tmp_path):
    return lambda: LakeWarehouse("", Lake(str(tmp_path / "lake")), {})


def in_clickhouse(tmp_path):
    pytest.importorskip("chdb", reason="ClickHouse's engine is not installed here")
    from wayline.warehouse import chdb_testing
    from wayline.warehouse.clickhouse import ClickHouseWarehouse

    client = chdb_testing.ChdbClient(chdb_testing.engine(), f"test_{uuid4().hex}")
    return lambda: ClickHouseWarehouse(client)


@pytest.fixture
def without_facts(monkeypatch):
    """As this code was before customers had facts."""
    of_then = ibis.schema({name: kind for name, kind in tables.CUSTOMERS.items() if name != "facts"})
    with monkeypatch.context() as former:
        former.setattr(tables, "CUSTOMERS", of_then)
        former.setitem(tables.ALL, "customers", of_then)
        version = lake.VERSIONED["customers"]
        former.setitem(lake.VERSIONED, "customers", version.remove(version.get_field_index("facts")))
        former.setattr("wayline.warehouse.clickhouse_tables.ADDED", {})
        yield former


@pytest.mark.parametrize(
    "engine",
    [
        in_duckdb,
        pytest.param(in_files, marks=pytest.mark.slow),
        pytest.param(in_clickhouse, marks=pytest.mark.slow),
    ],
)
def test_customers_of_a_former_version_are_read_written_and_kept(engine, tmp_path, without_facts):
    opened = engine(tmp_path)
    with connect.using(before := opened()):
        for customer in (1, 2, 3):
            fill([{"customer": customer}], customers=[{"customer": customer, "traits": {"plan": "pro"}}])
    if engine is in_duckdb:
        before.close()
    without_facts.undo()

    with connect.using(opened()) as warehouse:
        fill([], customers=[{"customer": 2, "traits": {"plan": "pro"}, "facts": FACTS}])
        with warehouse.writing() as writer:
            writer.forget_customers(1, [3])
        read = [known(warehouse)]
        with warehouse.writing() as writer:
            writer.compact()
        read.append(known(warehouse))
        warehouse.close()

    assert read == [[(1, {"plan": "pro"}, {}), (2, {"plan": "pro"}, FACTS)]] * 2


def known(warehouse) -> list[tuple]:
    rows = warehouse.run(warehouse.table("customers").order_by("customer")).to_pylist()
    return [(row["customer"], dict(row["traits"]), dict(row["facts"] or ())) for row in rows]
