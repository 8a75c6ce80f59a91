"""Run the measures, each in a process of its own, and print them with their ratios."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import synthetic, timing

QUESTIONS = ("funnel", "directly_follows", "paths", "nps")
# Signals in a batch, and signals a second to send them at (0: as fast as answers come).
INTAKES = {
    "intake": (100, 0),
    "intake_paced": (100, 20_000),
    "intake_by_1": (1, 0),
    "intake_by_10": (10, 0),
    "intake_by_1000": (1_000, 0),
}
LOADS = {"load": "duckdb", "load_clickhouse": "clickhouse", "load_spark": "spark"}
LOADED = 400_000  # signals at most
MEASURES = (*QUESTIONS, "map_page", "map_editor", "map_people", "map_library", *INTAKES, *LOADS, "import")
VIEWS = ("table", "cards", "filtered", "searched", "last page", "gaps", "gaps after a change")
ENGINES = ("duckdb", "clickhouse", "spark")
PEERS = ("clickhouse", "polars", "pandas")
IN_MEMORY_LIMIT = 10_000_000  # pandas and pm4py copy the log several times
PEER_SECONDS = 1_800


def main() -> None:
    options = _options()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="wayline-bench-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with open(options.json or os.devnull, "w") as lines:
            for name in options.only:
                print(json.dumps(_measured(name, options, folder)), file=lines, flush=True)
    finally:
        if not options.folder:
            shutil.rmtree(folder, ignore_errors=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/bench", description=__doc__)
    parser.add_argument("--size", default="1m", help="signals in the log: 1m, 10m, 50m, 100m (default 1m)")
    parser.add_argument("--json", metavar="FILE", help="write one line of JSON for each measure")
    parser.add_argument("--only", nargs="+", choices=MEASURES, default=MEASURES, metavar="MEASURE")
    parser.add_argument(
        "--seconds", type=int, default=20, help="of each measure of intake (default 20, at most 1200)"
    )
    parser.add_argument("--repeat", type=int, default=7, help="times each question is asked (default 7)")
    parser.add_argument(
        "--engine", choices=ENGINES, default="duckdb", help="ask the questions of another one (without peers)"
    )
    parser.add_argument("--without-peers", action="store_true", help="measure the product and the floor only")
    parser.add_argument("--pm4py", metavar="PYTHON", help="an interpreter that has pm4py")
    parser.add_argument("--folder", type=Path, help="keep the log there, and use the one that is there")
    return parser.parse_args()


def _measured(name: str, options: argparse.Namespace, folder: Path) -> dict:
    size = synthetic.size_of(options.size)
    if name not in (*INTAKES, *LOADS, "import", "map_editor", "map_people", "map_library"):
        _prepare(folder, size, options.engine)
    if name in QUESTIONS:
        mine = _run("benchmarks.product", name, folder, options.repeat, options.engine)
        found = {"name": name, "engine": options.engine, "signals": size} | _spread(mine["wayline"])
        found["memory"] = mine["memory"]  # not of an engine in a process of its own
        if options.engine != "duckdb":
            found["result"] = mine["result"]
        else:
            found["ratio_to_floor"] = _ratio(mine["wayline"], mine["floor"])
        if not options.without_peers and options.engine == "duckdb":
            found |= _ratios(name, options, folder, size, mine)
    elif name == "map_editor":
        mine = _run("benchmarks.map_editor", folder, options.repeat)
        found = {"name": name} | _spread(mine["wayline"]) | {"memory": mine["memory"]}
        found["moved"] = timing.median(mine["moved"])
    elif name == "map_library":
        mine = _run("benchmarks.map_library", folder, options.repeat)
        found = {"name": name} | _spread(mine["wayline"]) | {"memory": mine["memory"]}
        found |= {view: timing.median(taken) for view, taken in mine["others"].items()}
    elif name == "map_people":
        mine = _run("benchmarks.map_people", folder, options.repeat)
        found = {"name": name} | _spread(mine["wayline"]) | {"memory": mine["memory"]}
        found |= {"p95": mine["p95"][0], "people": mine["people"][0]}
    elif name == "map_page":
        mine = _run("benchmarks.server", name, folder, options.repeat)
        found = {"name": name, "signals": size} | _spread(mine["wayline"]) | {"memory": mine["memory"]}
        found["cached"] = timing.median(mine["cached"])
    elif name in INTAKES:
        batch, rate = INTAKES[name]
        mine = _run("benchmarks.intake", folder, batch, options.seconds, rate)
        found = {"name": name, "database": _kind_of_database()} | _spread(mine.pop("wayline")) | mine
        found["memory"] = mine["front_memory"] + mine["pages_memory"]  # not of the one that sends
    elif name in LOADS:
        mine = _run("benchmarks.load", folder, min(size, LOADED), LOADS[name])
        found = {"name": name} | _spread(mine.pop("wayline")) | mine
    else:
        mine = _run("benchmarks.server", name, folder, min(size, 200_000))
        found = {"name": name} | _spread(mine.pop("wayline")) | mine
    print(_sentence(found), flush=True)
    return found


def _kind_of_database() -> str:
    """WAYLINE_DATABASE_URL may name an empty PostgreSQL database, which the measure of intake then fills."""
    return os.environ.get("WAYLINE_DATABASE_URL", "sqlite").partition(":")[0]


def _prepare(folder: Path, size: int, engine: str) -> None:
    if (folder / f"{engine}.written").exists():
        return
    print(f"Writing {size:,} signals for {engine} …", flush=True)
    subprocess.run(
        [sys.executable, "-m", "benchmarks.prepare", str(folder), str(size), engine],
        check=True,
        env=_environment(folder),
    )


def _ratios(name: str, options: argparse.Namespace, folder: Path, size: int, mine: dict) -> dict:
    found = {}
    peers = PEERS if size <= IN_MEMORY_LIMIT else ("clickhouse", "polars")
    for peer in peers:
        theirs = _run("benchmarks.peers", peer, name, folder, options.repeat, required=False)
        found |= _beside(name, peer, mine, theirs)
    if options.pm4py and name in ("directly_follows", "paths") and size <= IN_MEMORY_LIMIT:
        script = Path(__file__).with_name("pm4py_peer.py")
        theirs = _run(script, name, folder, 2, python=options.pm4py, required=False)
        found |= _beside(name, "pm4py", mine, theirs)
    return found


def _beside(name: str, peer: str, mine: dict, theirs: dict | None) -> dict:
    if theirs is None:
        return {}
    if name != "nps" and theirs["result"] != mine["result"]:
        print(f"  {peer} finds {theirs['result']} where we find {mine['result']}", flush=True)
    return {
        f"ratio_to_{peer}": _ratio(mine["wayline"], theirs[peer]),
        f"{peer}_median": timing.median(theirs[peer]),
    }


def _run(module, *arguments, python: str = sys.executable, required: bool = True) -> dict | None:
    folder = next(each for each in arguments if isinstance(each, Path))
    how = [str(module)] if isinstance(module, Path) else ["-m", module]
    command = [python, *how, *map(str, arguments)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, env=_environment(folder), timeout=PEER_SECONDS
        )
    except subprocess.TimeoutExpired:
        print(f"  {' '.join(command[1:4])} took more than {PEER_SECONDS} s", flush=True)
        return None
    if done.returncode == 0:
        return json.loads(done.stdout.strip().splitlines()[-1])
    if required:
        raise SystemExit(done.stderr)
    print(f"  {' '.join(command[1:4])} failed: {done.stderr.strip().splitlines()[-1:]}", flush=True)
    return None


def _environment(folder: Path) -> dict[str, str]:
    """Every process has a data directory of its own, so that measures never meet."""
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "wayline.settings",
        "WAYLINE_DATA_DIR": tempfile.mkdtemp(dir=folder),
    }


def _spread(seconds: list[float]) -> dict[str, float]:
    return {"median": timing.median(seconds), "min": min(seconds), "max": max(seconds)}


def _ratio(mine: list[float], theirs: list[float]) -> float:
    """Our time over theirs: 0.5 means twice as fast."""
    return round(timing.median(mine) / timing.median(theirs), 3)


def _sentence(found: dict) -> str:
    parts = [f"{found['name']:<17}", f"{found['median']:.3f} s"]
    seconds = ("cached", "moved", *VIEWS, "p50", "p95", "p99", "visible_p50", "visible_p95")
    parts += [f"{key} {found[key]:,.3f} s" for key in seconds if key in found]
    rates = ("signals_per_second", "visible_per_second")
    parts += [f"{key} {found[key]:,.0f}" for key in rates if key in found]
    costs = ("front_microseconds", "pages_microseconds", "load_microseconds")
    parts += [f"{key} {found[key]:,.1f}" for key in costs if key in found]
    parts += [
        f"{value:.2f} × {key.removeprefix('ratio_to_')}"
        for key, value in found.items()
        if key.startswith("ratio_to_")
    ]
    parts.append(f"{found['memory'] / 2**20:,.0f} MiB")
    return "  ".join(parts)


if __name__ == "__main__":
    main()
