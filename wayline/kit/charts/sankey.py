from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, GAP, EDGE = 1000, 100, 7, 8
MOST_LAYERS, MOST_NODES = 4, 6


@dataclass(frozen=True)
class SankeyNode:
    key: str
    label: str
    tone: str = ""  # good, warn, bad, or nothing


Link = tuple[str, str, int]


def sankey(layers: Sequence[Sequence[SankeyNode]], links: Sequence[Link]) -> dict:
    """Flows between layers, exactly as wide as they are: at most four layers of six nodes, then “Other”."""
    layers, links = _fold(layers[:MOST_LAYERS], links)
    known = {node.key for layer in layers for node in layer}
    links = [link for link in links if link[0] in known and link[1] in known and link[2] > 0]
    sizes = _sizes(links)
    layers = [[node for node in layer if sizes.get(node.key)] for layer in layers]
    layers = [layer for layer in layers if layer]
    if len(layers) < 2:
        return {"nodes": [], "links": [], "rows": [], "is_empty": True}

    scale = min(
        (HEIGHT - GAP * (len(layer) - 1)) / sum(sizes[node.key] for node in layer) for layer in layers
    )
    nodes, leaving, arriving = [], {}, {}
    for i, layer in enumerate(layers):
        x = WIDTH * i / (len(layers) - 1)
        taken = sum(sizes[node.key] for node in layer) * scale + GAP * (len(layer) - 1)
        y = (HEIGHT - taken) / 2
        for node in layer:
            leaving[node.key], arriving[node.key] = [x + EDGE, y], [x - EDGE, y]
            nodes.append(_node(node, sizes[node.key], x, y, scale, is_last=i == len(layers) - 1))
            y += sizes[node.key] * scale + GAP

    by_key = {node["key"]: node for node in nodes}
    drawn = []
    for source, target, count in links:
        thick = count * scale
        (x0, y0), (x1, y1) = leaving[source], arriving[target]
        leaving[source][1] += thick
        arriving[target][1] += thick
        drawn.append({"path": _ribbon(x0, y0, x1, y1, thick), "tone": by_key[target]["tone"]})
    rows = [{"from": by_key[a]["label"], "to": by_key[b]["label"], "count": n} for a, b, n in links]
    return {"nodes": nodes, "links": drawn, "rows": rows, "is_empty": False}


def _fold(layers, links):
    """Keep the largest nodes of each layer; the rest become one node named “Other”."""
    sizes = _sizes(links)
    renamed, folded = {}, []
    for i, layer in enumerate(layers):
        if len(layer) <= MOST_NODES:
            folded.append(list(layer))
            continue
        ranked = sorted(layer, key=lambda node: -sizes.get(node.key, 0))
        kept = set(ranked[:MOST_NODES])
        renamed |= {node.key: f"other-{i}" for node in layer if node not in kept}
        folded.append([node for node in layer if node in kept] + [SankeyNode(f"other-{i}", "Other")])
    merged: dict[tuple[str, str], int] = {}
    for source, target, count in links:
        ends = renamed.get(source, source), renamed.get(target, target)
        merged[ends] = merged.get(ends, 0) + count
    return folded, [(source, target, count) for (source, target), count in merged.items()]


def _sizes(links: Sequence[Link]) -> dict[str, int]:
    """What leaves a node or what arrives, whichever is more."""
    leaves: dict[str, int] = {}
    arrives: dict[str, int] = {}
    for source, target, count in links:
        leaves[source] = leaves.get(source, 0) + count
        arrives[target] = arrives.get(target, 0) + count
    return {key: max(leaves.get(key, 0), arrives.get(key, 0)) for key in leaves | arrives}


def _node(node: SankeyNode, size: int, x: float, y: float, scale: float, *, is_last: bool) -> dict:
    return {
        "key": node.key,
        "label": node.label,
        "tone": node.tone,
        "count": size,
        "left": round(x / WIDTH * 100, 2),
        "top": round(y, 2),
        "height": round(size * scale, 2),
        "is_last": is_last,
    }


def _ribbon(x0: float, y0: float, x1: float, y1: float, thick: float) -> str:
    middle = (x0 + x1) / 2
    return (
        f"M{x0:.1f} {y0:.2f}C{middle:.1f} {y0:.2f} {middle:.1f} {y1:.2f} {x1:.1f} {y1:.2f}"
        f"L{x1:.1f} {y1 + thick:.2f}"
        f"C{middle:.1f} {y1 + thick:.2f} {middle:.1f} {y0 + thick:.2f} {x0:.1f} {y0 + thick:.2f}Z"
    )
