"""An answer as a table that a spreadsheet can open without running anything."""

from wayline.kit import sheets

from .catalog import METRICS
from .questions import Answer, Row

COLUMNS = (
    "metric", "group", "value", "low", "high", "n", "effective_n", "is_thin", "difference", "difference_low",
    "difference_high", "verdict", "method",
)  # fmt: skip


def csv_of(answer: Answer) -> str:
    """The whole period first, then one line for each row. Shares are 0 to 1, durations in seconds."""
    return "".join(sheets.lines(rows_of(answer)))


def rows_of(answer: Answer) -> list:
    """The same, still to be written."""
    return [COLUMNS, *(_line(answer, row) for row in (answer.total, *answer.rows))]


def _line(answer: Answer, row: Row) -> list:
    e, change = row.estimate, row.change
    group = " / ".join(part if part is not None else "(not said)" for part in row.key) or "(all)"
    differences = [change.difference, change.low, change.high, change.verdict] if change else [None] * 4
    return [
        METRICS[answer.metric].slug,
        group,
        e.value,
        e.low,
        e.high,
        e.n,
        e.effective_n,
        int(e.is_thin),
        *differences,
        e.method,
    ]
