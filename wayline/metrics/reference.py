"""The table of all metrics in docs/guide/metrics.md; a test compares the two."""

from datetime import timedelta

from .catalog import ALL, FAMILIES
from .metric import Metric

BEGIN, END = "<!-- metrics -->", "<!-- end of metrics -->"


def table() -> str:
    """Every metric as Markdown, under the heading of its family."""
    parts = []
    for family, title in FAMILIES.items():
        rows = [_row(metric) for metric in ALL if metric.family == family]
        head = "| Metric | Meaning | n counts | Method | Takes |\n|---|---|---|---|---|"
        parts.append("\n".join([f"### {title}", "", head, *rows]))
    return "\n\n".join(parts)


def _row(metric: Metric) -> str:
    takes = []
    for name in metric.takes:
        usual = f" (usually {_days(metric.within)})" if name == "within" and metric.within else ""
        takes.append(f"`{name}`{' (needed)' if name in metric.requires else ''}{usual}")
    scales = f" Scales: {', '.join(f'`{slug}`' for slug in metric.scales)}." if metric.scales else ""
    cells = [
        f"**{metric.name}** `{metric.slug}`",
        f"{metric.meaning}{scales}",
        metric.counts,
        metric.method,
        ", ".join(takes) or "–",
    ]
    return f"| {' | '.join(cells)} |"


def _days(within: timedelta) -> str:
    return f"{within.days} days"
