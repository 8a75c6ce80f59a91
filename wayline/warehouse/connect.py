"""Opens the warehouse and hands it out. Nobody outside this area asks which engine it is."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import ibis
import pyarrow as pa
from django.conf import settings

from wayline.warehouse import damage, native
from wayline.warehouse.engine import Warehouse as Warehouse
from wayline.warehouse.engine import WarehouseDamaged as WarehouseDamaged
from wayline.warehouse.engine import WarehouseFailing as WarehouseFailing
from wayline.warehouse.engine import WarehouseUnknown
from wayline.warehouse.engine import Writer as Writer
from wayline.warehouse.tables import table as table

EXAMPLES = (
    "duckdb:///path/to/signals.duckdb",
    "clickhouse://user:password@host:8123/database",
    "spark://host:7077/path/to/folder",
)


def open(url: str) -> Warehouse:
    """Open what the address names; an engine's library is imported only when it is asked for."""
    scheme = url.partition("://")[0]
    if scheme == "duckdb":
        from wayline.warehouse import embedded

        return embedded.open(
            url,
            memory=settings.WAREHOUSE_MEMORY,
            threads=settings.WAREHOUSE_THREADS,
            own_tables=settings.OWN_TABLES,
            own_url=settings.OWN_TABLES_URL,
        )
    if scheme in ("clickhouse", "clickhouses"):
        from wayline.warehouse import clickhouse

        if settings.OWN_TABLES:
            raise WarehouseUnknown("WAYLINE_OWN_TABLES works with duckdb:// and spark://; leave it out here.")
        return clickhouse.open(url)
    if scheme == "spark":
        from wayline.warehouse import spark

        return spark.open(url, memory=settings.WAREHOUSE_MEMORY, own_tables=settings.OWN_TABLES)
    raise WarehouseUnknown(
        f"WAYLINE_WAREHOUSE_URL must begin with duckdb://, clickhouse:// or spark://, not {scheme}://. "
        f"Write one like {', '.join(EXAMPLES)}."
    )


_current: Warehouse | None = None
_opening = threading.Lock()


def current() -> Warehouse:
    """This process's warehouse, opened when first asked for."""
    global _current
    if _current is None:
        with _opening:
            if _current is None:
                _current = open(settings.WAREHOUSE_URL)
    return _current


def run_stored(expression: ibis.Expr) -> pa.Table:
    """What the expression finds among the rows we store, leaving a company's own tables out."""
    return current().run(expression, with_own_tables=False)


def mapped_names(column: str, workspace: int) -> set[str]:
    """The properties or traits that the mapping of a company's own tables names."""
    own = [each for each in native.read(settings.OWN_TABLES) if each.workspace == workspace]
    return {name for each in own for name in getattr(each, column)}


def own_tables_found() -> list[tuple[str, str]]:
    """Each PostgreSQL table of the mapping file with what is wrong with it, or nothing. Reads no rows."""
    from wayline.warehouse import postgresql

    server, found = postgresql.Server(settings.OWN_TABLES_URL), []
    for own in native.read(settings.OWN_TABLES):
        if own.postgresql:
            found.append((own.postgresql, server.wrong_with(own)))
    server.close()
    return found


def ready(*, now: datetime) -> Warehouse:
    """The same for who fills it: a file that is too damaged to open is put aside first."""
    try:
        return current()
    except WarehouseDamaged:
        from wayline.warehouse import embedded

        damage.put_aside(embedded.path_of(settings.WAREHOUSE_URL), now=now)
        return current()


def put_aside() -> list[str]:
    """Damaged files that were put aside and still lie there."""
    if not settings.WAREHOUSE_URL.startswith("duckdb:///"):
        return []
    from wayline.warehouse import embedded

    return damage.put_aside_before(embedded.path_of(settings.WAREHOUSE_URL))


def close() -> None:
    """Close this process's warehouse so that another process may have it."""
    global _current
    with _opening:
        if _current is not None:
            _current.close()
            _current = None


@contextmanager
def using(warehouse: Warehouse) -> Iterator[Warehouse]:
    """Make this warehouse the current one for a while: tests, benchmarks and the command line."""
    global _current
    before, _current = _current, warehouse
    try:
        yield warehouse
    finally:
        _current = before
