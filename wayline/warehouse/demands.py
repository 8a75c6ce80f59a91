"""What a question needs of a table: which fields of it, and what is known of the rows that matter.

Whoever fetches rows from elsewhere fetches no more than that. It may be too much here, never too little.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

import ibis
import ibis.expr.operations as ops

NOT_BY_ROW = (ops.WindowFunction, ops.Analytic, ops.Unnest)  # what else is there decides about them
LEFT_KEEPS = {"inner", "left", "semi", "anti"}


@dataclass(frozen=True)
class Demand:
    """One look at a table. `known` holds for every row that matters; `ends_of` asks for its ends only.

    Of those rows, `most` are enough where it is given: the first ones `by` a field, or any.
    """

    fields: frozenset[str]
    known: tuple[ops.Value, ...] = ()
    ends_of: str | None = None
    most: int | None = None
    by: tuple[str, bool] | None = None  # a field, and whether it falls


def demands(expression: ibis.Table) -> dict[str, list[Demand]]:
    """By table, every look that the expression takes at it."""
    found: dict[str, list[Demand]] = defaultdict(list)
    root = expression.op()
    _look(root, frozenset(root.schema.names), (), found)
    return found


@dataclass(frozen=True)
class _Part:
    """What of a relation's rows is enough for whoever looks."""

    ends_of: str | None = None
    most: int | None = None
    by: tuple[str, bool] | None = None


ALL = _Part()


def _look(rel: ops.Relation, fields: frozenset[str], known: tuple, found: dict, part: _Part = ALL):
    """Note what is needed below this relation, when these of its fields are, of rows known to be so."""
    match rel:
        case ops.UnboundTable():
            found[rel.name].append(Demand(fields, known, part.ends_of, part.most, part.by))
        case ops.Filter():
            _look_below_filter(rel, fields, known, found, part)
        case ops.Sort():
            needed = fields | _fields(rel.keys, rel.parent)
            _subqueries(rel.keys, found)
            _look(rel.parent, needed, _renamed(known, rel, rel.parent), found, _in_order(rel, part))
        case ops.Limit():
            _look(rel.parent, fields, (), found, _Part(most=_most(rel)))
        case ops.Distinct():
            _look(rel.parent, frozenset(rel.schema.names), _renamed(known, rel, rel.parent), found)
        case ops.JoinReference() | ops.DropColumns():
            _look(rel.parent, fields, _renamed(known, rel, rel.parent), found)
        case ops.Project():
            _look_below_project(rel, fields, known, found, part)
        case ops.Aggregate():
            values = [*rel.groups.values(), *rel.metrics.values()]
            _subqueries(values, found)
            _look(rel.parent, _fields(values, rel.parent), (), found, _Part(ends_of=_ends_of(rel)))
        case ops.JoinChain():
            _look_below_joins(rel, fields, known, found)
        case _:
            for table in rel.find(ops.UnboundTable):
                found[table.name].append(Demand(frozenset(table.schema.names)))


def _most(rel: ops.Limit) -> int | None:
    """How many rows are enough, as far as that is said in numbers."""
    is_said = isinstance(rel.n, int) and isinstance(rel.offset, int)
    return rel.n + rel.offset if is_said else None


def _in_order(rel: ops.Sort, part: _Part) -> _Part:
    """The first so many in this order; of an order that is not by a field, all."""
    first = rel.keys[0]
    if part.most is None or part.by or not isinstance(first.arg, ops.Field):
        return ALL
    return replace(part, by=(first.arg.name, first.descending))


def _look_below_filter(rel: ops.Filter, fields, known, found, part) -> None:
    _subqueries(rel.predicates, found)
    needed = fields | _fields(rel.predicates, rel.parent)
    if _is_not_by_row(rel.predicates):
        _look(rel.parent, needed, (), found)
    else:
        _look(rel.parent, needed, (*_renamed(known, rel, rel.parent), *rel.predicates), found, part)


def _look_below_project(rel: ops.Project, fields, known, found, part) -> None:
    values = [rel.values[name] for name in fields]
    _subqueries(values, found)
    # A condition below a window would change what the window sees.
    is_by_row = not _is_not_by_row(rel.values.values())
    below = tuple(_replaced(each, rel) for each in known) if is_by_row else ()
    needed = _fields([*values, *below], rel.parent)
    _look(rel.parent, needed, below, found, _Part(most=part.most) if is_by_row and not part.by else ALL)


def _look_below_joins(rel: ops.JoinChain, fields, known, found) -> None:
    values = [rel.values[name] for name in fields]
    predicates = [each for link in rel.rest for each in link.predicates]
    _subqueries([*values, *predicates], found)
    below = [_replaced(each, rel) for each in known]
    keeps = all(link.how in LEFT_KEEPS for link in rel.rest)
    ours = tuple(each for each in below if keeps and _relations(each) <= {rel.first})
    for place in (rel.first, *(link.table for link in rel.rest)):
        needed = _fields([*values, *predicates, *below], place)
        _look(place, needed, ours if place is rel.first else (), found)


def _ends_of(rel: ops.Aggregate) -> str | None:
    """The field of which only the least and greatest are asked for."""
    names = {
        each.arg.name
        if isinstance(each, ops.Min | ops.Max) and each.where is None and isinstance(each.arg, ops.Field)
        else None
        for each in rel.metrics.values()
    }
    return names.pop() if len(names) == 1 and not rel.groups else None


def _fields(values: Iterable[ops.Value], rel: ops.Relation) -> frozenset[str]:
    found = (field for value in values for field in value.find(ops.Field, filter=ops.Value))
    return frozenset(field.name for field in found if field.rel == rel)


def _relations(value: ops.Value) -> set[ops.Relation]:
    return {field.rel for field in value.find(ops.Field, filter=ops.Value)}


def _subqueries(values: Iterable[ops.Value], found: dict) -> None:
    for value in values:
        for subquery in value.find(ops.Subquery, filter=ops.Value):
            _look(subquery.rel, frozenset(subquery.rel.schema.names), (), found)


def _is_not_by_row(values: Iterable[ops.Value]) -> bool:
    return any(value.find(NOT_BY_ROW, filter=ops.Value) for value in values)


def _renamed(known: tuple, rel: ops.Relation, parent: ops.Relation) -> tuple:
    """The same conditions, said of the parent, which has the same fields."""

    def said(node, changed):
        if isinstance(node, ops.Field) and node.rel == rel:
            return ops.Field(parent, node.name)
        return node.__recreate__(changed) if changed else node

    return tuple(each.replace(said, filter=ops.Value) for each in known)


def _replaced(value: ops.Value, rel: ops.Project | ops.JoinChain) -> ops.Value:
    """The same condition, said of what the relation's fields are made of."""

    def said(node, changed):
        if isinstance(node, ops.Field) and node.rel == rel:
            return rel.values[node.name]
        return node.__recreate__(changed) if changed else node

    return value.replace(said, filter=ops.Value)
