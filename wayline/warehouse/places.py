"""Where a value stands in a list, in each engine's own word.

Ibis counts places from 0, which takes arithmetic around the engine's function. DuckDB computes a function
once for each distinct value of a block of rows, but arithmetic and casts around it once for every row.
"""

import ibis
import ibis.expr.operations as ops
import ibis.expr.rules as rlz
from ibis.backends.sql.compilers.clickhouse import ClickHouseCompiler
from ibis.backends.sql.compilers.duckdb import DuckDBCompiler
from ibis.backends.sql.compilers.pyspark import PySparkCompiler
from ibis.expr import datatypes as dt
from ibis.expr.types import IntegerValue, Value

WORDS = {DuckDBCompiler: "list_position", ClickHouseCompiler: "indexOf", PySparkCompiler: "array_position"}


class Place(ops.Value):
    """Counted from 1; 0 or nothing where the value is not in the list."""

    values: ops.Value[dt.Array[dt.String]]
    arg: ops.Value[dt.String]

    dtype = dt.int32
    shape = rlz.shape_like("arg")


def place(value: Value, values: list[str]) -> IntegerValue:
    """Where the value stands in the list: counted from 1; 0 or nothing where it does not."""
    return Place(ibis.array(values), value).to_expr()


def _visit(word: str):
    return lambda compiler, op, *, values, arg: compiler.f.anon[word](values, arg)


for _compiler, _word in WORDS.items():
    _compiler.visit_Place = _visit(_word)  # ibis looks a node's method up by the node's name
