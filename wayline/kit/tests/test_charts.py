import math

import pytest

from wayline.kit import charts
from wayline.kit.charts import lines
from wayline.kit.charts.scales import Scale, round_steps
from wayline.kit.tests.shapes import make_estimate


def at(path: str, x: float) -> float:
    """The height of a path of cubics at x, found by bisection within its piece."""
    start, *rest = path[1:].split("C")
    x0, y0 = map(float, start.split())
    for piece in rest:
        ax, ay, bx, by, x1, y1 = map(float, piece.split())
        if x0 <= x <= x1:
            low, high = 0.0, 1.0
            for _ in range(50):
                t = (low + high) / 2
                here = (1 - t) ** 3 * x0 + 3 * (1 - t) ** 2 * t * ax + 3 * (1 - t) * t * t * bx + t**3 * x1
                low, high = (t, high) if here < x else (low, t)
            return (1 - t) ** 3 * y0 + 3 * (1 - t) ** 2 * t * ay + 3 * (1 - t) * t * t * by + t**3 * y1
        x0, y0 = x1, y1
    raise ValueError(x)


def test_a_scale_maps_and_cuts_off():
    scale = Scale(50, 100)

    assert [scale.percent(v) for v in (40, 50, 75, 100, 120)] == [0.0, 0.0, 50.0, 100.0, 100.0]
    assert scale.from_top(75) == 50.0
    assert Scale(3, 3).percent(3) == 50.0


@pytest.mark.parametrize(
    ("low", "high", "steps"),
    [
        (0, 100, [0, 20, 40, 60, 80, 100]),
        (13, 36, [10, 15, 20, 25, 30, 35, 40]),
        (0, 0, [0, 0.2, 0.4, 0.6, 0.8, 1]),
    ],
)
def test_axes_have_round_steps(low, high, steps):
    assert round_steps(low, high) == steps


def test_the_line_goes_through_every_point():
    path = lines.monotone([(0, 10), (100, 30), (200, 20)])

    assert path == ("M0.00 10.00C33.33 16.67 66.67 30.00 100.00 30.00C133.33 30.00 166.67 23.33 200.00 20.00")
    assert lines.monotone([(0, 1)]) == ""


def test_the_line_never_overshoots_what_was_reported():
    points = [(0, 50), (100, 50), (200, 90), (300, 91), (400, 10), (500, 10)]
    path = lines.monotone(points)

    heights = [at(path, x) for x in range(0, 501, 5)]

    assert min(heights) >= 10 - 0.01
    assert max(heights) <= 91 + 0.01
    assert all(math.isclose(at(path, x), 50, abs_tol=0.01) for x in range(0, 100, 10))


def test_feelings_stand_in_their_columns():
    points = [
        charts.CurvePoint("a", 2, column=0),
        charts.CurvePoint("b", 0, column=0),
        charts.CurvePoint("c", -2, column=1),
    ]

    drawn = charts.curve(points, columns=2)

    assert [(p["left"], p["top"]) for p in drawn["points"]] == [(12.5, 7.0), (37.5, 50.0), (75.0, 93.0)]
    assert [p["word"] for p in drawn["points"]] == ["Delighted", "Neutral", "Furious"]
    assert drawn["columns"] == [500.0]


def test_a_step_nobody_spoke_of_leaves_a_dashed_gap():
    points = [charts.CurvePoint(str(i), value) for i, value in enumerate([1, None, -1])]

    drawn = charts.curve(points)

    assert drawn["line"] == ""
    assert drawn["bridge"].startswith("M166.67 28.50C")
    assert [row["value"] for row in drawn["rows"]] == [1, None, -1]


def test_an_assumption_is_hollow_and_has_no_band():
    points = [charts.CurvePoint("a", 1, 0.5, 1.5, n=40), charts.CurvePoint("b", 1, is_assumed=True)]

    drawn = charts.curve(points)

    assert [p["is_hollow"] for p in drawn["points"]] == [False, True]
    assert drawn["bands"] == ["M244.00 17.75H256.00V39.25H244.00Z"]


def test_a_feeling_beyond_the_scale_is_drawn_at_its_end():
    assert charts.curve([charts.CurvePoint("a", 3)])["points"][0]["top"] == 7.0


def test_a_trend_leaves_a_gap_where_nothing_was_measured():
    values = [make_estimate(0.6, 0.5, 0.7), None, make_estimate(0.7, 0.6, 0.8), make_estimate(0.8, 0.7, 0.9)]
    points = [charts.TrendPoint(str(i), e) for i, e in enumerate(values)]

    drawn = charts.trend(points, unit="%", target=0.75, low=0, high=100)

    assert drawn["line"].count("M") == 1
    assert [(row["left"], row["value"]) for row in drawn["dots"]] == [(0.0, 60.0)]
    assert drawn["target"] == {"value": 75.0, "top": 25.0}
    assert drawn["last"]["top"] == 20.0
    assert [tick["value"] for tick in drawn["ticks"]] == [0, 20, 40, 60, 80, 100]


def test_a_trend_of_nothing_says_so():
    assert charts.trend([charts.TrendPoint("W1", None)])["is_empty"]
    assert charts.trend([])["is_empty"]


def test_the_axis_of_a_trend_shows_at_most_seven_words():
    points = [charts.TrendPoint(f"W{i}", make_estimate()) for i in range(26)]

    labels = charts.trend(points)["labels"]

    assert len(labels) <= 7
    assert labels[-1]["words"] == "W25"


def test_bars_start_at_zero_and_take_color_only_beyond_noise():
    bars = [
        charts.Bar("Friendly", make_estimate(2, -1, 5)),
        charts.Bar("Solved", make_estimate(10, 5, 15)),
        charts.Bar("Repeated", make_estimate(-8, -12, -4)),
    ]

    rows = charts.bars(bars, reach=20)["rows"]

    assert [(row["label"], row["tone"], row["left"], row["width"]) for row in rows] == [
        ("Solved", "good", 50.0, 25.0),
        ("Repeated", "bad", 30.0, 20.0),
        ("Friendly", "flat", 50.0, 5.0),
    ]
    assert (rows[0]["from"], rows[0]["over"]) == (62.5, 25.0)


def test_a_funnel_starts_at_zero_and_shows_unbound_steps():
    steps = [
        charts.FunnelStep("Opens", 200, make_estimate(1, 0.98, 1)),
        charts.FunnelStep("Waits", None),
        charts.FunnelStep("Pays", 50, make_estimate(0.25, 0.2, 0.31), lost=150),
    ]

    rows = charts.funnel(steps)["rows"]

    assert [(row["width"], row["is_unbound"]) for row in rows] == [(100.0, False), (0.0, True), (25.0, False)]
    assert (rows[2]["from"], rows[2]["over"]) == (20.0, 11.0)


def test_a_funnel_nobody_entered_is_empty():
    assert charts.funnel([charts.FunnelStep("Opens", 0)])["is_empty"]


def test_flows_are_as_wide_as_they_are():
    node = charts.SankeyNode
    layers = [[node("a", "A")], [node("b", "B"), node("c", "C")]]

    drawn = charts.sankey(layers, [("a", "b", 60), ("a", "c", 40)])

    assert [(n["key"], n["count"], n["height"]) for n in drawn["nodes"]] == [
        ("a", 100, 93.0),
        ("b", 60, 55.8),
        ("c", 40, 37.2),
    ]
    assert drawn["nodes"][2]["top"] == 62.8


def test_more_than_six_nodes_fold_into_other():
    node = charts.SankeyNode
    layers = [[node("a", "A")], [node(str(i), f"N{i}") for i in range(9)]]

    drawn = charts.sankey(layers, [("a", str(i), 9 - i) for i in range(9)])

    assert [n["label"] for n in drawn["nodes"]][-1] == "Other"
    assert [n["count"] for n in drawn["nodes"]][-1] == 6
    assert len(drawn["nodes"]) == 8


def test_a_flow_without_links_is_empty():
    node = charts.SankeyNode

    assert charts.sankey([[node("a", "A")], [node("b", "B")]], [])["is_empty"]


def test_what_follows_what_is_drawn_in_layers_and_ways_back_are_marked():
    nodes = [charts.GraphNode(key, key.upper()) for key in ("a", "b", "c")]

    drawn = charts.graph(nodes, [("a", "b", 90), ("b", "c", 80), ("c", "a", 5), ("a", "c", 9)])

    assert [box["left"] for box in drawn["boxes"]] == [84, 300, 516]
    assert [arrow["is_back"] for arrow in drawn["arrows"]] == [False, False, True, False]
    assert [arrow["width"] for arrow in drawn["arrows"]][0] == 9.0


def test_an_edge_past_a_layer_runs_beside_its_boxes():
    nodes = [charts.GraphNode(key, key) for key in ("a", "b", "c")]

    drawn = charts.graph(nodes, [("a", "b", 90), ("b", "c", 80), ("a", "c", 9)])

    beside = drawn["arrows"][2]
    box = drawn["boxes"][1]
    assert beside["left"] == box["left"]
    assert abs(beside["top"] - box["top"]) > 22


def test_a_step_that_follows_itself_does_not_hang():
    drawn = charts.graph([charts.GraphNode("a", "A")], [("a", "a", 3)])

    assert drawn["arrows"][0]["is_back"]


def test_a_sparkline_keeps_its_gaps():
    assert charts.sparkline([1, 2, None, 4, 5])["line"].count("M") == 2
    assert charts.sparkline([3])["is_empty"]


def test_rows_share_one_axis_that_holds_all_intervals():
    rows = [
        charts.WhiskerRow("a", make_estimate(0.5, 0.42, 0.58)),
        charts.WhiskerRow("b", make_estimate(None, None, None, 0)),
    ]

    drawn = charts.whiskers(rows, unit="%", target=0.7)

    assert (drawn["low"], drawn["high"]) == (40, 70)


def test_a_matrix_places_dots_with_bars_both_ways():
    wide, tall = make_estimate(2.0, 1.0, 4.0, 10), make_estimate(50.0, 20.0, 100.0, 10)

    chart = charts.matrix([charts.MatrixDot("Say where it is", "/1/", wide, tall)])

    (dot,) = chart["dots"]
    assert (dot["rank"], dot["left"], dot["top"]) == (1, 50.0, 50.0)
    assert (dot["bar_left"], dot["bar_width"]) == (25.0, 75.0)
    assert (dot["bar_top"], dot["bar_height"]) == (0.0, 80.0)
