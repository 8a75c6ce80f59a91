"""The product's own time for a question, beside the engine's time to scan and hash the columns it needs."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import django

django.setup()

from benchmarks import engines, synthetic, timing  # noqa: E402
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


def main(measure: str, folder: Path, repeats: int, engine: str) -> None:
    question, columns = MEASURES[measure]
    with engines.opened(engine, folder) as warehouse, connect.using(warehouse):
        asked = {"wayline": question}
        if engine == "duckdb":
            asked["floor"] = floor(warehouse, columns)

        def written():
            with warehouse.writing():
                pass  # answers are kept until something is written

        taken = timing.repeated(asked, repeats, before=written)
        timing.report(result=question(), **taken)


def floor(warehouse, columns: tuple[str, ...]):
    """DuckDB's time to scan and hash the columns, in its own words: an expression would add casts."""
    hashed = ", ".join(f'"{column}"' for column in columns)
    sql = f"SELECT bit_xor(hash({hashed})) FROM signals WHERE workspace = 1"
    return lambda: warehouse._cursor().sql(sql).fetchall()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
