"""Everything one customer did and said, the latest first."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import ibis

from wayline.signals.vocabulary import SCALES
from wayline.warehouse import connect
from wayline.warehouse.tables import stored

COLUMNS = (
    "customer", "at", "seq", "key", "kind", "name", "channel", "source", "subject", "step", "score", "scale",
    "value", "text", "properties",
)  # fmt: skip


@dataclass(frozen=True)
class Moment:
    """One signal as people read it. `feeling` is its score brought to −2 to +2."""

    customer: int
    at: datetime
    seq: int
    key: str
    kind: str
    name: str
    channel: str | None = None
    source: str | None = None
    subject: str | None = None
    step: str | None = None
    score: float | None = None
    scale: str | None = None
    value: float | None = None
    text: str | None = None
    properties: dict[str, str] = field(default_factory=dict)

    @property
    def feeling(self) -> float | None:
        scale = SCALES.get(self.scale or "")
        if scale is None or self.score is None or not scale.low <= self.score <= scale.high:
            return None
        return scale.feeling(self.score)


def timeline(
    workspace: int,
    customer: int,
    *,
    before: datetime | tuple[datetime, int] | None = None,
    limit: int = 50,
) -> tuple[Moment, ...]:
    """The customer's signals, latest first. `before` is a time, or the at and seq of the last one shown."""
    signals = connect.table("signals")
    theirs = signals.filter(signals.workspace == workspace, signals.customer == customer)
    if isinstance(before, datetime):
        theirs = theirs.filter(theirs.at < stored(before))
    elif before is not None:
        at, seq = stored(before[0]), before[1]
        theirs = theirs.filter((theirs.at < at) | ((theirs.at == at) & (theirs.seq < seq)))
    return latest(theirs, limit)


def latest(signals: ibis.Table, limit: int) -> tuple[Moment, ...]:
    """The latest of these signals as moments."""
    ordered = signals.order_by(signals.at.desc(), signals.seq.desc()).limit(limit)
    rows = connect.current().run(ordered.select(*COLUMNS)).to_pylist()
    return tuple(
        Moment(**row | {"at": row["at"].replace(tzinfo=UTC), "properties": dict(row["properties"] or ())})
        for row in rows
    )
