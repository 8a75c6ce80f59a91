"""A company's Parquet files, read as signals where they lie."""

from datetime import UTC, datetime, timedelta
from hashlib import md5

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from wayline.warehouse import connect, embedded, native
from wayline.warehouse.testing import fill

FIRST = datetime(2026, 3, 2, 9)
NUMBER_OF_INES = int(md5(b"ines").hexdigest()[:15], 16)
MAPPING = """
- workspace: 1
  parquet: {folder}/*.parquet
  customer: buyer
  at: placed_at
  key: id
  name: Order Placed
  columns: {{channel: shop, value: total}}
  properties: [coupon]
  traits: [country]
"""


@pytest.fixture
def mapping(tmp_path):
    """Two files of orders, and the mapping that says what their columns mean."""
    for number in range(2):
        orders = {
            "id": [f"{number}-{n}" for n in range(3)],
            "buyer": ["ines", "41", None],
            "placed_at": [FIRST + timedelta(hours=number)] * 3,
            "shop": ["web", None, "web"],
            "total": [9.5, 3.0, 1.0],
            "coupon": ["SPRING", None, None],
            "country": [("DE", "DK")[number], None, None],
        }
        parquet.write_table(pa.table(orders), tmp_path / f"{number}.parquet")
    file = tmp_path / "own.yaml"
    file.write_text(MAPPING.format(folder=tmp_path))
    return file


@pytest.fixture
def warehouse(mapping, erased_people):
    fresh = embedded.open("duckdb://", memory="1GB", threads=1, own_tables=str(mapping))
    with connect.using(fresh):
        yield fresh
    fresh.close()


def test_its_rows_are_signals_beside_our_own(warehouse):
    fill([{"name": "signed up", "customer": 41}])

    signals = warehouse.table("signals")
    counted = signals.group_by("name", "channel").agg(n=signals.count(), value=signals.value.sum())
    found = warehouse.run(counted).to_pylist()

    assert {(row["name"], row["channel"], row["n"], row["value"]) for row in found} == {
        ("Order Placed", "web", 2, 19.0),
        ("Order Placed", None, 2, 6.0),
        ("signed up", None, 1, None),
    }


def test_numbers_stay_and_texts_become_the_same_number_every_time(warehouse):
    rows = warehouse.run(
        warehouse.table("signals").select("customer", "key", "properties", "seq")
    ).to_pylist()

    assert {row["customer"] for row in rows} == {
        41,
        NUMBER_OF_INES,
    }
    assert len({row["key"] for row in rows}) == len({row["seq"] for row in rows}) == 4
    assert [dict(row["properties"]) for row in rows if row["customer"] != 41] == [{"coupon": "SPRING"}] * 2


def test_customers_have_the_traits_of_their_latest_row(warehouse):
    rows = warehouse.run(warehouse.table("customers").order_by("customer")).to_pylist()

    assert [(dict(row["traits"]), row["first_seen_at"]) for row in rows] == [
        ({}, FIRST),
        ({"country": "DK"}, FIRST),
    ]


def test_new_files_are_seen_at_once_and_nothing_is_written_to_them(warehouse, tmp_path):
    before = sorted(path.stat().st_mtime_ns for path in tmp_path.glob("*.parquet"))
    with warehouse.writing() as writer:
        assert writer.forget_customers(1, [41]) == 0
    (tmp_path / "2.parquet").write_bytes((tmp_path / "1.parquet").read_bytes())

    n = warehouse.run(warehouse.table("signals").count())[0][0].as_py()

    assert n == 6
    assert sorted(path.stat().st_mtime_ns for path in tmp_path.glob("*.parquet"))[:2] == before


def test_who_was_erased_is_not_shown_and_who_came_back_is_new(warehouse, erased_people):
    fill([{"name": "signed up", "customer": 41}])
    erased_people |= {"ines": FIRST.replace(tzinfo=UTC)}

    signals, customers = (
        warehouse.run(warehouse.table(name)).to_pylist() for name in ("signals", "customers")
    )

    theirs = [row["at"] for row in signals if row["customer"] == NUMBER_OF_INES]
    assert (theirs, len(signals)) == ([FIRST + timedelta(hours=1)], 4)
    first = {row["customer"]: row["first_seen_at"] for row in customers}
    assert first[NUMBER_OF_INES] == FIRST + timedelta(hours=1)


def test_our_own_bookkeeping_leaves_them_out(warehouse):
    fill([{"name": "signed up", "customer": 41}])

    assert connect.run_stored(connect.table("signals").count())[0][0].as_py() == 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{a: 1}", "must be a YAML list of tables"),
        ("- {workspace: 1, customer: a, at: b, key: c, name: x}", "name either a parquet path"),
        ("- {workspace: 1, parquet: x, customer: a, at: b, key: c}", "either a name for all rows"),
        ("- {workspace: 1, parquet: x, customer: a, at: b, key: c, name: d, columns: {hue: e}}", "no hue"),
    ],
)
def test_an_unclear_mapping_is_refused_with_the_reason(tmp_path, text, reason):
    file = tmp_path / "own.yaml"
    file.write_text(text)

    with pytest.raises(native.MappingUnclear, match=reason):
        native.read(str(file))


def test_a_missing_mapping_is_refused():
    with pytest.raises(native.MappingUnclear, match="cannot be read"):
        native.read("/nowhere/own.yaml")


def test_whom_we_know_and_the_company_too_is_one_customer(warehouse):
    told = {"plan": "2026-03-02 09:00:00 key:3"}
    ours = {"customer": NUMBER_OF_INES, "traits": {"plan": "pro", "country": "SE"}, "first_seen_at": FIRST}
    ours |= {"facts": told}
    fill([], customers=[ours])

    customers = warehouse.table("customers")
    found = warehouse.run(customers.filter(customers.customer == NUMBER_OF_INES)).to_pylist()

    assert [dict(row["traits"]) for row in found] == [{"country": "SE", "plan": "pro"}]
    assert [dict(row["facts"]) for row in found] == [told]
    assert warehouse.run(customers.count())[0][0].as_py() == 2
