"""A page with every component and every chart, drawn by the browser tests."""

from pathlib import Path
from types import SimpleNamespace

from django import forms
from django.core.paginator import Paginator
from django.template import engines
from django.test import RequestFactory
from django_cotton.compiler_regex import CottonCompiler

from wayline.kit import charts
from wayline.kit.tests.shapes import make_change, make_estimate
from wayline.navigation import NAVIGATION


class Invite(forms.Form):
    email = forms.EmailField(help_text="The letter goes here.")
    role = forms.ChoiceField(choices=[("viewer", "Viewer"), ("owner", "Owner")])
    note = forms.CharField(widget=forms.Textarea, required=False)
    is_loud = forms.BooleanField(label="Tell everybody", required=False)


def page(template: str = "page.html", **more) -> str:
    """The HTML of the gallery as a member of a workspace sees it, without a database."""
    source = (Path(__file__).parent / template).read_text()
    request = RequestFactory().get("/acme/journeys/")
    request.user = Person()
    workspace = SimpleNamespace(slug="acme", name="Northwind Broadband", pk=1)
    context = {
        "request": request,
        "csrf_token": "token",
        "workspace": workspace,
        "workspaces": [workspace, SimpleNamespace(slug="demo", name="Fernbrook", pk=2)],
        "navigation": NAVIGATION,
        "open_area": "journeys",
        "open_page": "journeys:map",
        **figures(),
        **more,
    }
    return engines["django"].from_string(CottonCompiler().process(source)).render(context)


class Person:
    is_authenticated, initials, pk = True, "NH", 2

    def __str__(self):
        return "Noor Haddad"


def figures() -> dict:
    thin = make_estimate(0.55, 0.35, 0.74, 22, is_thin=True)
    form = Invite({"email": "nobody", "role": "viewer"})
    return {
        "nps": make_estimate(24, 19, 29, 1842, method="−1, 0, +1 score"),
        "nps_change": make_change(-4, -11, 3, "within noise", make_estimate(28, 23, 33, 1790)),
        "csat": make_estimate(0.76, 0.74, 0.78, 3120),
        "csat_change": make_change(0.07, 0.04, 0.1, "up", make_estimate(0.69, 0.66, 0.71, 3001)),
        "worse": make_change(-0.09, -0.14, -0.04, "down"),
        "ces": make_estimate(5.1, 4.9, 5.3, 1406, method="t"),
        "thin": thin,
        "thin_change": make_change(0.12, -0.1, 0.34, "too few to say"),
        "nothing": make_estimate(None, None, None, 0),
        "trend": weekly(),
        "whiskers": segments(thin),
        "curve": feelings(),
        "bars": drivers(),
        "sankey": moved(),
        "funnel": steps(),
        "graph": follows(),
        "spark": charts.sparkline([22, 21, 20, None, 18, 15, 13, 12]),
        "page": Paginator(range(1204), 50).page(2),
        "tabs": [("#w", "Workspace", True), ("#p", "People", False), ("#k", "Keys", False)],
        "form": form,
    }


def weekly() -> dict:
    values = [
        22,
        21.4,
        22.3,
        22.1,
        22.6,
        22.8,
        23,
        22.9,
        22.5,
        22.4,
        22.2,
        23.1,
        23.2,
        22.4,
        21.2,
        21,
        21.8,
        22.1,
    ]
    values += [21.7, 21.6, 22, 22.1, 23.9, 24.6, 24.3, 24]
    estimates = [make_estimate(v, v - 6 - i % 3, v + 6 + i % 3, 160 + i) for i, v in enumerate(values)]
    estimates[5] = None
    points = [charts.TrendPoint(f"W{i + 20}", e, f"Week {i + 20}") for i, e in enumerate(estimates)]
    events = [
        charts.Event(9, "Price change"),
        charts.Event(14, "Route planner"),
        charts.Event(21, "Slot picker"),
    ]
    return charts.trend(points, target=30, events=events, low=10)


def segments(thin) -> dict:
    new, worse = make_estimate(0.52, 0.45, 0.59, 190), make_change(-0.09, -0.14, -0.04, "down")
    rows = [
        charts.WhiskerRow("All customers", make_estimate(), make_change()),
        charts.WhiskerRow("New, under 90 days", new, worse),
        charts.WhiskerRow("Students", thin, make_change(verdict="too few to say")),
    ]
    return charts.whiskers(rows, unit="%", target=0.75, low=30, high=90)


def feelings() -> dict:
    values = [-0.6, 0.2, 0.7, 0.3, 1, 0.15, 0.5, -1.7, -1.2, None, 1.55, -1.5, -1.8, 0.9]
    points = [
        charts.CurvePoint(
            f"Step {i}",
            value,
            None if value is None or i == 1 else value - 0.25,
            None if value is None or i == 1 else value + 0.25,
            n=0 if i == 1 else 96 + i,
            is_assumed=i == 1,
            is_moment=i in (7, 10, 12),
            address="#people" if i == 7 else "",
        )
        for i, value in enumerate(values)
    ]
    return charts.curve(points)


def drivers() -> dict:
    known = [
        ("Solved first time", 14.2, 10.8, 17.6),
        ("Kept to the promised date", 11.6, 8.4, 14.8),
        ("Had to repeat the story", -12.9, -16.4, -9.4),
        ("Waited over 5 minutes", -4.4, -8.1, -0.7),
        ("Adviser friendly", 2.6, -1.2, 6.4),
    ]
    return charts.bars([charts.Bar(name, make_estimate(v, low, high, 1842)) for name, v, low, high in known])


def moved() -> dict:
    node = charts.SankeyNode
    layers = [
        [node("moved", "Slot moved by text")],
        [node("ok", "Accepted it", "good"), node("call", "Rang care", "warn"), node("quiet", "Did nothing")],
        [
            node("in", "Installed", "good"),
            node("again", "Rang again", "warn"),
            node("gone", "Cancelled", "bad"),
        ],
    ]
    links = [
        ("moved", "ok", 61),
        ("moved", "call", 78),
        ("moved", "quiet", 32),
        ("ok", "in", 56),
        ("ok", "gone", 5),
        ("call", "in", 31),
        ("call", "again", 29),
        ("call", "gone", 18),
        ("quiet", "in", 19),
        ("quiet", "again", 6),
        ("quiet", "gone", 7),
    ]
    return charts.sankey(layers, links)


def steps() -> dict:
    step = charts.FunnelStep
    compared, paid = make_estimate(0.681, 0.66, 0.7, 4120), make_estimate(0.464, 0.44, 0.48, 4120)
    return charts.funnel(
        [
            step("Opens the letter", 4120, make_estimate(1, 0.99, 1, 4120), address="#p"),
            step("Compares three plans", 2804, compared, compared, 1316, "#p", "#l"),
            step("Waits for the technician", None),
            step("Pays the first bill", 1911, paid, make_estimate(0.68, 0.66, 0.7, 2804), 893, "#p", "#l"),
        ]
    )


def follows() -> dict:
    node = charts.GraphNode
    nodes = [
        node("start", "Order placed", 1204),
        node("text", "Slot by text", 1100, "11 h later"),
        node("call", "Rings care", 320),
        node("moved", "Slot moved", 410),
        node("in", "Technician arrives", 990, address="#in"),
    ]
    edges = [
        ("start", "text", 1100),
        ("start", "call", 80),
        ("text", "in", 700),
        ("text", "moved", 400),
        ("moved", "call", 240),
        ("call", "text", 120),
        ("moved", "in", 170),
        ("call", "in", 120),
    ]
    return charts.graph(nodes, edges, {("start", "text"): "11 h"})
