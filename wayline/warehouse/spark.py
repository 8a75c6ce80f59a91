"""Spark over Parquet files in a shared folder: for companies whose data lives on a Spark cluster.

Loading writes the files itself (lake.py); Spark only reads, and starts with the first question.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import ibis
import ibis.expr.operations as ops
import pyarrow as pa

from wayline.kit.refusals import Refusal
from wayline.warehouse import native, tables
from wayline.warehouse.compiled import CompiledQueries
from wayline.warehouse.engine import WarehouseFailing, WarehouseUnknown, as_asked, next_version
from wayline.warehouse.erased import ErasedPeople
from wayline.warehouse.lake import Lake, LakeWriter, Manifest

CONFIGURATION = {
    "spark.app.name": "Wayline",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "false",  # a cast that fails is null, as for the other engines
    "spark.sql.parquet.inferTimestampNTZ.enabled": "false",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.shuffle.partitions": "64",
}
QUERIES = CompiledQueries("pyspark")
VIEWS = {
    "signals": "SELECT {columns} FROM signals_rows",
    # Of a customer's rows the one of the latest write counts.
    "customers": "SELECT workspace, customer, found.first_seen_at, found.traits, found.facts FROM (SELECT "
    "workspace, customer, max_by(struct(first_seen_at, traits, facts), version) AS found FROM customers_rows "
    "GROUP BY ALL)",
}


class SparkMissing(Refusal):
    """The address asks for Spark, and its library is not installed."""


def open(url: str, *, memory: str, own_tables: str = "") -> "SparkWarehouse":
    """Open spark://host:7077/folder, or spark:///folder?master=local-cluster[2,1,1024] for other masters.

    Parameters that begin with "spark." are settings of the session.
    """
    parts = urlsplit(url)
    asked = dict(parse_qsl(parts.query))
    master = asked.pop("master", "") or (f"spark://{parts.netloc}" if parts.netloc else "")
    unknown = [name for name in asked if not name.startswith("spark.")]
    if not master or parts.path in ("", "/") or unknown:
        raise WarehouseUnknown(
            "WAYLINE_WAREHOUSE_URL must name a Spark master and a folder that all its workers share: "
            "spark://host:7077/srv/wayline, or spark:///srv/wayline?master=yarn."
        )
    if find_spec("pyspark") is None:
        raise SparkMissing(
            "Spark is asked for, but PySpark is not installed. Install the version of your cluster beside "
            "Wayline, as in: pip install 'pyspark==4.0.*'. It needs Java 17."
        )
    # Both /folder and //folder name the folder from the root, as for the other engines.
    own = native.read(own_tables)
    if elsewhere := next((each.postgresql for each in own if each.postgresql), None):
        raise WarehouseUnknown(
            f"PostgreSQL tables, as {elsewhere}, are read with duckdb:// only. With Spark, give its catalog "
            "the table over JDBC and name it with table:."
        )
    return SparkWarehouse(master, Lake(f"/{parts.path.lstrip('/')}", memory=memory), asked, own)


class SparkWarehouse:
    """Every query sees the files of the manifest that was the latest when it began."""

    def __init__(
        self,
        master: str,
        lake: Lake,
        configuration: dict[str, str],
        own: tuple[native.OwnTable, ...] = (),
    ):
        self._own = own
        self._erased = ErasedPeople(own, _named)
        self._master = master
        self._lake = lake
        self._configuration = CONFIGURATION | configuration
        self._queries = QUERIES
        self._lock = threading.Lock()
        self._write_lock = threading.Lock()
        self._version = next_version()
        self._seen = (-1, 0)
        self._session: Any = None
        self._loaded: dict[bool, tuple[Any, Any]] = {}

    @property
    def version(self) -> int:
        """Changes with every write, whichever process made it."""
        self._manifest()
        return self._version

    def table(self, name: str) -> ibis.Table:
        return tables.table(name)

    def run(self, expression: ibis.Expr, *, with_own_tables: bool = True) -> pa.Table:
        """The rows the expression asks for, as they were committed last."""
        expression = expression.as_table()
        manifest = self._manifest()
        if _is_marks(expression):  # asked every second, and known without Spark
            marks = [{"journal": name, "mark": mark} for name, mark in manifest.marks.items()]
            return pa.Table.from_pylist(marks, schema=expression.schema().to_pyarrow())
        with _failures():
            session = self._session_of(manifest, with_own_tables and bool(self._own))
            return as_asked(session.sql(self._queries.sql(expression)).toArrow(), expression)

    @contextmanager
    def writing(self) -> Iterator[LakeWriter]:
        """One write: everything the writer did, or nothing."""
        with self._write_lock, self._lake.writing() as writer:
            yield writer

    def mend(self) -> str | None:
        """Damage is for its own servers to find and mend."""
        return None

    def purge(self) -> str:
        """Leave nothing of rows that were deleted; says when the files that no longer count go."""
        with self.writing() as writer:
            writer.compact()
        return "warehouse: written anew; questions under way may read the former files for up to two hours"

    def tidy(self) -> None:
        """Delete files that no question reads any more."""
        self._lake.tidy()

    def close(self) -> None:
        with self._write_lock, self._lock:
            if self._session is not None:
                self._session.stop()
                self._session = None
                self._loaded = {}

    def _manifest(self) -> Manifest:
        with _failures():
            manifest = self._lake.manifest()
        seen = (manifest.number, native.freshness() if self._own else 0)
        if seen != self._seen:
            self._seen, self._version = seen, next_version()
        return manifest

    def _session_of(self, manifest: Manifest, with_own_tables: bool):
        """A session in which the tables are the files of this manifest."""
        with self._lock:
            state = (manifest.number, self._erased.state() if with_own_tables else None)
            if self._loaded.get(with_own_tables, (None,))[0] != state:
                session = self._started().newSession()
                for name, value in self._configuration.items():
                    if name.startswith("spark.sql."):
                        session.conf.set(name, value)
                stored = {}
                for name, view in VIEWS.items():
                    self._rows(session, manifest, name).createOrReplaceTempView(f"{name}_rows")
                    stored[name] = view.format(columns=", ".join(tables.ALL[name].names))
                own = self._own if with_own_tables else ()
                mapped = [native.mapped(each, "spark", self._erased.of(each, session)) for each in own]
                for name, select in native.together(stored, mapped, "spark").items():
                    session.sql(select).createOrReplaceTempView(name)
                self._loaded[with_own_tables] = (state, session)
            return self._loaded[with_own_tables][1]

    def _rows(self, session, manifest: Manifest, table: str):
        columns = ", ".join(f"{name} {_type_of(kind)}" for name, kind in tables.ALL[table].items())
        columns += ", version BIGINT" if table == "customers" else ""
        # A mount, whatever the default.
        files = [f"file://{file}" for file in self._lake.files(manifest, table)]
        if not files:
            return session.createDataFrame([], columns)
        # Said, because files of former versions lack the columns that came since.
        return session.read.schema(columns).parquet(*files)

    def _started(self):
        if self._session is None:
            from pyspark.sql import SparkSession

            # Naming it registers the options that its compiler reads.
            ibis.pyspark.name  # noqa: B018
            builder = SparkSession.builder.master(self._master)
            for name, value in self._configuration.items():
                builder = builder.config(name, value)
            self._session = builder.getOrCreate()
        return self._session


def _named(own: native.OwnTable, session) -> list[tuple[str, int]]:
    return [(row["named"], row["number"]) for row in session.sql(native.named_sql(own, "spark")).collect()]


def _is_marks(expression: ibis.Table) -> bool:
    node = expression.op()
    return isinstance(node, ops.UnboundTable) and node.name == "marks"


def _type_of(kind) -> str:
    if kind.is_map():
        return "MAP<STRING, STRING>"
    return {"Int64": "BIGINT", "Float64": "DOUBLE", "String": "STRING", "Timestamp": "TIMESTAMP"}[
        type(kind).__name__
    ]


@contextmanager
def _failures() -> Iterator[None]:
    from py4j.protocol import Py4JError
    from pyspark.errors import AnalysisException, ParseException, PySparkException

    try:
        yield
    except (AnalysisException, ParseException):
        raise
    except (PySparkException, Py4JError, OSError) as error:
        raise WarehouseFailing(f"Spark does not answer as it should: {str(error)[:500]}") from error
