"""Writers that die, that come too late, and that are two: each row counts once all the same."""

import pytest

from wayline.warehouse import clickhouse, lake
from wayline.warehouse.engine import WarehouseFailing
from wayline.warehouse.testing import as_arrow, fill, make_row

pytestmark = pytest.mark.slow


def names(warehouse):
    return sorted(warehouse.run(warehouse.table("signals").select("name"))["name"].to_pylist())


def rows(name: str):
    return as_arrow("signals", [make_row(name=name)])


@pytest.fixture
def _no_rest(monkeypatch):
    monkeypatch.setattr(clickhouse, "TAKING_OVER_SECONDS", 0.0)


def other_process(warehouse):
    return clickhouse.ClickHouseWarehouse(warehouse.client)


def half_written(warehouse, name: str):
    """A write as a killed process leaves it: begun, with rows, without its end."""
    number, state = warehouse._claim()
    writer = clickhouse.ClickHouseWriter(warehouse, number, state)
    writer.append("signals", rows(name))
    return number, writer


@pytest.mark.parametrize("warehouse", ["chdb"], indirect=True)
@pytest.mark.usefixtures("_no_rest")
def test_what_a_killed_writer_left_never_counts(warehouse):
    fill([{"name": "before"}])
    half_written(warehouse, "lost")
    assert names(warehouse) == ["before"]

    with other_process(warehouse).writing() as writer:
        writer.append("signals", rows("after"))
        writer.mark("signals", 7)

    assert names(warehouse) == ["after", "before"]
    with warehouse.writing() as writer:
        assert writer.marks() == {"signals": 7}
        writer.compact()
    assert names(warehouse) == ["after", "before"]


@pytest.mark.parametrize("warehouse", ["chdb"], indirect=True)
@pytest.mark.usefixtures("_no_rest")
def test_a_writer_that_was_only_slow_can_no_longer_commit(warehouse):
    number, late = half_written(warehouse, "slow")
    with other_process(warehouse).writing() as writer:
        writer.append("signals", rows("quick"))
    late.append("signals", rows("slower"))

    with pytest.raises(WarehouseFailing, match="took over"):
        warehouse._commit(number, {"signals": 9})

    assert names(warehouse) == ["quick"]
    assert warehouse.state().marks == {}


@pytest.mark.parametrize("warehouse", ["chdb"], indirect=True)
def test_a_block_sent_again_after_a_lost_answer_is_stored_once(warehouse):
    insert = warehouse.client.insert
    warehouse.client.insert = lambda *block: (insert(*block), insert(*block))

    fill([{"name": "paid"}])

    assert names(warehouse) == ["paid"]


@pytest.mark.parametrize("warehouse", ["chdb"], indirect=True)
def test_a_write_that_ends_before_its_sweep_is_swept_by_the_next(warehouse, monkeypatch):
    fill([{"name": "kept"}, {"name": "gone", "source": "import:1"}])
    with monkeypatch.context() as patched:
        patched.setattr(warehouse, "_sweep", lambda: None)
        with warehouse.writing() as writer:
            writer.forget_source(1, "import:1")
    assert names(warehouse) == ["kept"]

    with warehouse.writing() as writer:
        writer.mark("signals", 1)

    left = warehouse.client.ask("SELECT count() AS n FROM signals_rows", {})["n"][0].as_py()
    assert (names(warehouse), left) == (["kept"], 1)


@pytest.mark.parametrize("warehouse", ["lake"], indirect=True)
def test_of_two_writers_at_the_same_moment_one_is_refused(warehouse):
    first, second = lake.Lake(warehouse._lake.folder), lake.Lake(warehouse._lake.folder)
    slow = second.writing()
    writer = slow.__enter__()
    writer.append("signals", rows("slow"))
    with first.writing() as quick:
        quick.append("signals", rows("quick"))

    with pytest.raises(WarehouseFailing, match="at the same moment"):
        slow.__exit__(None, None, None)

    assert names(warehouse) == ["quick"]


@pytest.mark.parametrize("warehouse", ["lake"], indirect=True)
def test_many_small_files_become_few_and_old_ones_go(warehouse, monkeypatch):
    monkeypatch.setattr(lake, "SMALL_FILES", 3)
    monkeypatch.setattr(lake, "GRACE_SECONDS", -1)

    for number in range(9):
        fill([{"name": f"signal {number}", "customer": number}])

    manifest = warehouse._lake.manifest()
    there = {path.name for path in (warehouse._lake.folder / "signals").iterdir()}
    assert len(names(warehouse)) == 9
    assert there == set(manifest.files["signals"])
    assert len(there) <= 4
