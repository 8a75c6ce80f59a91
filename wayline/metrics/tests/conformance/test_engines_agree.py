"""The same questions on every engine, and the same answers: counts exactly, other numbers to nine digits."""

import dataclasses
import math
from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from wayline.metrics.tests.conformance import asked, story
from wayline.warehouse import connect, native, tables
from wayline.warehouse.embedded import EmbeddedWarehouse
from wayline.warehouse.lake import VERSIONED, Lake
from wayline.warehouse.own import OwnTables
from wayline.warehouse.spark import CONFIGURATION, SparkWarehouse
from wayline.warehouse.testing import fill

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def duckdb_answers():
    """What DuckDB answers, each question asked once."""
    warehouse = connect.open("duckdb://")
    tell(warehouse)

    @cache
    def answer(question: str):
        with connect.using(warehouse):
            return asked.ALL[question]()

    yield answer
    warehouse.close()


@pytest.fixture(scope="module")
def chdb():
    """ClickHouse's own engine in this process."""
    pytest.importorskip("chdb", reason="ClickHouse's engine is not installed here")
    from wayline.warehouse import chdb_testing
    from wayline.warehouse.clickhouse import ClickHouseWarehouse

    warehouse = ClickHouseWarehouse(chdb_testing.ChdbClient(chdb_testing.engine(), "conformance"))
    tell(warehouse)
    return warehouse


@pytest.fixture(scope="module")
def clickhouse(tmp_path_factory):
    """The same engine behind HTTP, asked through ClickHouse's client."""
    pytest.importorskip("chdb", reason="ClickHouse's engine is not installed here")
    from wayline.warehouse import chdb_testing

    with chdb_testing.server(tmp_path_factory.mktemp("clickhouse") / "data") as url:
        warehouse = connect.open(url)
        tell(warehouse)
        yield warehouse
        warehouse.close()


@pytest.fixture(scope="module")
def spark(tmp_path_factory):
    """A Spark cluster of two worker processes, reading Parquet."""
    pytest.importorskip("pyspark", reason="Spark is not installed here")
    from wayline.warehouse import spark_testing

    with spark_testing.cluster(tmp_path_factory.mktemp("lake")) as warehouse:
        tell(warehouse)
        yield warehouse


def tell(warehouse) -> None:
    """The story, told as loading would: in batches, with a merge and a forgotten source on the way."""
    rows = story.signals()
    with connect.using(warehouse):
        fill(rows[::2], story.CUSTOMERS)
        merged = [row | {"customer": 61, "profile": 61} for row in story.story_of(9)]
        mistaken = {"customer": 70, "name": "mistaken", "source": "import:1"}
        fill(story.numbered([*merged, mistaken], after=10_000))
        fill(rows[1::2], story.CUSTOMERS)
        with warehouse.writing() as writer:
            writer.reassign(1, {61: 9})
            writer.forget_customers(1, [61])
            writer.forget_source(1, "import:1")
            writer.forget_customers(1, [70])


@pytest.mark.parametrize("question", asked.ALL)
def test_in_process_clickhouse_agrees(question, duckdb_answers, chdb):
    agree(chdb, question, duckdb_answers)


@pytest.mark.parametrize("question", asked.FEWER)
def test_clickhouse_over_http_agrees(question, duckdb_answers, clickhouse):
    agree(clickhouse, question, duckdb_answers)


@pytest.mark.parametrize("question", asked.FEWER)
def test_spark_agrees(question, duckdb_answers, spark):
    agree(spark, question, duckdb_answers)


def agree(warehouse, question: str, expected) -> None:
    with connect.using(warehouse):
        found = asked.ALL[question]()

    assert differences(found, expected(question)) == []


def differences(found, expected, place: str = "answer") -> list[str]:
    """Where two answers differ."""
    if isinstance(found, np.ndarray):
        found, expected = found.tolist(), expected.tolist()
    if dataclasses.is_dataclass(found) and type(found) is type(expected):
        names = [each.name for each in dataclasses.fields(found)]
        parts = [(f".{name}", getattr(found, name), getattr(expected, name)) for name in names]
    elif isinstance(found, dict) and isinstance(expected, dict) and found.keys() == expected.keys():
        parts = [(f"[{key}]", found[key], expected[key]) for key in found]
    elif isinstance(found, tuple | list) and len(found) == len(expected):
        parts = [(f"[{n}]", *pair) for n, pair in enumerate(zip(found, expected, strict=True))]
    elif isinstance(found, float) and isinstance(expected, float):
        is_same = math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-12) or found != found != expected
        return [] if is_same else [f"{place}: {found!r} instead of {expected!r}"]
    else:
        return [] if found == expected else [f"{place}: {found!r} instead of {expected!r}"]
    return [each for name, *pair in parts for each in differences(*pair, place + name)]


def test_what_is_asked_of_facts_and_lateness_finds_some(duckdb_answers):
    """Questions that find nothing would agree without being asked."""
    counts, late = duckdb_answers("segments by who told it and when"), duckdb_answers("late")

    assert all(counts)
    assert (late.n > late.late > late.after_period > 0, late.without is not None) == (True, True)


def test_spark_reads_files_of_a_former_version(spark, tmp_path, monkeypatch):
    """As this code was before customers had facts."""
    then = VERSIONED["customers"].remove(VERSIONED["customers"].get_field_index("facts"))
    former = SparkWarehouse("", Lake(str(tmp_path)), CONFIGURATION)
    former._session = spark._started()
    with connect.using(former), monkeypatch.context() as before:
        before.setitem(VERSIONED, "customers", then)
        before.setitem(tables.ALL, "customers", tables.ibis.schema(dict(list(tables.CUSTOMERS.items())[:-1])))
        fill([], customers=[{"customer": 1, "traits": {"plan": "pro"}}])
        fill([], customers=[{"customer": 2}])
    with connect.using(former):
        fill([], customers=[{"customer": 2, "facts": {"plan": "2026-03-02 09:00:00 key:3"}}])
        rows = former.run(former.table("customers").order_by("customer")).to_pylist()

    assert [dict(row["facts"] or ()) for row in rows] == [{}, {"plan": "2026-03-02 09:00:00 key:3"}]


def test_spark_reads_a_company_s_own_tables_as_duckdb_does(spark, tmp_path, erased_people):
    """The same orders, as Parquet files for one engine and as a Spark table for the other."""
    orders = {
        "id": [str(n) for n in range(9)],
        "buyer": [("ines", "41")[n % 2] for n in range(9)],
        "placed_at": [datetime(2026, 3, 2, 9) + timedelta(hours=n) for n in range(9)],
        "total": [n / 7 for n in range(9)],
        "coupon": [("SPRING", None, "it's")[n % 3] for n in range(9)],
    }
    parquet.write_table(pa.table(orders), tmp_path / "orders.parquet")
    mapped = {"workspace": 1, "customer": "buyer", "at": "placed_at", "key": "id", "name": "Order Placed"}
    mapped |= {"columns": {"value": "total"}, "properties": ("coupon",), "traits": ("coupon",)}
    also = mapped | {"name": "Paid", "traits": ("total", "coupon")}
    files = [native.OwnTable(parquet=f"{tmp_path}/*.parquet", **each) for each in (mapped, also)]
    session = spark._started()
    session.read.parquet(f"file://{tmp_path}/orders.parquet").createOrReplaceGlobalTempView("orders")
    views = tuple(native.OwnTable(table="global_temp.orders", **each) for each in (mapped, also))
    over_files = EmbeddedWarehouse(own=OwnTables(files))
    over_spark = SparkWarehouse("", Lake(str(tmp_path / "lake")), CONFIGURATION, views)
    over_spark._session = session

    def agree_on_rows() -> dict[str, int]:
        counts = {}
        for name, order in (("signals", ("customer", "at", "name")), ("customers", ("customer",))):
            found, expected = (
                warehouse.run(warehouse.table(name).order_by(*order))
                for warehouse in (over_spark, over_files)
            )
            of_both = [
                [
                    row | {name: sorted(row[name]) for name in ("traits", "properties") if name in row}
                    for row in rows
                ]
                for rows in (found.to_pylist(), expected.to_pylist())
            ]
            assert differences(*of_both) == []
            counts[name] = found.num_rows
        return counts

    assert agree_on_rows() == {"signals": 18, "customers": 2}

    erased_people["ines"] = datetime(2026, 3, 2, 12, tzinfo=UTC)

    assert agree_on_rows() == {"signals": 14, "customers": 2}
