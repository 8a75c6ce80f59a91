"""DuckDB to ClickHouse to Parquet and back: what arrives is what went."""

import pytest

from wayline.warehouse import connect, move
from wayline.warehouse.testing import fill
from wayline.warehouse.tests.conftest import opened


@pytest.fixture
def source(monkeypatch):
    """Two workspaces in DuckDB, moved in parts of few signals."""
    monkeypatch.setattr(move, "PART", 4)
    monkeypatch.setattr(move, "BUCKET", 2)
    warehouse = connect.open("duckdb://")
    with connect.using(warehouse):
        fill(
            [
                {
                    "customer": n,
                    "workspace": 1 + n % 2,
                    "name": "“paid”\n",
                    "properties": {"a": "it's", "ß": ""},
                }
                | {"score": n / 7, "channel": (None, "web")[n % 2], "kind": ("page", "behavior")[n % 3 > 0]}
                for n in range(12)
            ],
            customers=[
                {"customer": 99, "traits": {"plan": "pro"}, "facts": {"plan": "2026-03-02 09:00:00 key:3"}}
            ],
        )
        with warehouse.writing() as writer:
            writer.mark("signals", 41)
    yield warehouse
    warehouse.close()


def target(request, tmp_path, engine: str):
    request.param = engine
    return opened(request, tmp_path)


def everything(warehouse) -> list:
    return [
        warehouse.run(warehouse.table(name).order_by("workspace", "customer")).to_pylist()
        for name in ("signals", "customers")
    ]


@pytest.mark.slow
def test_through_every_engine_and_back(source, request, tmp_path):
    stations = [source, *(target(request, tmp_path, name) for name in ("clickhouse", "lake", "duckdb"))]

    for here, there in zip(stations[:-1], stations[1:], strict=True):
        account = move.move(here, there, say=lambda sentence: None)

    assert account.signals.total() == 12
    assert everything(stations[-1]) == everything(source)
    with stations[-1].writing() as writer:
        assert writer.marks()["signals"] == 41


def test_a_move_that_was_cut_off_goes_on(source, monkeypatch):
    other, told = connect.open("duckdb://"), []
    copy, copied = move._copy, []

    def copy_two(*asked):
        if len(copied) == 2:
            raise KeyboardInterrupt
        copied.append(copy(*asked))

    monkeypatch.setattr(move, "_copy", copy_two)
    with pytest.raises(KeyboardInterrupt):
        move.move(source, other, say=told.append)
    monkeypatch.setattr(move, "_copy", copy)

    move.move(source, other, say=told.append)

    assert any("were copied before; going on" in each for each in told)
    assert everything(other) == everything(source)


def test_a_target_with_signals_of_its_own_is_refused(source):
    other = connect.open("duckdb://")
    with connect.using(other):
        fill([{}])

    with pytest.raises(move.TargetNotEmpty, match="empty database"):
        move.move(source, other)


def test_a_difference_stops_the_move_before_anything_is_switched(source, monkeypatch):
    other, told = connect.open("duckdb://"), []
    rows = move._rows
    monkeypatch.setattr(
        move, "_rows", lambda warehouse, table, part: rows(warehouse, table, part).slice(warehouse is other)
    )

    with pytest.raises(move.MoveIncomplete, match="Nothing was switched over"):
        move.move(source, other, say=told.append)

    with other.writing() as writer:
        assert "signals" not in writer.marks()


def test_a_source_that_went_on_is_refused(source, monkeypatch):
    other = connect.open("duckdb://")
    compared = move._compared

    def loaded_meanwhile(*asked):
        with source.writing() as writer:
            writer.mark("signals", 42)
        return compared(*asked)

    monkeypatch.setattr(move, "_compared", loaded_meanwhile)
    with pytest.raises(move.MoveOutdated, match="while they were copied"):
        move.move(source, other, say=lambda sentence: None)
    with pytest.raises(move.MoveOutdated, match="earlier move"):
        move.move(source, other, say=lambda sentence: None)
