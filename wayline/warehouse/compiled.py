"""SQL by expression, compiled once for all the moments it is asked about."""

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from functools import partial
from typing import Generic, TypeVar

import ibis
import ibis.expr.operations as ops

Made = TypeVar("Made")

# Far from anything that happened.
STAND_IN = datetime(1905, 1, 1)
# Merging nested selects is half of the time to compile, and engines do it anyway.
ibis.options.sql.fuse_selects = False


def defining(tables: dict[str, str], sql: str) -> str:
    """The query with these tables defined before it, which hide those of the same names."""
    defined = ", ".join(f"{name} AS ({select})" for name, select in tables.items())
    return f"WITH {defined}, {sql[5:]}" if sql.startswith("WITH ") else f"WITH {defined} {sql}"


class CompiledQueries:
    """SQL by expression: Ibis takes 10 to 50 ms to compile, which a page of many numbers cannot afford.

    Expressions that differ only in their moments share one text, into which the moments are written: the next
    period, the next hour and the next signal ask in the same shape.
    """

    def __init__(self, dialect: str, size: int = 512):
        self.dialect = dialect
        self._texts: Latest[str] = Latest(size)
        self._shapes: Latest[str] = Latest(size)
        self._moments: Latest[str] = Latest(size)

    def sql(self, expression: ibis.Table) -> str:
        node = expression.op()
        return self._texts.get(node, lambda: self._written(node))

    def _written(self, node: ops.Node) -> str:
        moments: dict[ops.Literal, ops.Literal] = {}
        shape = node.replace(partial(_without_moment, moments))
        text = self._shapes.get(shape, lambda: self._compiled(shape.to_expr()))
        if not moments:
            return text
        said = {self._moment(stand_in): self._moment(moment) for moment, stand_in in moments.items()}
        if not all(stand_in in text for stand_in in said):  # written otherwise inside this expression
            return self._compiled(node.to_expr())
        return re.sub("|".join(map(re.escape, said)), lambda found: said[found[0]], text)

    def _moment(self, moment: ops.Literal) -> str:
        """How the engine writes a moment."""
        alone = moment.to_expr().name("moment").as_table()
        written = self._moments.get(moment, lambda: self._compiled(alone))
        return written.removeprefix("SELECT ").rpartition(" AS ")[0]

    def _compiled(self, expression: ibis.Table) -> str:
        return ibis.to_sql(expression, dialect=self.dialect, pretty=False)


def _without_moment(moments: dict, node: ops.Node, changed: dict | None) -> ops.Node:
    """The node with a stand-in for its moment; equal moments get the same one."""
    if isinstance(node, ops.Literal) and node.dtype.is_timestamp() and node.value is not None:
        stand_in = STAND_IN + timedelta(days=len(moments))
        return moments.setdefault(node, ops.Literal(stand_in, dtype=node.dtype))
    return node.__recreate__(changed) if changed else node


class Latest(Generic[Made]):
    """What was asked for last, by what it was made from."""

    def __init__(self, size: int):
        self._size = size
        self._made: OrderedDict[Hashable, Made] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Made]) -> Made:
        with self._lock:
            if key in self._made:
                self._made.move_to_end(key)
                return self._made[key]
        made = make()
        with self._lock:
            self._made[key] = made
            if len(self._made) > self._size:
                self._made.popitem(last=False)
        return made
