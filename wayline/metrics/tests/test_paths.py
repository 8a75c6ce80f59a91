from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wayline.metrics import departures, paths, trails
from wayline.metrics.questions import Period
from wayline.signals.conditions import SignalIs
from wayline.warehouse.testing import MONDAY, fill

PERIOD = Period(MONDAY, MONDAY + timedelta(days=365))


def walked(customer: int, names: str, **fields) -> list[dict]:
    """A customer who did these one-letter things, a minute apart."""
    return [{"customer": customer, "name": name, "minute": n} | fields for n, name in enumerate(names)]


def test_edges_count_what_directly_follows_with_customers_and_mean_times(warehouse):
    fill(walked(1, "abab") + walked(2, "ab") + walked(3, "b"))

    graph = paths.directly_follows(1, PERIOD)

    assert graph.edges == (paths.Edge("a", "b", 3, 2, 60.0), paths.Edge("b", "a", 1, 1, 60.0))
    assert graph.nodes == (paths.Node("b", 4, 3, 1, 3), paths.Node("a", 3, 2, 2, 0))
    assert (graph.signals, graph.units) == (7, 3)


def test_subjects_are_followed_by_themselves(warehouse):
    fill(
        walked(1, "ac", subject="order 1")
        + walked(1, "b", subject="order 2")
        + walked(2, "b", subject="order 1")
    )

    graph = paths.directly_follows(1, PERIOD, follow="subject")

    assert [(edge.source, edge.target, edge.count) for edge in graph.edges] == [("a", "c", 1)]
    assert graph.units == 3


def test_signals_left_out_are_stepped_over(warehouse):
    fill(walked(1, "axb"))

    graph = paths.directly_follows(1, PERIOD, where=SignalIs(names=("a", "b")))

    assert [(edge.source, edge.target) for edge in graph.edges] == [("a", "b")]


def test_whole_paths_are_counted_most_frequent_first(warehouse):
    fill(walked(1, "abc") + walked(2, "abc") + walked(3, "ab") + walked(4, "cba"))

    found = paths.frequent_paths(1, PERIOD, limit=2)

    assert found.paths[0] == paths.Path(("a", "b", "c"), 2, 2, 120.0)
    assert (found.n, found.variants, len(found.paths)) == (4, 3, 2)


def test_paths_between_two_steps_begin_at_the_latest_start(warehouse):
    fill(walked(1, "aaxb") + walked(1, "b", minute=9) + walked(2, "axb") + walked(3, "ba"))
    start, end = SignalIs(names=("a",)), SignalIs(names=("b",))

    found = paths.frequent_paths(1, PERIOD, start=start, end=end)

    assert [(path.names, path.count) for path in found.paths] == [(("a", "x", "b"), 2)]


def test_nothing_observed_gives_nothing(warehouse):
    assert paths.directly_follows(1, PERIOD) == paths.Graph((), (), 0, 0)
    assert paths.frequent_paths(1, PERIOD, start=SignalIs(names=("a",))) == paths.Paths((), 0, 0)


@pytest.mark.slow
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text("abc", max_size=7), min_size=1, max_size=6))
def test_graph_and_variants_are_what_counting_one_by_one_gives(warehouse, walks):
    with warehouse.writing() as writer:
        writer.forget_customers(1, list(range(10)))
    fill([row for who, names in reversed(list(enumerate(walks))) for row in walked(who, names)])

    graph, found = paths.directly_follows(1, PERIOD), paths.frequent_paths(1, PERIOD, limit=10)

    pairs = Counter(pair for names in walks for pair in zip(names, names[1:], strict=False))
    assert {(edge.source, edge.target): edge.count for edge in graph.edges} == pairs
    assert {"".join(path.names): path.count for path in found.paths} == Counter(filter(None, walks))


@pytest.mark.slow
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.integers(-(2**62), 2**62), st.text("abc", max_size=7)),
        min_size=1,
        max_size=7,
        unique_by=lambda walk: walk[0],
    ),
    st.integers(1, 9),
    st.sampled_from(["customer", "subject"]),
)
def test_what_is_read_in_blocks_of_customers_is_what_is_read_at_once(warehouse, walks, rows, follow):
    customers = [customer for customer, _ in walks]
    fill([row for who, names in walks for row in walked(who, names, subject=f"{who}")])

    found = []
    for at_once in (rows, 1_000):
        with pytest.MonkeyPatch.context() as patch, warehouse.writing():
            patch.setattr(trails, "AT_ONCE", at_once)
            found.append(
                [
                    paths.directly_follows(1, PERIOD, follow=follow),
                    paths.frequent_paths(1, PERIOD, follow=follow),
                    paths.frequent_paths(
                        1, PERIOD, start=SignalIs(names=("a",)), end=SignalIs(names=("b",)), follow=follow
                    ),
                    departures.departures(
                        1,
                        PERIOD,
                        lambda name: {"a": (0,), "b": (1,)}.get(name, ()),
                        path=at_once,
                        follow=follow,
                    ),
                ]
            )
    with warehouse.writing() as writer:
        writer.forget_customers(1, customers)

    assert found[0] == found[1]
