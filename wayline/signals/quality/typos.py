"""Names that look like a misspelling of a far more common one: "Order Complted"."""

import re
from collections import defaultdict
from datetime import datetime

from django.db.models import Max, Min, Sum

from wayline.signals.models import SignalName, Term
from wayline.signals.vocabulary import Kind

from .found import Found
from .models import Finding

MOST_SHARE = 0.05  # of the true name's volume
MANY_TRUE_NAMES = 500  # the loudest of a kind
MANY_WORDS = 8
# Pages are named after what is on them, and derived signals by rules: neither is typed again by hand.
SPELLED = {Kind.BEHAVIOR, Kind.OPERATION, Kind.CONTACT, Kind.MESSAGE, Kind.ANSWER, Kind.REVIEW, Kind.SCREEN}


def misspellings(workspace_id: int) -> list[Found]:
    """Names nobody decided on that differ from a loud one by a slip of the hand."""
    seen = SignalName.objects.filter(workspace=workspace_id, kind__in=SPELLED).order_by()
    totals = seen.values_list("kind", "name").annotate(
        n=Sum("count"), first=Min("first_seen_at"), last=Max("last_seen_at")
    )
    undecided = set(
        Term.objects.filter(workspace=workspace_id, status=Term.Status.NEW, merged_into=None).values_list(
            "kind", "name"
        )
    )
    by_kind: dict[str, list[tuple[str, int, datetime]]] = defaultdict(list)
    for kind, name, count, first, _ in totals:
        by_kind[kind].append((name, count, first))
    found = []
    for kind, names in by_kind.items():
        names.sort(key=lambda each: (-each[1], each[0]))
        for name, count, first in names:
            true = _true_name(name, count, names) if (kind, name) in undecided else None
            if true:
                detail = {"like": true[0], "of": true[1], "count": count}
                found.append(Found(Finding.What.TYPO, first, kind, name, detail=detail))
    return found


def _true_name(name: str, count: int, names: list[tuple[str, int, datetime]]) -> tuple[str, int] | None:
    for other, volume, _ in names[:MANY_TRUE_NAMES]:
        if count > MOST_SHARE * volume:
            return None
        if other != name and is_slip(name, other):
            return other, volume
    return None


def is_slip(name: str, true: str) -> bool:
    """Whether the one may be the other, misspelled: the same words, some of them a letter or two apart.

    Two numbers are two things ("Step 1" and "Step 2"), and so are two short words ("Signed In", "Signed Up").
    """
    mine, theirs = _words(name), _words(true)
    if len(mine) != len(theirs) or len(mine) > MANY_WORDS:
        return False
    return all(a == b or _is_close(a, b) for a, b in zip(mine, theirs, strict=True))


def _is_close(a: str, b: str) -> bool:
    if not (a.isalpha() and b.isalpha()):
        return False
    allowed = 0 if min(len(a), len(b)) < 4 else 1 if min(len(a), len(b)) < 8 else 2
    return abs(len(a) - len(b)) <= allowed and distance(a, b) <= allowed


def _words(name: str) -> list[str]:
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return re.findall(r"[^\W\d_]+|\d+", parted.casefold())


def distance(a: str, b: str) -> int:
    """How many letters are changed, left out, put in, or swapped with the next (optimal string alignment)."""
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, letter in enumerate(a, 1):
        earlier, before, row = before, row, [i]
        for j, other in enumerate(b, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == other:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
    return row[-1]
