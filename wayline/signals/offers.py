"""What pages offer to choose from: kept for minutes, and asked for anew when its ground was changed.

Each process keeps its own, and notices what another one did. See docs/decisions/0204.
"""

from collections.abc import Callable
from typing import TypeVar

from django.core.cache import cache

from wayline.audit import queries as audit

SECONDS = 300  # asking for them reads every signal; what trickles in is offered so much later
RESTS_ON = ("signals.import", "signals.erasure", "exports.arrival")
PROPERTIES, TRAITS, SEGMENTS = WHAT = ("properties", "traits", "segments")

Offer = TypeVar("Offer")


def offered(what: str, workspace: int, ask: Callable[[], Offer]) -> Offer:
    """What was found a moment ago, unless something was brought or taken away since."""
    state, key = audit.state_of(*RESTS_ON), _key(what, workspace)
    found = cache.get(key)
    if found is None or found[0] != state:
        found = (state, ask())
        cache.set(key, found, SECONDS)  # in the place of what it was before
    return found[1]


def forget(workspace: int) -> None:
    """Keep none of the workspace's offers in this process any longer."""
    cache.delete_many([_key(what, workspace) for what in WHAT])


def _key(what: str, workspace: int) -> str:
    return f"offers:{what}:{workspace}"
