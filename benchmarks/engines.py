"""The product's questions on another engine than DuckDB: ClickHouse's behind HTTP, or Spark over Parquet."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from wayline.warehouse import connect


@contextlib.contextmanager
def opened(engine: str, folder: Path) -> Iterator[connect.Warehouse]:
    """The engine's warehouse in this folder, with what an earlier measure wrote into it."""
    with address(engine, folder) as url:
        warehouse = connect.open(url)
        yield warehouse
        warehouse.close()


@contextlib.contextmanager
def address(engine: str, folder: Path) -> Iterator[str]:
    """Where the engine is reached; what it keeps lies in the folder."""
    if engine == "clickhouse":
        from wayline.warehouse import chdb_testing

        with chdb_testing.server(folder / "clickhouse") as url:
            yield url
    elif engine == "spark":
        # Two threads of one Java process, as a cluster's two workers would hold their own memory each.
        yield f"spark://{folder / 'spark'}?master=local[2]&spark.driver.memory=3g"
    else:
        yield f"duckdb://{folder / 'signals.duckdb'}"
