"""Deciding whom to believe, and letting the traits follow."""

from datetime import datetime

from django.db import connection, transaction
from django.db.models.expressions import RawSQL

from wayline.accounts.models import User, Workspace
from wayline.audit import operations as audit
from wayline.customers.models import Customer, TrustRules
from wayline.customers.naming import take_name
from wayline.kit import tasks
from wayline.kit.refusals import Refusal

from . import queries, sayings

# The warehouse lies above; it lets the traits follow by this name.
TASK = "signals.settle_traits"
MOST_LEVELS, LOWEST = 200, 99
AT_ONCE = 2_000


class TrustUnclear(Refusal):
    """An order that cannot be followed."""

    status = 422


@transaction.atomic
def set_trust(
    workspace: Workspace,
    *,
    levels: dict[str, int],
    stale_after_days: int | None,
    by: User | None,
    now: datetime,
) -> TrustRules:
    """Say how far each source is believed and when a trait is stale; customers follow in the background."""
    if len(levels) > MOST_LEVELS or not all(0 < len(source) <= 200 for source in levels):
        raise TrustUnclear(f"Name at most {MOST_LEVELS} sources, each by its name.")
    if not all(1 <= level <= LOWEST for level in levels.values()):
        raise TrustUnclear(f"Give each source a number from 1, believed most, to {LOWEST}.")
    if stale_after_days is not None and not 1 <= stale_after_days <= 3650:
        raise TrustUnclear("A trait becomes stale after 1 to 3650 days, or never.")
    rules, _ = TrustRules.objects.update_or_create(
        workspace=workspace, defaults={"levels": levels, "stale_after_days": stale_after_days}
    )
    audit.record(
        "trust.changed", subject=workspace, workspace=workspace, by=by, at=now,
        levels=levels, stale_after_days=stale_after_days,
    )  # fmt: skip
    payload = {"workspace": workspace.pk}
    tasks.enqueue(TASK, payload, now=now, workspace=workspace.pk, unique_key=f"{TASK}:{workspace.pk}")
    return rules


def settle_all(workspace_id: int) -> list[int]:
    """Let every customer's traits be what holds by the order as it is now.

    Answers whose traits changed, or may be told by somebody else now.
    """
    levels, changed, last = queries.levels_of(workspace_id), [], 0
    everybody = Customer.objects.filter(workspace=workspace_id).exclude(sayings={}).order_by("pk")
    while people := list(everybody.filter(pk__gt=last)[:AT_ONCE]):
        last = people[-1].pk
        differ = [each for each in people if _settled(each, levels)]
        Customer.objects.bulk_update(differ, ["traits", "name", "email", "phone"], 500)
        several = [each for each in people if any(len(said) > 1 for said in each.sayings.values())]
        changed += sorted({each.pk for each in (*differ, *several)})
    return changed


@transaction.atomic
def forget(workspace_id: int, *, source: str) -> list[int]:
    """Forget what the source said of anybody. Answers the customers it spoke of."""
    levels, changed, last = queries.levels_of(workspace_id), [], 0
    # A coarse look at the JSON's text, which both databases can do; `without` then looks exactly.
    text = "sayings" if connection.vendor == "sqlite" else "sayings::text"
    spoken = RawSQL(f"SELECT id FROM customers_customer WHERE workspace_id = %s AND {text} LIKE %s",
                    [workspace_id, f'%"{source}"%'])  # fmt: skip
    mine = Customer.objects.filter(workspace=workspace_id, pk__in=spoken).order_by("pk")
    while people := list(mine.filter(pk__gt=last)[:AT_ONCE]):
        last = people[-1].pk
        for person in people:
            left = sayings.without(person.sayings, source)
            _settled(person, levels, left)
        Customer.objects.bulk_update(people, ["traits", "sayings", "name", "email", "phone"], 500)
        changed += [each.pk for each in people]
    return changed


def _settled(person: Customer, levels: dict[str, int], only: list[str] | None = None) -> bool:
    changed = sayings.settle(person.traits, person.sayings, levels, only)
    take_name(person, changed)
    return bool(changed)
