"""Questions in SQL, and a file to ask them elsewhere."""

import csv
import json
import sys
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from wayline.kit import sheets
from wayline.kit.refusals import Refusal

from . import client

WIDEST = 60  # characters of a cell on the screen


class NoQuestion(Refusal):
    """Nothing was asked."""


class TargetTaken(Refusal):
    """Nothing is written over."""


class TargetMissing(Refusal):
    """Parquet is no text."""


def sql(asked) -> int:
    """Answer one SELECT as a table, CSV, JSON or Parquet."""
    question = Path(asked.file).read_text() if asked.file else asked.sql
    if not question or not question.strip():
        raise NoQuestion("Write the question: wayline sql 'SELECT …', or name a file with --file.")
    if asked.format == "parquet" and not asked.output:
        raise TargetMissing("Parquet needs a file to be written to. Name it with --output.")
    body = {"sql": question, "rows": asked.rows, "seconds": asked.seconds, "clear": asked.clear}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "answer.arrow"
        client.fetch("/exports/sql/arrow", workspace=asked.workspace, to=path, body=body)
        with pa.ipc.open_stream(path.read_bytes()) as stream:
            found = stream.read_all()
    _write(found, asked.format, asked.output)
    if found.num_rows == asked.rows:
        print(f"These are the first {found.num_rows:,} rows; --rows asks for more.", file=sys.stderr)
    return 0


def _write(found: pa.Table, how: str, output: str | None) -> None:
    if how == "parquet":
        pq.write_table(found, output)
        return
    file = open(output, "w", encoding="utf-8", newline="") if output else sys.stdout  # noqa: SIM115 - stdout stays open
    try:
        if how == "json":
            for row in found.to_pylist():
                file.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")
        elif how == "csv":
            lines = csv.writer(file)
            lines.writerow([sheets.cell(name) for name in found.column_names])
            lines.writerows(
                [sheets.cell(_said(value)) for value in row.values()] for row in found.to_pylist()
            )
        else:
            _table(found, file)
    finally:
        if output:
            file.close()


def _said(value):
    """Lists and maps as JSON; everything else as it is."""
    if isinstance(value, list | dict | tuple):
        return json.dumps(value, ensure_ascii=False, default=str)
    return value


def _table(found: pa.Table, file) -> None:
    rows = [
        ["" if value is None else str(_said(value)).replace("\n", " ")[:WIDEST] for value in row.values()]
        for row in found.to_pylist()
    ]
    widths = [max(len(cell) for cell in column) for column in zip(found.column_names, *rows, strict=False)]
    for row in [found.column_names, ["-" * width for width in widths], *rows]:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        file.write("  ".join(cells).rstrip() + "\n")


def snapshot(asked) -> int:
    """Write a workspace's snapshot to a file."""
    target = Path(asked.target)
    if target.exists():
        raise TargetTaken(f"{target} exists already. Name a new file.")
    path = f"/exports/snapshot/download{'?clear=true' if asked.clear else ''}"
    client.fetch(path, workspace=asked.workspace, to=target)
    masked = "personal data as it is" if asked.clear else "personal data masked"
    print(f"{target}: {target.stat().st_size / 1e6:,.1f} MB, {masked}. Open it with DuckDB 1.4 or newer.")
    return 0
