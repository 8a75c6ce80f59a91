"""Whom a company's own tables must not show: asked by the warehouse by name; see warehouse/erased.py."""

from collections.abc import Hashable, Iterable
from datetime import datetime

from wayline.customers.identities import ANONYMOUS_ID, EMAIL, EXTERNAL_ID, PHONE, normalise

from .tombstones import PROFILE, digest, known

KINDS = (EXTERNAL_ID, EMAIL, PHONE, ANONYMOUS_ID)


def state(workspace: int) -> Hashable | None:
    """Changes whenever somebody is erased; nothing while nobody was."""
    stones = known.of(workspace)
    return tuple((number, len(each), max(each.values())) for number, each in stones.items()) or None


def among(workspace: int, named: Iterable[str]) -> dict[str, datetime]:
    """Those of the names that are of somebody erased, and when that was."""
    stones = known.of(workspace)
    found = {}
    for name in named:
        values = {(kind, clean) for kind in KINDS if (clean := normalise(kind, name)[0])} | {(PROFILE, name)}
        moments = [
            each[hashed]
            for kind, value in values
            for number, each in stones.items()
            if (hashed := digest(number, kind, value)) in each
        ]
        if moments:
            found[name] = max(moments)
    return found
