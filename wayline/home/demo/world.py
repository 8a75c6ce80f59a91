"""A year of Northwind Cloud: signals by the group, each group in order of time."""

from collections.abc import Iterator
from datetime import datetime

import numpy as np

from wayline.signals.vocabulary import Signal

from . import desk, faults, onboarding, shop, subscription, truth
from .memory import Memory
from .people import people
from .stream import Stream
from .words import Voice

GROUP = 2_000  # customers drawn together; the first groups are the same however many follow


def generate(
    *, customers: int = truth.CUSTOMERS, seed: int = truth.SEED, now: datetime, begin: int = 0
) -> Iterator[list[Signal]]:
    """The signals of all customers, one group of customers after another, beginning with this one."""
    moment = int(now.timestamp())
    for group, first in list(enumerate(range(0, customers, GROUP)))[begin:]:
        signals = one_group(seed, group, first, min(GROUP, customers - first), now=moment)
        yield faults.plant(signals, now=moment) if customers >= truth.FAULTS_FROM else signals


def one_group(seed: int, group: int, first: int, n: int, *, now: int) -> list[Signal]:
    rng = np.random.default_rng([seed, group])
    stream = Stream(now=now, prefix=f"demo:{seed}:{group}:")
    everybody = people(rng, first, n, now=now)
    if group == 0:
        faults.give_two_profiles(everybody)
    voice, memory = Voice(rng, everybody), Memory(n)

    onboarded = onboarding.onboard(rng, everybody, memory, stream, voice)
    orders = shop.sell(rng, everybody, memory, stream, voice, prefix=f"O{group:03d}")
    desk.help_people(
        rng,
        everybody,
        onboarded,
        orders,
        memory,
        stream,
        voice,
        prefix=f"{group:03d}",
        with_complainers=group == 0,
    )
    memory.settle()
    left = subscription.live_with_it(rng, everybody, onboarded, memory, stream, voice)
    subscription.ask_quarterly(rng, everybody, onboarded, memory, left, stream, voice)
    subscription.review(rng, everybody, memory, stream, voice)
    return stream.in_order()
