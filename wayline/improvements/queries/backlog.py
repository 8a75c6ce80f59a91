"""All opportunities side by side: ranked, shortlisted, and what else each would touch."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from wayline.accounts.models import Membership
from wayline.improvements.models import Opportunity
from wayline.journeys import conditions
from wayline.journeys.models import Step

from .sizes import Sized, sized

QUICK_WEEKS = 4  # what is done within a month of one person's work is quick
MOST_AT_ONCE = 2  # an owner who is doing so many has no room for another
SHORTLISTED = 3


@dataclass(frozen=True)
class QuickWin:
    """A quick win, and why it is one."""

    sized: Sized
    why: str


@dataclass(frozen=True)
class Shared:
    """A step of another journey that the same signals are bound to: a change here is felt there."""

    step: Step
    names: tuple[str, ...]


def opportunities(member: Membership):
    """The opportunities of the workspace, the ones changed last first."""
    return Opportunity.objects.visible_to(member).select_related("card__owner", "workspace", "overridden_by")


def ranked(found, *, now: datetime) -> tuple[Sized, ...]:
    """The largest first, by the low end of their interval; those without a size last."""
    sizes = [sized(opportunity, now=now) for opportunity in found]
    return tuple(sorted(sizes, key=lambda each: (-_least(each), each.opportunity.pk)))


def _least(each: Sized) -> float:
    by = each.ranked_by
    return -1.0 if by is None or by.low is None else by.low


def shortlist(everything: tuple[Sized, ...]) -> tuple[QuickWin, ...]:
    """Three quick wins: little effort, a size that is beyond noise, an owner who has room."""
    busy = Counter(
        each.opportunity.card.owner_id
        for each in everything
        if each.opportunity.status == Opportunity.Status.DOING
    )
    wins = [each for each in everything if _is_quick(each) and _has_room(each, busy)]
    wins.sort(key=lambda each: (-(each.payoff or 0), each.opportunity.pk))
    return tuple(QuickWin(each, _why(each)) for each in wins[:SHORTLISTED])


def _is_quick(each: Sized) -> bool:
    effort = each.opportunity.effort_high_weeks
    is_open = each.opportunity.status in (Opportunity.Status.CONSIDERED, Opportunity.Status.CHOSEN)
    size = each.size.customers
    is_sure = size is not None and not size.is_thin and bool(size.low)
    return is_open and is_sure and effort is not None and effort <= QUICK_WEEKS


def _has_room(each: Sized, busy: Counter) -> bool:
    owner = each.opportunity.card.owner_id
    return owner is not None and busy[owner] < MOST_AT_ONCE


def _why(each: Sized) -> str:
    opportunity, by = each.opportunity, each.ranked_by
    least = f"at least {by.low:,.0f} customers a month" if by and by.low is not None else "a known size"
    return (
        f"{least}, at most {opportunity.effort_high_weeks:g} weeks, "
        f"{opportunity.confidence}% sure, and {opportunity.card.owner} has room"
    )


def shared_steps(member: Membership, found: Sized) -> tuple[Shared, ...]:
    """Steps of other journeys bound to signals that the steps of this opportunity are bound to."""
    own = {placement.step_id for placement in found.placements}
    journeys = {placement.journey_id for placement in found.placements}
    wanted = {name for placement in found.placements for name in _names(placement.step)}
    if not wanted:
        return ()
    others = Step.objects.visible_to(member).exclude(pk__in=own).exclude(phase__journey__in=journeys)
    others = others.exclude(condition=None).select_related("phase__journey")
    shared = ((step, tuple(sorted(wanted & _names(step)))) for step in others)
    return tuple(Shared(step, names) for step, names in shared if names)


def _names(step: Step) -> set[str]:
    condition = conditions.parsed(step.condition)
    return set() if condition is None else conditions.named(condition)
