"""The demo's world, invented by a second process."""

from datetime import UTC, datetime

import pytest

from wayline.home.demo import ahead, world

NOW = datetime(2026, 11, 22, 9, 30, 5, tzinfo=UTC)
FEW = {"customers": 36, "seed": 7, "now": NOW}


@pytest.fixture
def small_groups(monkeypatch):
    monkeypatch.setattr(ahead, "WORTH_IT", 2)
    monkeypatch.setattr(ahead.os, "cpu_count", lambda: 2)


@pytest.mark.slow
def test_a_second_process_invents_the_same_world():
    asked = {"customers": 2 * world.GROUP + 1, "seed": 7, "now": NOW}

    given = ahead.groups(**asked)

    assert next(given) == next(world.generate(**asked))
    given.close()


def test_where_the_second_process_ends_early_the_rest_is_invented_here(monkeypatch, small_groups):
    monkeypatch.setattr(world, "GROUP", 12)
    whole = list(world.generate(**FEW))
    monkeypatch.setattr(ahead, "_invented", lambda *asked: iter(whole[:1]))

    assert list(ahead.groups(**FEW)) == whole


def test_where_no_process_can_be_started_everything_is_invented_here(monkeypatch, small_groups):
    monkeypatch.setattr(world, "GROUP", 12)

    def refused(*command, **settings):
        raise OSError("no more processes")

    monkeypatch.setattr(ahead.subprocess, "Popen", refused)

    assert list(ahead.groups(**FEW)) == list(world.generate(**FEW))
