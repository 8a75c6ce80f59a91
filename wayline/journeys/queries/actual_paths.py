"""What customers really did: which signals follow which, held against the map."""

from dataclasses import dataclass

from wayline.journeys import conditions
from wayline.journeys.models import Journey, Step
from wayline.journeys.reading import Reading
from wayline.kit import charts
from wayline.kit.numbers import duration
from wayline.metrics import paths
from wayline.signals.conditions import AllCustomers, CustomerCondition, Did
from wayline.statistics import proportions
from wayline.statistics.estimates import Estimate

from . import questions

TOP_EDGES = (10, 20, 40, 80)
DEFAULT_TOP = 20


@dataclass(frozen=True)
class Node:
    """A signal's name, with the numbers of the steps it is; none means that it is not on the map."""

    name: str
    count: int
    steps: tuple[int, ...]

    @property
    def is_on_the_map(self) -> bool:
        return bool(self.steps)


@dataclass(frozen=True)
class Edge:
    source: Node
    target: Node
    count: int
    customers: int
    mean_seconds: float | None
    fit: str


@dataclass(frozen=True)
class FrequentPath:
    nodes: tuple[Node, ...]
    count: int
    customers: int
    share: Estimate
    median_seconds: float

    @property
    def leaves_the_map(self) -> bool:
        return any(not node.is_on_the_map for node in self.nodes)


@dataclass(frozen=True)
class ActualPaths:
    """The graph cut to its busiest edges, and the most frequent paths between two steps."""

    edges: tuple[Edge, ...]
    hidden: int
    graph: dict
    unmapped: tuple[Node, ...]
    frequent: tuple[FrequentPath, ...]
    n: int
    variants: int


def actual_paths(
    journey: Journey,
    reading: Reading,
    *,
    top: int = DEFAULT_TOP,
    everything: bool = False,
    start: Step | None = None,
    end: Step | None = None,
) -> ActualPaths:
    """What the journey's customers did in the period, the busiest edges first.

    Shown are the edges that lead to or from a step of the map; with `everything`, all of them.
    """
    customers = customers_of(journey, reading.segment)
    asked = {"segment": customers, "follow": journey.follow}
    found = paths.directly_follows(journey.workspace_id, reading.period, **asked)
    nodes = {node.name: Node(node.name, node.count, _steps_named(journey, node.name)) for node in found.nodes}
    near = [
        edge
        for edge in found.edges
        if everything or nodes[edge.source].is_on_the_map or nodes[edge.target].is_on_the_map
    ]
    edges = tuple(
        Edge(
            source := nodes[edge.source],
            target := nodes[edge.target],
            edge.count,
            edge.customers,
            edge.mean_seconds,
            fit(source, target),
        )
        for edge in near[:top]
    )
    shown = [node for node in nodes.values() if any(node in (edge.source, edge.target) for edge in edges)]
    frequent = paths.frequent_paths(
        journey.workspace_id,
        reading.period,
        **asked,
        start=conditions.parsed(start.condition) if start else None,
        end=conditions.parsed(end.condition) if end else None,
        within=reading.window,
    )
    return ActualPaths(
        edges=edges,
        hidden=len(near) - len(edges),
        graph=_drawn(shown, edges),
        unmapped=tuple(
            sorted((node for node in shown if not node.is_on_the_map), key=lambda node: -node.count)
        ),
        frequent=tuple(_frequent(path, nodes, frequent.n) for path in frequent.paths),
        n=frequent.n,
        variants=frequent.variants,
    )


def customers_of(journey: Journey, segment: CustomerCondition | None) -> CustomerCondition | None:
    """Customers who ever began this journey, within the segment."""
    first = next((step for step in questions.steps_of(journey) if step.is_bound and step.is_required), None)
    starting = conditions.parsed(first.condition) if first else None
    if starting is None:
        return segment
    began = Did(signal=starting)
    return began if segment is None else AllCustomers(of=(began, segment))


def fit(source: Node, target: Node) -> str:
    """How an edge relates to the map."""
    if not source.is_on_the_map or not target.is_on_the_map:
        return "not on the map"
    if source.name == target.name:
        return "again"
    pairs = [(a, b) for a in source.steps for b in target.steps]
    if any(b - a == 1 for a, b in pairs):
        return "as drawn"
    return "skips steps" if any(b > a for a, b in pairs) else "goes back"


def _steps_named(journey: Journey, name: str) -> tuple[int, ...]:
    numbered = enumerate(questions.steps_of(journey), start=1)
    return tuple(
        number
        for number, step in numbered
        if (condition := conditions.parsed(step.condition)) and name in conditions.named(condition)
    )


def _frequent(path, nodes: dict[str, Node], n: int) -> FrequentPath:
    return FrequentPath(
        nodes=tuple(nodes.get(name) or Node(name, 0, ()) for name in path.names),
        count=path.count,
        customers=path.customers,
        share=proportions.wilson(path.count, n),
        median_seconds=path.median_seconds,
    )


def _drawn(nodes: list[Node], edges: tuple[Edge, ...]) -> dict:
    return charts.graph(
        [
            charts.GraphNode(
                key=node.name,
                label=node.name,
                count=node.count,
                note=f"step {node.steps[0]}" if node.steps else "not on the map",
            )
            for node in nodes
        ],
        [(edge.source.name, edge.target.name, edge.count) for edge in edges],
        notes={(edge.source.name, edge.target.name): f"mean {duration(edge.mean_seconds)}" for edge in edges},
    )
