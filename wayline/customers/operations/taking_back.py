"""Undoing an import: what it said of customers, the values and merges it made, and what has to stay."""

from dataclasses import dataclass

from django.db import transaction

from wayline.customers import told
from wayline.customers.companies import operations as companies
from wayline.customers.models import Identity
from wayline.customers.trust import operations as trust

from . import merges


@dataclass(frozen=True)
class TakenBack:
    """Customers whose facts changed, profiles that belong to another customer now, and what stays and why."""

    customers: list[int]
    profiles: list[list[int]]
    stays: list[str]


@transaction.atomic
def take_back(workspace_id: int, *, source: str) -> TakenBack:
    """Undo what an import told of customers that others know too."""
    # Merges first: parting two gives each their own facts back, which is where the import's are looked for.
    profiles, stays = merges.part_all_of(workspace_id, source=source)
    changed = set(told.take_back(workspace_id, source=source))
    changed |= set(trust.forget(workspace_id, source=source))
    changed |= companies.take_back(workspace_id, source=source)
    Identity.objects.filter(workspace=workspace_id, source=source).delete()
    return TakenBack(sorted(changed), profiles, stays)
