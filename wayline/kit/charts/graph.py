from collections.abc import Iterable, Sequence
from dataclasses import dataclass

BOX_WIDTH, BOX_HEIGHT = 136, 44
ACROSS, DOWN, MARGIN = 216, 76, 16
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
    """What follows what, drawn from left to right in layers; ways back are dashed and bent below.

    `notes` maps (source, target) to words for the table, such as the mean time between the two.
    """
    keys = {node.key for node in nodes}
    edges = [edge for edge in edges if edge[0] in keys and edge[1] in keys]
    ranks = _ranks(nodes, edges)
    columns = _order(nodes, edges, ranks)
    tallest = max((len(column) for column in columns), default=1)
    places = _places(columns, tallest)
    most = max((count for *_, count in edges), default=1)
    drawn = [_arrow(places[a], places[b], count, most, is_back=ranks[b] <= ranks[a]) for a, b, count in edges]
    labels = {node.key: node.label for node in nodes}
    width = MARGIN * 2 + BOX_WIDTH + ACROSS * (len(columns) - 1)
    has_back = any(arrow["is_back"] for arrow in drawn)
    height = MARGIN * 2 + BOX_HEIGHT + DOWN * (tallest - 1) + (44 if has_back else 0)
    rows = [
        {"from": labels[a], "to": labels[b], "count": count, "note": (notes or {}).get((a, b), "")}
        for a, b, count in sorted(edges, key=lambda edge: -edge[2])
    ]
    return {
        "boxes": [{"node": node, "left": places[node.key][0], "top": places[node.key][1]} for node in nodes],
        "arrows": drawn,
        "rows": rows,
        "width": width,
        "height": height,
        "is_empty": not nodes,
    }


def _ranks(nodes: Sequence[GraphNode], edges: Sequence[Edge]) -> dict[str, int]:
    """The layer of each node: one after the latest of those before it, ways back left out.

    Heavier edges are taken first, so a rare way back never turns the common order around.
    """
    forward: set[tuple[str, str]] = set()
    for source, target, _ in sorted(edges, key=lambda edge: -edge[2]):
        if source != target and not _reaches(target, source, forward):
            forward.add((source, target))
    ranks = {node.key: 0 for node in nodes}
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


def _order(nodes, edges, ranks) -> list[list[str]]:
    """Columns of keys, each node near the middle of those that lead to it."""
    columns: list[list[str]] = [[] for _ in range(max(ranks.values(), default=0) + 1)]
    for node in nodes:
        columns[ranks[node.key]].append(node.key)
    heights: dict[str, float] = {}
    for column in columns:
        given = {key: place - (len(column) - 1) / 2 for place, key in enumerate(column)}
        wanted = {key: _middle_before(key, edges, heights, given[key]) for key in column}
        column.sort(key=lambda key, wanted=wanted, given=given: (wanted[key], given[key]))
        heights.update((key, place - (len(column) - 1) / 2) for place, key in enumerate(column))
    return columns


def _middle_before(key: str, edges: Sequence[Edge], heights: dict[str, float], otherwise: float) -> float:
    before = [
        (heights[source], count) for source, target, count in edges if target == key and source in heights
    ]
    total = sum(count for _, count in before)
    return sum(height * count for height, count in before) / total if total else otherwise


def _places(columns: list[list[str]], tallest: int) -> dict[str, tuple[float, float]]:
    middle = MARGIN + BOX_HEIGHT / 2 + DOWN * (tallest - 1) / 2
    return {
        key: (
            MARGIN + BOX_WIDTH / 2 + ACROSS * i,
            middle + DOWN * (place - (len(column) - 1) / 2),
        )
        for i, column in enumerate(columns)
        for place, key in enumerate(column)
    }


def _arrow(source, target, count: int, most: int, *, is_back: bool) -> dict:
    (x0, y0), (x1, y1) = source, target
    width = round(THINNEST + (THICKEST - THINNEST) * count / most, 2)
    tip = max(5.0, width * 0.9)
    if is_back:
        y0, y1 = y0 + BOX_HEIGHT / 2, y1 + BOX_HEIGHT / 2
        x0, x1 = x0 + 18, x1 - 18
        low = max(y0, y1) + 34
        path = f"M{x0:.1f} {y0:.1f}C{x0:.1f} {low:.1f} {x1:.1f} {low:.1f} {x1:.1f} {y1 + tip:.1f}"
        head = f"M{x1:.1f} {y1:.1f}l{-tip * 0.7:.1f} {tip:.1f}h{tip * 1.4:.1f}z"
        label = ((x0 + x1) / 2, max(y0, y1) + 26)
    else:
        x0, x1 = x0 + BOX_WIDTH / 2, x1 - BOX_WIDTH / 2
        bend = (x1 - x0) / 2
        path = f"M{x0:.1f} {y0:.1f}C{x0 + bend:.1f} {y0:.1f} {x1 - bend:.1f} {y1:.1f} {x1 - tip:.1f} {y1:.1f}"
        head = f"M{x1:.1f} {y1:.1f}l{-tip:.1f} {-tip * 0.7:.1f}v{tip * 1.4:.1f}z"
        label = ((x0 + x1) / 2, (y0 + y1) / 2)
    return {
        "path": path,
        "head": head,
        "width": width,
        "count": count,
        "is_back": is_back,
        "left": round(label[0], 1),
        "top": round(label[1], 1),
    }
