from datetime import datetime

from django.db import IntegrityError, transaction

from wayline.accounts.models import User, Workspace
from wayline.audit import operations as audit
from wayline.customers import operations as customers
from wayline.customers.models import Customer, Identity, Merge
from wayline.customers.queries import profiles_of
from wayline.customers.trust import operations as trust
from wayline.kit.refusals import Refusal

from . import load, rows
from .conditions import CustomerCondition
from .models import (
    JournalEntry,
    LoadedEntry,
    PrunedEntries,
    RefusedSignal,
    Segment,
    SignalName,
    WarehouseChange,
)
from .names import counting

CUSTOMERS_AT_ONCE = 1_000


class SegmentNameTaken(Refusal):
    """Two segments of one workspace cannot share a name."""


def create_segment(
    workspace: Workspace, *, name: str, condition: CustomerCondition, by: User | None, now: datetime
) -> Segment:
    """Save a condition on customers under a name."""
    try:
        with transaction.atomic():
            segment = Segment.objects.create(
                workspace=workspace,
                name=name,
                condition=condition.model_dump(mode="json"),
                created_at=now,
                created_by=by,
            )
            audit.record("segment.created", subject=segment, by=by, at=now)
    except IntegrityError as error:
        raise SegmentNameTaken(f"There is a segment called {name} already. Choose another name.") from error
    return segment


def change_segment(
    segment: Segment, *, name: str, condition: CustomerCondition, by: User | None, now: datetime
) -> None:
    """Give the segment another name or condition."""
    try:
        with transaction.atomic():
            segment.name, segment.condition = name, condition.model_dump(mode="json")
            segment.save(update_fields=["name", "condition"])
            audit.record("segment.changed", subject=segment, by=by, at=now)
    except IntegrityError as error:
        raise SegmentNameTaken(f"There is a segment called {name} already. Choose another name.") from error


@transaction.atomic
def delete_segment(segment: Segment, *, by: User | None, now: datetime) -> None:
    """Delete the segment; nothing happens to its customers."""
    audit.record("segment.deleted", subject=segment, by=by, at=now, condition=segment.condition)
    segment.delete()


def undo_merge(merge: Merge, *, by: User | None, now: datetime) -> None:
    """Part two customers that were joined, and give each its own signals back."""
    with transaction.atomic():
        leaving = customers.undo_merge(merge, by=by, now=now)
        _follow(merge.workspace_id, [*leaving, merge.kept_id])
    load.drain()


def join_customers(one: Customer, other: Customer, *, reason: str, by: User | None, now: datetime) -> Merge:
    """Join two customers whom a person found to be one, and their signals."""
    with transaction.atomic():
        made = customers.join(one, other, reason=reason, by=by, now=now)
        _follow(made.workspace_id, [*profiles_of(made.merged_id), made.kept_id])
    load.drain()
    return made


def _follow(workspace: int, profiles: list[int]) -> None:
    """Ask the warehouse to let the signals of these profiles go with whom they belong to now."""
    WarehouseChange.objects.create(
        workspace_id=workspace, kind=WarehouseChange.Kind.PROFILES, subject=profiles
    )


def settle_traits(workspace_id: int) -> None:
    """Let every customer's traits be what the believed sources say."""
    with load.exclusively():  # or what is learned meanwhile would be overwritten
        with transaction.atomic():
            changed = trust.settle_all(workspace_id)
            for start in range(0, len(changed), CUSTOMERS_AT_ONCE):
                _follow(workspace_id, changed[start : start + CUSTOMERS_AT_ONCE])
        load.drain()


def forget_source(workspace: Workspace, *, source: str, by: User | None, now: datetime) -> list[str]:
    """Remove every signal of the source, the customers only it knew, and what it told of the others.

    Answers what has to stay, in sentences that say why.
    """
    with load.exclusively():
        # The journal, a database of its own, goes first: should the rest fail, doing it again completes it.
        JournalEntry.objects.filter(workspace_id=workspace.pk, source=source).delete()
        PrunedEntries.objects.filter(workspace_id=workspace.pk, source=source).delete()
        with transaction.atomic():
            taken = customers.take_back(workspace.pk, source=source)
            for profiles in taken.profiles:
                _follow(workspace.pk, profiles)
            only_here = Customer.objects.filter(workspace=workspace, sole_source=source)
            gone = list(only_here.values_list("pk", flat=True))
            seen = rows.seen_without(workspace.pk, source)
            Merge.objects.filter(merged__in=only_here).delete()
            Identity.objects.filter(customer__in=only_here).delete()
            _delete_customers(workspace, source)
            customers.set_seen(seen)
            WarehouseChange.objects.create(
                workspace=workspace,
                kind=WarehouseChange.Kind.SOURCE,
                subject={
                    "source": source,
                    "customers": gone,
                    "changed": sorted({*taken.customers, *(customer for customer, _, _ in seen)}),
                },
            )
            told = SignalName.objects.filter(workspace=workspace, source=source)
            names = sorted(set(told.values_list("kind", "name")))
            told.delete()
            RefusedSignal.objects.filter(workspace=workspace, source=source).delete()
            LoadedEntry.objects.filter(workspace=workspace, source=source).delete()
            audit.record(
                "source.forgotten", subject=workspace, workspace=workspace, by=by, at=now, source=source
            )
        load.drain()
        counting.recount(workspace.pk, names, now=now)
    return taken.stays


def _delete_customers(workspace: Workspace, source: str) -> None:
    """Those that others were merged into last: a merged profile protects the one that was kept."""
    while True:
        leaves = (
            Customer.objects.filter(workspace=workspace, sole_source=source, absorbed=None)
            .exclude(merged_into__sole_source="")
            .values_list("pk", flat=True)
        )
        gone = list(leaves[:5_000])
        if not gone:
            return
        Customer.objects.filter(pk__in=gone).delete()
