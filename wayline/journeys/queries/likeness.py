"""Which journeys look at the same signals: kept by names of signals, brought up to date by what changed.

Reading and pairing ten thousand journeys takes a third of a second; a change of one takes the pairs it is in.
What is kept says the same as pairing everything anew would: a property test compares both.
"""

import json
from bisect import bisect_left, insort
from collections import Counter, OrderedDict
from collections.abc import Mapping
from functools import lru_cache
from itertools import chain
from threading import Lock

from django.db.models import TextField
from django.db.models.functions import Cast

from wayline.journeys import conditions
from wayline.journeys.models import Step

TOO_COMMON = 40  # a signal bound in more journeys than this tells nothing about any two of them
ALIKE_FROM = 0.5
MOST_KEPT = 4  # workspaces a process keeps
MOST_READ = 500  # journeys asked for in one query

Pair = tuple[int, int]


class Likeness:
    """The names that journeys look for, who looks for each name, and how alike any two journeys are."""

    def __init__(self):
        self.names: dict[int, frozenset[str]] = {}  # of journeys with a bound step
        self.alike: dict[Pair, float] = {}
        self.ordered: list[tuple[float, Pair]] = []  # minus how alike, so that the most alike are first
        self._holders: dict[str, set[int]] = {}
        self._pairs_of: dict[int, set[Pair]] = {}

    def say(self, journey: int, names: frozenset[str] | None) -> None:
        """From now on the journey looks for these names; None where no step of it is bound."""
        before, after = self.names.pop(journey, frozenset()), names or frozenset()
        if names is not None:
            self.names[journey] = names
        disturbed = {journey}
        for name in before - after:
            holders = self._holders[name]
            holders.discard(journey)
            if len(holders) == TOO_COMMON:
                disturbed |= holders  # the name tells something again
        for name in after - before:
            holders = self._holders.setdefault(name, set())
            if len(holders) == TOO_COMMON:
                disturbed |= holders  # the name has become too common
            holders.add(journey)
        for each in disturbed:
            self._weigh(each)

    def _weigh(self, journey: int) -> None:
        """Compare the journey anew with whoever looks for one of its names."""
        for pair in self._pairs_of.pop(journey, ()):
            del self.ordered[bisect_left(self.ordered, (-self.alike.pop(pair), pair))]
            self._pairs_of[pair[0] if pair[1] == journey else pair[1]].discard(pair)
        names = self.names.get(journey, ())
        telling = (self._holders[name] for name in names if len(self._holders[name]) <= TOO_COMMON)
        for other, shared in Counter(chain.from_iterable(telling)).items():
            share = shared / (len(names) + len(self.names[other]) - shared)
            if other != journey and share >= ALIKE_FROM:
                pair = (journey, other) if journey < other else (other, journey)
                self.alike[pair] = share
                insort(self.ordered, (-share, pair))
                for each in pair:
                    self._pairs_of.setdefault(each, set()).add(pair)


class _Kept:
    """The likeness of one workspace, and what its journeys' last changes were when they were read."""

    def __init__(self):
        self.likeness = Likeness()
        self.changes: dict[int, str] = {}
        self.lock = Lock()


_kept: OrderedDict[tuple, _Kept] = OrderedDict()
_lock = Lock()


def likeness(
    workspace: tuple, changes: Mapping[int, str]
) -> tuple[dict[int, frozenset[str]], tuple[tuple[float, Pair], ...]]:
    """The names that the journeys look for, and the pairs that are alike: minus how much, the most first.

    `changes` are the journeys with the time each was last changed: every change of a map touches its journey.
    """
    with _lock:
        kept = _kept.setdefault(workspace, _Kept())
        _kept.move_to_end(workspace)
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    with kept.lock:
        for journey in kept.changes.keys() - changes.keys():
            kept.likeness.say(journey, None)
        old = [key for key, at in changes.items() if kept.changes.get(key) != at]
        found = names_of(old) if old else {}
        for journey in old:
            kept.likeness.say(journey, found.get(journey))
        kept.changes = dict(changes)
        return dict(kept.likeness.names), tuple(kept.likeness.ordered)


def names_of(journeys: list[int]) -> dict[int, frozenset[str]]:
    """The names that the bound steps of each look for; journeys without a bound step are left out."""
    steps = Step.objects.kept().filter(phase__deleted_at=None, condition__isnull=False).order_by()
    named: dict[int, set[str]] = {}
    for start in range(0, len(journeys), MOST_READ):
        part = steps.filter(phase__journey__in=journeys[start : start + MOST_READ])
        said = part.annotate(said=Cast("condition", TextField())).values_list("phase__journey", "said")
        for journey, condition in said:
            named.setdefault(journey, set()).update(_wanted(condition))
    return {journey: frozenset(names) for journey, names in named.items()}


@lru_cache(maxsize=50_000)
def _wanted(said: str) -> tuple[str, ...]:
    """The names a stored condition looks for. Reading JSON is most of the work; many steps say the same."""
    condition = json.loads(said)
    if condition["type"] == "signal":
        return tuple(condition.get("names", ()))
    parsed = conditions.parsed(condition)
    return tuple(conditions.named(parsed)) if parsed else ()
