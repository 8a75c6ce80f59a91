"""Loading alone: batches that lie in the journal become profiles and rows, engine by engine."""

import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import django

django.setup()

from benchmarks import engines, intake, timing  # noqa: E402
from benchmarks.server import prepare  # noqa: E402
from wayline.signals import journal, load  # noqa: E402
from wayline.signals.calls import endpoint, segment  # noqa: E402
from wayline.warehouse import connect  # noqa: E402

BATCH = 100
CUSTOMERS_APART = 8


def fill(workspace: int, signals: int) -> None:
    """Write the batches down as the way in does, many in one commit."""
    rows = []
    for number in range(signals // BATCH):
        body = intake.batch(number % CUSTOMERS_APART, number // CUSTOMERS_APART, BATCH)
        now, digest = datetime.now(UTC), f"{number:032x}"
        batch, items, decode = endpoint._opened("batch", body)
        about = segment.request(batch, kind=None, received_at=now, digest=digest)
        read = segment.read(items, about, longest=endpoint.CALL_BYTES, decode=decode)
        rows.append(journal._row(workspace, "key:1", read.signals, now, (), None, digest))
    for start in range(0, len(rows), journal.FOLDED):
        journal._write(rows[start : start + journal.FOLDED])


def main(folder: Path, signals: int, engine: str) -> None:
    workspace = prepare()
    fill(workspace.pk, signals)
    with (
        tempfile.TemporaryDirectory(dir=folder) as own,
        engines.opened(engine, Path(own)) as warehouse,
        connect.using(warehouse),
    ):
        begun, worked = time.perf_counter(), time.process_time()
        loaded = load.drain().loaded
        seconds, worked = time.perf_counter() - begun, time.process_time() - worked
    timing.report(
        wayline=[seconds],
        signals_per_second=loaded / seconds,
        load_microseconds=worked / loaded * 1e6,  # of this process's processor time, for each signal
        result=loaded,
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
