from collections.abc import Sequence

from django.db.models import Count, QuerySet

from wayline.accounts.models import Membership
from wayline.signals.models import RefusedSignal

from .replay import AT_ONCE

SHOWN = 10


def _waiting(member: Membership) -> QuerySet[RefusedSignal]:
    return RefusedSignal.objects.visible_to(member).filter(was_kept=False, replayed_at=None)


def reasons(member: Membership) -> list[tuple[str, int]]:
    """The commonest reasons of what was refused and not replayed, each with how many."""
    counted = _waiting(member).exclude(excerpt="").order_by().values_list("reason").annotate(n=Count("pk"))
    return list(counted.order_by("-n", "reason")[:SHOWN])


def replayable(member: Membership, *, reason: str = "", ids: Sequence[str | int] = ()) -> list[RefusedSignal]:
    """What was refused for this very reason, or has these numbers; the oldest first."""
    waiting = _waiting(member).order_by("pk")
    if reason:
        return list(waiting.filter(reason=reason)[:AT_ONCE])
    numbers = [
        int(each) for each in ids if str(each).isascii() and str(each).isdigit() and len(str(each)) < 18
    ]
    return list(waiting.filter(pk__in=numbers[:AT_ONCE]))
