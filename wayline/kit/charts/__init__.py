"""Charts as geometry: pure functions from values to places, drawn by templates without a script.

Each answer is a dict for its template below `kit/charts/`; the table with the same numbers is part of it.
Estimates are read by their attributes (value, low, high, n, is_thin), so this package imports no area.
"""

from .bars import Bar, bars
from .curve import CurvePoint, curve, feeling_top, feeling_word
from .funnel import FunnelStep, funnel
from .graph import GraphNode, graph
from .matrix import MatrixDot, matrix
from .sankey import SankeyNode, sankey
from .sparkline import sparkline
from .trend import Event, TrendPoint, trend
from .whiskers import WhiskerRow, whiskers

__all__ = [
    "Bar",
    "CurvePoint",
    "Event",
    "FunnelStep",
    "GraphNode",
    "MatrixDot",
    "SankeyNode",
    "TrendPoint",
    "WhiskerRow",
    "bars",
    "curve",
    "feeling_top",
    "feeling_word",
    "funnel",
    "graph",
    "matrix",
    "sankey",
    "sparkline",
    "trend",
    "whiskers",
]
