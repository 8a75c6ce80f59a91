"""bin/bench at its smallest: it measures the product through many of its parts, and broke unnoticed once."""

import json
import os
import subprocess
import sys

import pytest

from .browser import ROOT

pytestmark = pytest.mark.slow


def test_the_benchmark_measures_and_writes_what_it_found(tmp_path):
    found = tmp_path / "found.jsonl"
    command = [sys.executable, "-m", "benchmarks", "--size", "20k", "--without-peers", "--repeat", "1"]
    command += ["--seconds", "1", "--json", str(found), "--folder", str(tmp_path)]
    command += ["--only", "funnel", "intake"]
    environment = os.environ | {"WAYLINE_DATA_DIR": str(tmp_path / "data"), "PYTHONPATH": str(ROOT)}

    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=240)

    assert done.returncode == 0, done.stderr[-3_000:]
    funnel, intake = (json.loads(line) for line in found.read_text().splitlines())
    assert (funnel["name"], funnel["signals"]) == ("funnel", 20_000)
    assert intake["result"] > 0
    assert intake["visible_p95"] > 0
