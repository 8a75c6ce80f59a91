"""R-09: a damaged, cut off or deleted file of signals is put aside and built anew from the journal."""

import contextlib
import os
import random
from pathlib import Path

import pytest
from django.utils import timezone

from wayline.accounts.testing import make_workspace
from wayline.signals import load, operations
from wayline.signals.testing import make_signal, observe
from wayline.warehouse import connect

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(tmp_path, settings):
    path = tmp_path / "signals.duckdb"
    settings.WAREHOUSE_URL = f"duckdb:///{path}"
    with connect.using(connect.open(settings.WAREHOUSE_URL)):
        yield path
        connect.close()


@pytest.fixture
def workspace(file):
    workspace = make_workspace()
    observe(workspace, *(make_signal(name=f"Beat {n}", external_id=f"c{n % 40}") for n in range(3_000)))
    connect.close()
    return workspace


def beats() -> list[tuple]:
    signals = connect.current().table("signals")
    wanted = signals.order_by("seq").select("seq", "customer", "profile", "key", "name", "properties")
    return [tuple(map(str, row.values())) for row in connect.current().run(wanted).to_pylist()]


def can_be_read() -> bool:
    with contextlib.suppress(connect.WarehouseDamaged):
        return bool(beats())
    return False


def beats_after_mending() -> list[tuple]:
    """What the loader does each second, without its thread."""
    connect.ready(now=timezone.now())
    for _ in range(3):
        try:
            connect.current().mend()
            load.drain()
            return beats()
        except connect.WarehouseDamaged:
            continue
    raise AssertionError("it is damaged again and again")


def flip(path: Path, place: int) -> None:
    with path.open("r+b") as file:
        file.seek(place)
        byte = file.read(1)[0]
        file.seek(place)
        file.write(bytes([byte ^ 0x10]))


def damages(path: Path, chance: random.Random, many: int):
    size = path.stat().st_size
    yield from ((f"flipped at {place}", lambda place=place: flip(path, place)) for place in (0, 9, 4_100))
    for place in (chance.randrange(size) for _ in range(many)):
        yield f"flipped at {place}", lambda place=place: flip(path, place)
    for length in (0, 1, 4_096, *(chance.randrange(size) for _ in range(many))):
        yield f"cut to {length}", lambda length=length: os.truncate(path, length)
    yield "deleted", path.unlink


@pytest.mark.slow
def test_whatever_happens_to_the_file_the_same_rows_are_there_again(workspace, file, pytestconfig):
    whole, before = file.read_bytes(), beats()
    assert len(before) == 3_000
    many = max(2, pytestconfig.getoption("kills") // 2)

    for what, damage in damages(file, random.Random(9), many):
        connect.close()
        file.write_bytes(whole)
        damage()

        assert beats_after_mending() == before, what


def test_while_it_runs_readers_are_told_and_the_loader_mends(workspace, file):
    before, whole = beats(), file.read_bytes()

    for place in range(20_000, len(whole), 50_000):  # some hold nothing that is read, or are read on opening
        connect.close()
        file.write_bytes(whole)
        flip(file, place)
        with contextlib.suppress(connect.WarehouseDamaged):
            connect.current()
            if not can_be_read():
                break
    with pytest.raises(connect.WarehouseDamaged, match="built anew from the journal"):
        beats()
    aside = connect.current().mend()
    load.drain()

    assert (beats(), connect.put_aside()[-1]) == (before, aside)
    assert Path(aside).stat().st_size == len(whole)


def test_a_source_that_was_forgotten_and_sent_again_survives_the_building_anew(workspace, file):
    now = timezone.now()
    observe(workspace, make_signal(name="Old", external_id="x"), source="key:9")
    operations.forget_source(workspace, source="key:9", by=None, now=now)
    observe(workspace, make_signal(name="New", external_id="x"), source="key:9")
    before = beats()
    assert "New" in {row[4] for row in before}
    connect.close()
    file.unlink()

    assert beats_after_mending() == before


def test_a_missing_right_or_another_holder_is_no_damage(file):
    connect.close()
    file.unlink()
    file.mkdir()

    with pytest.raises(Exception, match="cannot be opened") as refused:
        connect.ready(now=timezone.now())

    assert not isinstance(refused.value, connect.WarehouseDamaged)
    file.rmdir()
