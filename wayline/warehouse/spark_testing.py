"""A real Spark cluster of two worker processes on this machine, for tests."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wayline.warehouse.lake import Lake
from wayline.warehouse.spark import SparkWarehouse

# Short runs on a busy machine: compiling much and collecting in parallel would only cost.
JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xss2m"
SETTINGS = {
    "spark.driver.memory": "700m",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.extraJavaOptions": JAVA,
    "spark.executor.memory": "600m",
    "spark.executor.extraJavaOptions": JAVA,
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.log.level": "ERROR",
}


@contextmanager
def cluster(folder: Path) -> Iterator[SparkWarehouse]:
    """A warehouse over this folder, read by two workers with one core and one executor each."""
    import pyspark

    warehouse = SparkWarehouse("local-cluster[2,1,1024]", Lake(str(folder)), SETTINGS)
    yield warehouse
    session = warehouse._session
    application = session.sparkContext.applicationId if session else None
    warehouse.close()
    if application:  # local-cluster keeps its workers' logs inside the library
        shutil.rmtree(Path(pyspark.__file__).parent / "work" / application, ignore_errors=True)
