"""What is known of a customer, who said it, and how old it is."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from wayline.accounts.models import Workspace
from wayline.customers.models import Customer, TrustRules

from . import sayings


@dataclass(frozen=True)
class Other:
    """What another source says instead, or said before."""

    source: str
    value: Any
    told_at: datetime


@dataclass(frozen=True)
class Trait:
    """A trait as it holds. Source and moment are missing where nobody remembers who said it."""

    name: str
    value: Any
    source: str = ""
    told_at: datetime | None = None
    is_stale: bool = False
    others: tuple[Other, ...] = ()

    @property
    def label(self) -> str:
        return self.name.replace("_", " ")

    @property
    def conflicts(self) -> tuple[Other, ...]:
        return tuple(each for each in self.others if each.value != self.value)


def rules_of(workspace: Workspace) -> TrustRules:
    """Whom this workspace believes; everybody alike where nothing was decided."""
    return TrustRules.objects.filter(workspace=workspace).first() or TrustRules(workspace=workspace)


def levels_of(workspace_id: int) -> dict[str, int]:
    """How far each source is believed."""
    return TrustRules.objects.filter(workspace=workspace_id).values_list("levels", flat=True).first() or {}


def traits_of(customer: Customer, *, now: datetime) -> list[Trait]:
    """Every trait with who said it, when, whether it is stale, and what others say."""
    rules = rules_of(customer.workspace)
    return [_trait(name, value, customer, rules, now) for name, value in sorted(customer.traits.items())]


def _trait(name: str, value: Any, customer: Customer, rules: TrustRules, now: datetime) -> Trait:
    said = customer.sayings.get(name)
    if not said:
        return Trait(name, value)
    first, *rest = sayings.ranked(said, rules.levels)
    at = sayings.told_at(said[first])
    days = rules.stale_after_days
    return Trait(
        name,
        value,
        first,
        at,
        is_stale=bool(days) and at < now - timedelta(days=days),
        others=tuple(Other(each, said[each][0], sayings.told_at(said[each])) for each in rest),
    )
