"""The product's own time for a question, beside the engine's time to scan and hash the columns it needs."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import django

django.setup()

from benchmarks import synthetic, timing  # noqa: E402
from wayline.metrics import answers, paths, runs  # noqa: E402
from wayline.metrics.questions import FlowQuestion, FlowStep, Period, Question  # noqa: E402
from wayline.signals.conditions import SignalIs  # noqa: E402
from wayline.warehouse import connect  # noqa: E402

YEAR = Period(datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC))
NOW = datetime(2026, 6, 1, tzinfo=UTC)
FLOW = FlowQuestion(
    1,
    tuple(FlowStep(name, name, SignalIs(names=(name,))) for name in synthetic.FUNNEL),
    YEAR,
    window=timedelta(days=30),
)


def funnel() -> int:
    found = runs.run(FLOW, now=NOW)
    return int(found.attempts.is_complete.sum())


def directly_follows() -> int:
    return len(paths.directly_follows(1, YEAR).edges)


def frequent_paths() -> int:
    return paths.frequent_paths(1, YEAR).variants


def nps() -> int:
    return len(answers.answer(Question(1, "nps", YEAR, by=("week", "channel")), now=NOW).rows)


MEASURES = {
    "funnel": (funnel, ("customer", "at", "seq", "name")),
    "directly_follows": (directly_follows, ("customer", "at", "seq", "name")),
    "paths": (frequent_paths, ("customer", "at", "seq", "name")),
    "nps": (nps, ("at", "channel", "score", "scale")),
}


def main(measure: str, folder: Path, repeats: int) -> None:
    question, columns = MEASURES[measure]
    warehouse = connect.open(f"duckdb:///{folder / 'signals.duckdb'}")
    hashed = ", ".join(f'"{column}"' for column in columns)

    def floor():
        # The engine's own words: an expression would add casts that are no part of scanning and hashing.
        warehouse._cursor().sql(f"SELECT bit_xor(hash({hashed})) FROM signals WHERE workspace = 1").fetchall()

    def written():
        with warehouse.writing():
            pass  # answers are kept until something is written

    with connect.using(warehouse):
        taken = timing.repeated({"wayline": question, "floor": floor}, repeats, before=written)
        timing.report(result=question(), **taken)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
