"""What the warehouse remembers of the keys it has."""

import numpy as np
import pytest

from wayline.warehouse import connect, keys
from wayline.warehouse.keys import KnownHashes
from wayline.warehouse.testing import as_arrow, make_row


@pytest.mark.parametrize("longest", [keys.LONGEST, 5_000])
def test_whatever_was_added_is_found_and_nothing_else(longest, tmp_path, monkeypatch):
    monkeypatch.setattr(keys, "LONGEST", longest)
    known, chance = KnownHashes(f"{tmp_path}/signals.duckdb"), np.random.default_rng(7)
    values = chance.permutation(50_000).astype(np.uint64)
    for part in np.array_split(values, 37):
        known.add(part)

    assert all(known.any_of(values[place : place + 1]) for place in range(0, 50_000, 997))
    assert not known.any_of(np.arange(50_000, 60_000, dtype=np.uint64))
    assert not known.any_of(np.array([], dtype=np.uint64))
    assert len(known._runs) < 10


def test_long_runs_lie_in_files_that_nobody_has_to_clean_up(tmp_path, monkeypatch):
    monkeypatch.setattr(keys, "LONGEST", 1_000)
    known = KnownHashes(f"{tmp_path}/signals.duckdb")

    known.add(np.arange(3_000, dtype=np.uint64))

    assert isinstance(known._runs[0].base, np.memmap)
    assert list(tmp_path.iterdir()) == []


def test_without_room_for_files_long_runs_stay_in_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(keys, "LONGEST", 1_000)
    known = KnownHashes(f"{tmp_path}/not there/signals.duckdb")

    known.add(np.arange(3_000, dtype=np.uint64))

    assert known.any_of(np.array([2_999], dtype=np.uint64))


def test_nothing_is_known_before_anything_was_added():
    assert not KnownHashes().any_of(np.array([1], dtype=np.uint64))


def rows(*named: str):
    return as_arrow("signals", [make_row(key=key, source="shop") for key in named])


@pytest.fixture
def file(tmp_path):
    return f"duckdb:///{tmp_path}/signals.duckdb"


def test_keys_of_an_earlier_process_are_known_again(file):
    first = connect.open(file)
    with first.writing() as writer:
        writer.append("signals", rows("a", "b"))
    first.close()
    again = connect.open(file)

    with again.writing() as writer:
        assert writer.known_keys(1, ["c"]) == set()
        assert writer.known_keys(1, ["b", "c"]) == {"b"}
    again.close()


def test_a_write_that_was_undone_leaves_its_keys_unknown(file):
    warehouse = connect.open(file)

    def write_and_fail():
        with warehouse.writing() as writer:
            writer.known_keys(1, ["x"])
            writer.append("signals", rows("a"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()

    with warehouse.writing() as writer:
        assert writer.known_keys(1, ["a"]) == set()
        writer.append("signals", rows("a"))
        assert writer.known_keys(1, ["a"]) == {"a"}
        writer.forget_source(1, "shop")
        assert writer.known_keys(1, ["a"]) == set()
    warehouse.close()
