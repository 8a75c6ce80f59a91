"""What loading relies on, held on every engine."""

import threading

import pyarrow as pa
import pytest

from wayline.warehouse import connect
from wayline.warehouse.testing import as_arrow, fill, make_row


def names(warehouse):
    signals = warehouse.table("signals")
    return warehouse.run(signals.select("name"))["name"].to_pylist()


def test_what_was_written_can_be_read(warehouse):
    fill([{"name": "paid", "properties": {"plan": "pro"}}])

    signals = warehouse.table("signals")
    found = warehouse.run(signals.select("name", plan=signals.properties.get("plan")))

    assert found.to_pylist() == [{"name": "paid", "plan": "pro"}]


def test_a_write_that_fails_leaves_nothing_and_keeps_the_version(warehouse):
    before = warehouse.version

    def write_and_fail():
        with warehouse.writing() as writer:
            writer.append("signals", as_arrow("signals", [make_row()]))
            writer.mark("1", 7)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_and_fail()

    assert (names(warehouse), warehouse.version) == ([], before)
    with warehouse.writing() as writer:
        assert writer.marks() == {}


def test_every_committed_write_has_a_version_of_its_own(warehouse):
    before = warehouse.version
    fill([{}])
    after = warehouse.version

    assert after > before
    assert connect.open("duckdb://").version > after


def test_the_mark_is_the_one_set_last(warehouse):
    with warehouse.writing() as writer:
        writer.mark("1", 7)
        writer.mark("1", 9)
        writer.mark("2", 3)

        assert writer.marks() == {"1": 9, "2": 3}


def test_known_keys_are_those_of_the_same_workspace(warehouse):
    fill([{"key": "a"}, {"key": "b"}, {"key": "c", "workspace": 2}])

    with warehouse.writing() as writer:
        assert writer.known_keys(1, ["a", "c", "d"]) == {"a"}


def test_a_merge_moves_signals_and_its_undoing_moves_them_back(warehouse):
    fill([{"customer": 1}, {"customer": 2, "profile": 2}, {"customer": 3}])
    customers = warehouse.table("signals").select("customer")

    with warehouse.writing() as writer:
        writer.reassign(1, {2: 1})
    assert sorted(warehouse.run(customers)["customer"].to_pylist()) == [1, 1, 3]

    with warehouse.writing() as writer:
        writer.reassign(1, {2: 2})
    assert sorted(warehouse.run(customers)["customer"].to_pylist()) == [1, 2, 3]


def test_signals_are_replaced_by_their_numbers(warehouse):
    fill([{"seq": 1, "name": "piad"}, {"seq": 2, "name": "paid"}, {"seq": 1, "workspace": 2, "name": "piad"}])
    signals = warehouse.table("signals")
    first = warehouse.run(signals.filter(signals.workspace == 1, signals.seq == 1))

    with warehouse.writing() as writer:
        renamed = first.set_column(first.column_names.index("name"), "name", pa.array(["paid"]))
        writer.replace_signals(1, [1], renamed)
    assert sorted(names(warehouse)) == ["paid", "paid", "piad"]

    with warehouse.writing() as writer:
        writer.replace_signals(1, [1, 2], first.slice(0, 0))
    assert names(warehouse) == ["piad"]


def test_forgetting_a_source_or_a_customer_says_how_many_signals_went(warehouse):
    fill([{"source": "import:1"}, {"source": "import:1", "workspace": 2}, {"customer": 5}, {"customer": 5}])

    with warehouse.writing() as writer:
        assert writer.forget_source(1, "import:1") == 1
        assert writer.forget_customers(1, [5]) == 2

    assert warehouse.run(warehouse.table("signals").count())[0][0].as_py() == 1
    customers = warehouse.table("customers")
    assert warehouse.run(customers.filter(customers.customer == 5)).num_rows == 0


def test_replacing_a_customer_keeps_one_row_each(warehouse):
    fill([], customers=[{"customer": 1, "traits": {"plan": "free"}}, {"customer": 2}])
    fill([], customers=[{"customer": 1, "traits": {"plan": "pro"}}])

    rows = warehouse.run(warehouse.table("customers").order_by("customer")).to_pylist()

    assert [(row["customer"], dict(row["traits"])) for row in rows] == [(1, {"plan": "pro"}), (2, {})]


def test_compacting_sorts_by_customer_and_time_and_loses_nothing(warehouse):
    fill([{"customer": 2, "minute": 5}, {"customer": 1, "minute": 9}, {"customer": 2, "minute": 1}])

    with warehouse.writing() as writer:
        writer.compact()

    signals = warehouse.table("signals")
    rows = warehouse.run(signals.select("customer", "at")).to_pylist()
    assert [(row["customer"], row["at"].minute) for row in rows] == [(1, 9), (2, 1), (2, 5)]
    fill([{"customer": 3}])
    assert len(names(warehouse)) == 4


def test_a_column_nobody_knows_is_an_error(warehouse):
    with pytest.raises(ValueError, match="no columns"), warehouse.writing() as writer:
        writer.append("signals", pa.table({"colour": ["red"]}))


def test_threads_read_at_the_same_time(warehouse):
    fill([{} for _ in range(100)])
    counts = []
    expression = warehouse.table("signals").count()

    def read():
        counts.append(warehouse.run(expression)[0][0].as_py())

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert counts == [100] * 8
