from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

BOX_WIDTH, BOX_HEIGHT = 136, 44
ACROSS, DOWN, PASSING, MARGIN = 216, 76, 34, 16
ASIDE, BEYOND = 11, 48  # ways back leave below the middle; loops reach beyond their boxes
THINNEST, THICKEST = 1.25, 9.0

Edge = tuple[str, str, int]


@dataclass(frozen=True)
class GraphNode:
    key: str
    label: str
    count: int | None = None
    note: str = ""
    address: str = ""


def graph(nodes: Sequence[GraphNode], edges: Sequence[Edge], notes: dict | None = None) -> dict:
    """What follows what, drawn from left to right in layers; ways back are dashed.

    `notes` maps (source, target) to words for the table, such as the mean time between the two.
    """
    keys = {node.key for node in nodes}
    edges = [edge for edge in edges if edge[0] in keys and edge[1] in keys]
    ranks = _ranks(nodes, edges)
    routes = {(a, b): _route(a, b, ranks) for a, b, _ in edges}
    columns = _order(nodes, edges, ranks, routes)
    places, tall = _places(columns, keys)
    most = max((count for *_, count in edges), default=1)
    drawn = [
        _arrow([places[key] for key in routes[a, b]], count, most, is_back=ranks[b] <= ranks[a])
        for a, b, count in edges
    ]
    labels = {node.key: node.label for node in nodes}
    rows = [
        {"from": labels[a], "to": labels[b], "count": count, "note": (notes or {}).get((a, b), "")}
        for a, b, count in sorted(edges, key=lambda edge: -edge[2])
    ]
    return {
        "boxes": [{"node": node, "left": places[node.key][0], "top": places[node.key][1]} for node in nodes],
        "arrows": drawn,
        "rows": rows,
        "width": MARGIN * 2 + BOX_WIDTH + ACROSS * (len(columns) - 1) + BEYOND,
        "height": MARGIN * 2 + tall,
        "is_empty": not nodes,
    }


def _route(source: str, target: str, ranks: dict[str, int]) -> list:
    """The edge's stops: a place of its own in every layer it passes, so it never runs through a box."""
    first, last = ranks[source], ranks[target]
    between = range(first + 1, last) if first < last else range(first - 1, last, -1)
    return [source, *((source, target, rank) for rank in between), target]


def _ranks(nodes: Sequence[GraphNode], edges: Sequence[Edge]) -> dict[str, int]:
    """The layer of each node: one after the latest of those before it, ways back left out.

    Heavier edges are taken first, so a rare way back never turns the common order around.
    """
    forward: set[tuple[str, str]] = set()
    for source, target, _ in sorted(edges, key=lambda edge: -edge[2]):
        if source != target and not _reaches(target, source, forward):
            forward.add((source, target))
    ranks = {node.key: 0 for node in nodes}
    # No path without a circle is longer, so every rank is final after so many rounds (Bellman and Ford).
    for _ in nodes:
        for source, target in forward:
            ranks[target] = max(ranks[target], ranks[source] + 1)
    return ranks


def _reaches(start: str, goal: str, edges: Iterable[tuple[str, str]]) -> bool:
    following: dict[str, list[str]] = {}
    for source, target in edges:
        following.setdefault(source, []).append(target)
    waiting, seen = [start], {start}
    while waiting:
        here = waiting.pop()
        if here == goal:
            return True
        fresh = [key for key in following.get(here, ()) if key not in seen]
        seen.update(fresh)
        waiting.extend(fresh)
    return False


def _order(nodes, edges, ranks, routes) -> list[list]:
    """Columns of boxes and passing edges, each near the middle of what leads to it."""
    columns: list[list] = [[] for _ in range(max(ranks.values(), default=0) + 1)]
    for node in nodes:
        columns[ranks[node.key]].append(node.key)
    before: dict = {}
    for source, target, count in edges:
        stops = routes[source, target]
        for stop in stops[1:-1]:
            columns[stop[2]].append(stop)
        if ranks[target] < ranks[source]:
            stops = stops[::-1]
        for earlier, later in pairwise(stops):
            before.setdefault(later, []).append((earlier, count))
    heights: dict = {}
    for column in columns:
        given = {key: place - (len(column) - 1) / 2 for place, key in enumerate(column)}
        wanted = {key: _middle(before.get(key, ()), heights, given[key]) for key in column}
        column[:] = [key for _, _, key in sorted((wanted[key], given[key], key) for key in column)]
        heights.update((key, place - (len(column) - 1) / 2) for place, key in enumerate(column))
    return columns


def _middle(before, heights: dict, otherwise: float) -> float:
    known = [(heights[key], count) for key, count in before if key in heights]
    total = sum(count for _, count in known)
    return sum(height * count for height, count in known) / total if total else otherwise


def _places(columns: list[list], keys: set[str]) -> tuple[dict, float]:
    """The center of everything, and how tall the tallest column is; a passing edge needs less room."""
    rooms = [[DOWN if key in keys else PASSING for key in column] for column in columns]
    tall = max((sum(room) for room in rooms), default=0) - (DOWN - BOX_HEIGHT)
    tall = max(tall, BOX_HEIGHT)
    places = {}
    for i, (column, room) in enumerate(zip(columns, rooms, strict=True)):
        y = MARGIN + tall / 2 - sum(room) / 2
        for key, height in zip(column, room, strict=True):
            places[key] = (MARGIN + BOX_WIDTH / 2 + ACROSS * i, y + height / 2)
            y += height
    return places, tall


def _arrow(stops: list[tuple[float, float]], count: int, most: int, *, is_back: bool) -> dict:
    width = round(THINNEST + (THICKEST - THINNEST) * count / most, 2)
    tip = max(5.0, width * 0.9)
    (x0, y0), (x1, y1) = stops[0], stops[-1]
    if x0 == x1:
        path, label = _loop(x0 + BOX_WIDTH / 2, y0, y1, tip)
        way, x1, y1 = -1, x1 + BOX_WIDTH / 2, y1 - ASIDE
    else:
        way = -1 if is_back else 1
        aside = ASIDE if is_back else 0
        start = (x0 + way * BOX_WIDTH / 2, y0 + aside)
        x1, y1 = x1 - way * BOX_WIDTH / 2, y1 + aside
        path = _bends([start, *stops[1:-1], (x1 - way * tip, y1)])
        label = stops[1] if len(stops) > 2 else ((start[0] + x1) / 2, (start[1] + y1) / 2)
    return {
        "path": path,
        "head": f"M{x1:.1f} {y1:.1f}l{-way * tip:.1f} {-tip * 0.7:.1f}v{tip * 1.4:.1f}z",
        "width": width,
        "count": count,
        "is_back": is_back,
        "left": round(label[0], 1),
        "top": round(label[1], 1),
    }


def _loop(edge: float, y0: float, y1: float, tip: float) -> tuple[str, tuple[float, float]]:
    """From a box to itself or to another of its column, around their right edges."""
    y0, y1, far = y0 + ASIDE, y1 - ASIDE, edge + BEYOND
    path = f"M{edge:.1f} {y0:.1f}C{far:.1f} {y0:.1f} {far:.1f} {y1:.1f} {edge + tip:.1f} {y1:.1f}"
    return path, (edge + BEYOND * 0.75, (y0 + y1) / 2)


def _bends(stops: list[tuple[float, float]]) -> str:
    """A line through all stops, level at each of them."""
    drawn = f"M{stops[0][0]:.1f} {stops[0][1]:.1f}"
    for (x0, y0), (x1, y1) in pairwise(stops):
        half = (x1 - x0) / 2
        drawn += f"C{x0 + half:.1f} {y0:.1f} {x1 - half:.1f} {y1:.1f} {x1:.1f} {y1:.1f}"
    return drawn
