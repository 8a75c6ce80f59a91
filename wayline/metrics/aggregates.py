"""What the engine sums up of the unit rows, and how the sums arrive."""

from dataclasses import dataclass

import ibis
from ibis.expr.types import Table

from wayline.statistics.moments import Moments
from wayline.warehouse import connect

Key = tuple[str | None, ...]


NOTHING = Moments(0, 0.0, 0.0, 0.0, 0.0, 0, 0.0, 0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Summed:
    """The moments of one group, and how many rows were left out because their window is open."""

    moments: Moments
    open: int


def summed(rows: Table, keys: tuple[str, ...]) -> dict[tuple[str, Key], Summed]:
    """The moments of every (period, key), summed over customers first so that repeat answerers show."""
    counted = rows.x.notnull()
    w = ibis.cases((counted, rows.w), else_=0.0)
    x = rows.x.fill_null(0.0)
    each = (
        rows.select("which", "customer", *keys, w=w, x=x, is_counted=counted.cast("int64"))
        .group_by(["which", "customer", *keys])
        .agg(
            n=ibis._.is_counted.sum(),
            all=ibis._.count(),
            w=ibis._.w.sum(),
            ww=(ibis._.w * ibis._.w).sum(),
            wx=(ibis._.w * ibis._.x).sum(),
            wxx=(ibis._.w * ibis._.x * ibis._.x).sum(),
            wwx=(ibis._.w * ibis._.w * ibis._.x).sum(),
            wwxx=(ibis._.w * ibis._.w * ibis._.x * ibis._.x).sum(),
        )
    )
    together = each.group_by(["which", *keys]).agg(
        n=each.n.sum(),
        open=(each["all"] - each.n).sum(),
        weight=each.w.sum(),
        weight_squared=each.ww.sum(),
        total=each.wx.sum(),
        squares=each.wxx.sum(),
        clusters=(each.n > 0).cast("int64").sum(),
        own_total=each.wwx.sum(),
        own_squares=each.wwxx.sum(),
        cluster_weight=(each.w * each.w).sum(),
        cluster_cross=(each.w * each.wx).sum(),
        cluster_total=(each.wx * each.wx).sum(),
    )
    found = {}
    for row in connect.current().run(together).to_pylist():
        key = tuple(row.pop(name) for name in keys)
        which, left_out = row.pop("which"), row.pop("open")
        found[which, key] = Summed(Moments(**row), left_out)
    return found


@dataclass(frozen=True)
class Ranked:
    """The order statistics of one group that its quantile and interval can need."""

    n: int
    values: dict[int, float]


def ranked(rows: Table, keys: tuple[str, ...], q: float) -> dict[tuple[str, Key], Ranked]:
    """The values near the quantile of every (period, key): about 4 × √(n q (1 − q)) of the n."""
    groups = ["which", *keys]
    known = rows.filter(rows.x.notnull())
    placed = known.select(
        *groups,
        "x",
        n=known.count().over(ibis.window(group_by=groups)),
        rank=ibis.row_number().over(ibis.window(group_by=groups, order_by="x")) + 1,
    )
    # What statistics.quantiles.ranks asks for lies within 1.96 standard deviations; 3 makes up for rounding.
    reach = (placed.n.cast("float64") * (q * (1 - q))).sqrt() * 2 + 3
    near = placed.filter((placed["rank"] - placed.n * q).abs() <= reach)
    found: dict = {}
    for row in connect.current().run(near).to_pylist():
        group = row["which"], tuple(row[name] for name in keys)
        found.setdefault(group, Ranked(row["n"], {})).values[row["rank"]] = row["x"]
    return found
