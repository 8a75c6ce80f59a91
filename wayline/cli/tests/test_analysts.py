import json

import duckdb
import pytest

from wayline import cli
from wayline.accounts.testing import make_workspace
from wayline.signals.testing import make_signal, observe

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("warehouse")]


@pytest.fixture
def noor(settings, tmp_path):
    """A workspace with one signal."""
    settings.DATA_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "files"
    observe(make_workspace(slug="northwind"), make_signal())


@pytest.mark.parametrize("how", ["table", "csv", "json"])
def test_the_command_line_asks(noor, capsys, how):
    code = cli.main(["sql", "SELECT '=1+1' AS sum, 2 AS two", "-w", "northwind", "--format", how])

    told = capsys.readouterr().out
    assert code == 0
    expected = {"table": "=1+1  2", "csv": "'=1+1,2", "json": json.dumps({"sum": "=1+1", "two": 2})}
    assert expected[how] in told


def test_the_command_line_writes_files_and_says_what_is_wrong(noor, tmp_path, capsys):
    days = tmp_path / "days.parquet"
    codes = [
        cli.main(["snapshot", str(tmp_path / "n.duckdb"), "-w", "northwind"]),
        cli.main(["sql", "FROM days", "-w", "northwind", "--format", "parquet", "-o", str(days)]),
        cli.main(["snapshot", str(tmp_path / "n.duckdb"), "-w", "northwind"]),
        cli.main(["sql", "DROP TABLE signals", "-w", "northwind"]),
        cli.main(["sql", "-w", "northwind"]),
    ]

    assert codes == [0, 0, 1, 1, 1]
    with duckdb.connect(str(tmp_path / "n.duckdb"), read_only=True) as opened:
        assert opened.execute("SELECT count(*) FROM customers").fetchone() == (1,)
    assert days.stat().st_size
    assert "Write one SELECT, and nothing else." in capsys.readouterr().err
