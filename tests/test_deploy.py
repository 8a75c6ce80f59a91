"""What deploy/ promises is what the product understands."""

import re
from pathlib import Path

import pytest
import yaml

from tools import cluster
from wayline.cli import parser

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
FILES = [path.name for path in sorted(DEPLOY.glob("*.yaml"))]


def commands(found) -> list[list[str]]:
    """Every command of ours anywhere in the document."""
    if isinstance(found, dict):
        own = [found["command"]] if found.get("command", [""])[0] == "wayline" else []
        return own + [each for value in found.values() for each in commands(value)]
    return [each for value in found for each in commands(value)] if isinstance(found, list) else []


@pytest.mark.parametrize("name", FILES)
def test_the_settings_are_known(name):
    known = set(re.findall(r"`(WAYLINE_[A-Z_]+)`", (ROOT / "docs/operating/settings.md").read_text()))

    asked = set(re.findall(r"^\s*(WAYLINE_[A-Z_]+):", (DEPLOY / name).read_text(), re.MULTILINE))

    assert asked - known == set()
    assert asked


@pytest.mark.parametrize("name", ["compose.yaml", "kubernetes.yaml"])
def test_the_commands_are_understood(name):
    found = commands(list(yaml.safe_load_all((DEPLOY / name).read_text())))

    assert {each[1] for each in found} == {"init", "serve", "worker"}
    for each in found:
        parser.build().parse_args(each[1:])


def test_the_cluster_s_tables_are_those_the_product_makes():
    assert (DEPLOY / "clickhouse-cluster.sql").read_text() == cluster.text(), "run python tools/cluster.py"


@pytest.mark.slow
def test_clickhouse_reads_the_cluster_s_tables():
    pytest.importorskip("chdb", reason="ClickHouse's engine is not installed here")
    from wayline.warehouse import chdb_testing

    statements = re.sub(r"^--.*$", "", cluster.text(), flags=re.MULTILINE).split(";\n")
    for statement in filter(str.strip, statements):
        assert b"CreateQuery" in chdb_testing.engine().query(f"EXPLAIN AST {statement}")
