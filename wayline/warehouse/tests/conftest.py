from uuid import uuid4

import duckdb
import pytest

from wayline.warehouse import compiled, connect
from wayline.warehouse.engine import as_asked
from wayline.warehouse.lake import Lake
from wayline.warehouse.spark import SparkWarehouse

_in_duckdb = compiled.CompiledQueries("duckdb")


class LakeWarehouse(SparkWarehouse):
    """What Spark would see, read by DuckDB: Spark itself is asked in metrics' conformance suite."""

    def run(self, expression, *, with_own_tables=True):
        expression = expression.as_table()
        manifest = self._manifest()
        marks = [f"('{name}', {mark}::BIGINT)" for name, mark in manifest.marks.items()]
        with duckdb.connect() as engine:
            for name in ("signals", "customers"):
                engine.execute(f"CREATE VIEW {name} AS {view_of(name, self._lake.files(manifest, name))}")
            values = f"VALUES {', '.join(marks)}" if marks else "SELECT '', 0 WHERE false"
            engine.execute(f"CREATE VIEW marks AS SELECT * FROM ({values}) AS m(journal, mark)")
            return as_asked(engine.sql(_in_duckdb.sql(expression)).to_arrow_table(), expression)


def view_of(table: str, files: list[str]) -> str:
    schema = connect.table(table).schema()
    if not files:
        kinds = schema.to_sqlglot_column_defs("duckdb")
        columns = [f'CAST(NULL AS {each.kind.sql("duckdb")}) AS "{each.name}"' for each in kinds]
        return f"SELECT {', '.join(columns)} WHERE false"
    newest = "row_number() OVER (PARTITION BY workspace, customer ORDER BY version DESC) = 1"
    columns = ", ".join(f'"{name}"' for name in schema.names)
    return f"SELECT {columns} FROM read_parquet({files}, union_by_name = true)" + (
        f" QUALIFY {newest}" if table == "customers" else ""
    )


@pytest.fixture(scope="session")
def clickhouse_url(tmp_path_factory):
    """ClickHouse's engine behind HTTP."""
    pytest.importorskip("chdb", reason="ClickHouse's engine is not installed here")
    from wayline.warehouse import chdb_testing

    with chdb_testing.server(tmp_path_factory.mktemp("clickhouse") / "data") as url:
        yield url


@pytest.fixture(
    params=[
        "duckdb",
        pytest.param("lake", marks=pytest.mark.slow),
        pytest.param("chdb", marks=pytest.mark.slow),
        pytest.param("clickhouse", marks=pytest.mark.slow),
    ]
)
def warehouse(request, tmp_path):
    """A fresh warehouse of each engine in turn, current while the test runs."""
    fresh = opened(request, tmp_path)
    with connect.using(fresh):
        yield fresh
    fresh.close()


def opened(request, tmp_path):
    if request.param == "duckdb":
        return connect.open("duckdb://")
    if request.param == "lake":
        return LakeWarehouse("", Lake(str(tmp_path / "lake")), {})
    if request.param == "chdb":
        pytest.importorskip("chdb", reason="ClickHouse's engine is not installed here")
        from wayline.warehouse import chdb_testing
        from wayline.warehouse.clickhouse import ClickHouseWarehouse

        return ClickHouseWarehouse(chdb_testing.ChdbClient(chdb_testing.engine(), f"test_{uuid4().hex}"))
    url = request.getfixturevalue("clickhouse_url")
    opener, database = connect.open(url), f"http_{uuid4().hex}"
    opener.client.do(f"CREATE DATABASE {database}", {})
    opener.close()
    return connect.open(url.replace("/wayline", f"/{database}"))
