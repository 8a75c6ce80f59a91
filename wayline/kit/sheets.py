"""Tables as CSV, line by line, that a spreadsheet shows and never runs."""

import csv
from collections.abc import Iterable, Iterator
from datetime import date

from django.http import StreamingHttpResponse

# Customers write these texts and analysts open them: a cell that begins so would run. Four are full-width.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class _Echo:
    """Gives a line back instead of keeping it, so that it can be streamed."""

    def write(self, line: str) -> str:
        return line


def cell(value: object) -> object:
    """Texts as a spreadsheet must show them; numbers as they are, times in ISO 8601, nothing as nothing."""
    if isinstance(value, date):
        return value.isoformat()
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def lines(rows: Iterable[Iterable[object]], *, as_given: bool = False) -> Iterator[str]:
    """Each row as a line of CSV; `as_given` keeps what a spreadsheet might run, to be imported again."""
    writer = csv.writer(_Echo())
    for row in rows:
        yield writer.writerow(row if as_given else [cell(value) for value in row])


def download(rows: Iterable[Iterable[object]], *, name: str, as_given: bool = False) -> StreamingHttpResponse:
    """The rows as a file that the browser saves, sent as they are made."""
    return StreamingHttpResponse(
        lines(rows, as_given=as_given),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
