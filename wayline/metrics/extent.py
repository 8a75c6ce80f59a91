"""From when to when a workspace has signals."""

from datetime import UTC, datetime
from functools import lru_cache

import ibis

from wayline.metrics import cache
from wayline.warehouse import connect

_answers = cache.Kept(256)


def first_at(workspace: int) -> datetime | None:
    """When the earliest signal happened, of any kind."""
    return _ends(workspace)[0]


def last_at(workspace: int) -> datetime | None:
    """When the latest signal happened, of any kind."""
    return _ends(workspace)[1]


def _ends(workspace: int) -> tuple[datetime | None, datetime | None]:
    return _answers.get(lambda: _found(workspace), workspace)


def _found(workspace: int) -> tuple[datetime | None, datetime | None]:
    row = connect.current().run(_ends_of(workspace)).to_pylist()[0]
    first, last = row["first"], row["last"]
    return first and first.replace(tzinfo=UTC), last and last.replace(tzinfo=UTC)


@lru_cache(256)
def _ends_of(workspace: int) -> ibis.Table:
    """Kept, as putting the question takes longer than answering it does."""
    signals = connect.table("signals")
    signals = signals.filter(signals.workspace == workspace)
    return signals.agg(first=signals.at.min(), last=signals.at.max())
