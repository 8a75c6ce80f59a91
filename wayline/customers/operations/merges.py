"""Two profiles that are one person: joined with the reason kept, and parted again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from wayline.accounts.models import User
from wayline.audit import operations as audit
from wayline.customers.models import Customer, Identity, Member, Merge
from wayline.customers.queries import profiles_of
from wayline.customers.trust import sayings
from wayline.customers.trust.queries import levels_of
from wayline.customers.trust.sayings import Levels
from wayline.kit.refusals import Refusal

from .parts import parts

FIELDS = ("name", "email", "phone", "traits", "sayings", "first_seen_at", "last_seen_at", "has_declined")
WRITE = """
    UPDATE customers_customer SET name = %s, email = %s, phone = %s, traits = %s, sayings = %s,
        first_seen_at = %s, last_seen_at = %s, has_declined = %s, sole_source = %s
    WHERE id = %s
"""
# Tables that name the customer as merged today; undo_merge and part_all_of give the same ones back.
HAND_OVER = (
    "UPDATE customers_customer SET merged_into_id = %s WHERE id = %s",
    "UPDATE customers_identity SET customer_id = %s WHERE customer_id = %s",
    "UPDATE customers_member SET customer_id = %s WHERE customer_id = %s",
)


class MergeAlreadyUndone(Refusal):
    """The two are apart already."""


class LaterMergeStands(Refusal):
    """The kept profile has itself been merged since."""


class CannotMerge(Refusal):
    """These two are no two customers."""


@dataclass(frozen=True)
class Pair:
    """Two customers that are one, the one to keep first; `by` is who found it, None where a call did."""

    kept: int
    merged: int
    reason: str
    at: datetime
    by: User | None = None


def merge(workspace_id: int, pairs: Sequence[Pair], *, source: str = "") -> list[Merge]:
    """Join each pair, in their order: who was kept by one may be merged by the next.

    Written together, because a first import joins thousands.
    """
    known = _read({each for pair in pairs for each in (pair.kept, pair.merged)})
    levels = levels_of(workspace_id)
    made = []
    for pair in pairs:
        kept, merged = known[pair.kept], known[pair.merged]
        before = _as_json(kept)
        _take_in(kept, merged, levels)
        merged.merged_into = kept
        made.append(
            Merge(
                workspace_id=workspace_id,
                kept=kept,
                merged=merged,
                reason=pair.reason[:1000],
                before={"kept": before, "after": _as_json(kept)},
                at=pair.at,
                by=pair.by,
                source=source,
            )
        )
    _write([known[each] for each in dict.fromkeys(pair.kept for pair in pairs)])
    _hand_over(pairs)
    return Merge.objects.bulk_create(made, batch_size=500)


def _read(customers: set[int]) -> dict[int, Customer]:
    found: dict[int, Customer] = {}
    for part in parts(sorted(customers)):
        found |= Customer.objects.in_bulk(part)
    return found


def _take_in(kept: Customer, merged: Customer, levels: Levels) -> None:
    kept.traits = merged.traits | kept.traits
    kept.sayings = sayings.together(kept.sayings, merged.sayings)
    sayings.settle(kept.traits, kept.sayings, levels)
    kept.name, kept.email = kept.name or merged.name, kept.email or merged.email
    kept.phone = kept.phone or merged.phone
    kept.first_seen_at = min(kept.first_seen_at, merged.first_seen_at)
    kept.last_seen_at = max(kept.last_seen_at, merged.last_seen_at)
    if kept.sole_source != merged.sole_source:
        kept.sole_source = ""
    # A no of either is a no: nobody agreed to be observed because a second profile of theirs was found.
    kept.has_declined = kept.has_declined or merged.has_declined


def _write(customers: list[Customer]) -> None:
    """As SQL, like all that recognising writes: through the models it takes ten times as long."""
    json, moment = connection.ops.adapt_json_value, connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        cursor.executemany(
            WRITE,
            [
                (
                    *(each.name, each.email, each.phone, json(each.traits, None), json(each.sayings, None)),
                    *(moment(each.first_seen_at), moment(each.last_seen_at)),
                    *(each.has_declined, each.sole_source, each.pk),
                )
                for each in customers
            ],
        )


def _hand_over(pairs: Sequence[Pair]) -> None:
    moves = [(pair.kept, pair.merged) for pair in pairs]
    with connection.cursor() as cursor:
        for statement in HAND_OVER:
            cursor.executemany(statement, moves)


@transaction.atomic
def join(one: Customer, other: Customer, *, reason: str, by: User | None, now: datetime) -> Merge:
    """A person found that the two are one. The one with an external id is kept, else the one seen first.

    Answers the merge; the limits of recognising hold for calls, not for people.
    """
    # In one order for everybody, so that two people who join the same two never wait for each other.
    rows = Customer.objects.select_for_update().order_by("pk").in_bulk([one.pk, other.pk])
    if len(rows) < 2 or one.workspace_id != other.workspace_id:
        raise CannotMerge("Choose two different customers to join.")
    if any(each.merged_into_id is not None for each in rows.values()):
        raise CannotMerge("One of the two has been joined with somebody since. Open the list again.")
    named = Identity.objects.filter(customer__in=rows, kind=Identity.Kind.EXTERNAL_ID)
    known = set(named.values_list("customer", flat=True))
    kept, merged = sorted(rows.values(), key=lambda each: (each.pk not in known, each.first_seen_at, each.pk))
    (made,) = merge(kept.workspace_id, [Pair(kept.pk, merged.pk, reason, now, by)])
    audit.record("customers.merged", subject=kept, by=by, at=now, merged=merged.pk, reason=reason[:500])
    return made


def _as_json(customer: Customer) -> dict:
    return {
        name: value.isoformat() if isinstance(value := getattr(customer, name), datetime) else value
        for name in FIELDS
    }


def groups_of(customers: Sequence[int]) -> list[list[int]]:
    """For each customer, its own profile and all that were merged into it."""
    holding: set[int] = set()
    for part in parts(list(customers)):
        above = Customer.objects.filter(merged_into__in=part)
        holding.update(above.values_list("merged_into", flat=True))
    return [profiles_of(each) if each in holding else [each] for each in customers]


@transaction.atomic
def undo_merge(merge: Merge, *, by: User | None, now: datetime) -> list[int]:
    """Part the two again: identities, traits and names return. Answers the profiles that left.

    What the kept customer has learned since the merge stays with it.
    """
    merge = Merge.objects.select_for_update().get(pk=merge.pk)
    kept, merged = merge.kept, merge.merged
    if merge.is_undone:
        raise MergeAlreadyUndone("These two customers are apart already.")
    if kept.merged_into_id is not None:
        raise LaterMergeStands(f"{kept} has itself been merged since. Undo that merge first.")
    if merged.merged_into_id != kept.pk:
        raise MergeAlreadyUndone("These two customers are apart already.")

    merged.merged_into = None
    merged.save(update_fields=["merged_into"])
    leaving = profiles_of(merged.pk)
    for part in parts(leaving):
        Identity.objects.filter(profile__in=part).update(customer=merged)
        Member.objects.filter(profile__in=part).update(customer=merged)
    _restore(kept, merge.before)
    updated = Merge.objects.filter(pk=merge.pk, undone_at=None).update(undone_at=now, undone_by=by)
    if not updated:
        raise MergeAlreadyUndone("These two customers are apart already.")
    audit.record("merge.undone", subject=kept, by=by, at=now, merged=merged.pk, reason=merge.reason)
    return leaving


def part_device(profile_id: int, *, why: str, at: datetime) -> None:
    """Let a device's profile leave the person it was joined with, however often they were joined since."""
    merged = Customer.objects.get(pk=profile_id)
    made = Merge.objects.filter(merged=merged, undone_at=None).select_related("kept").first()
    Customer.objects.filter(pk=profile_id).update(merged_into=None)
    Identity.objects.filter(profile=profile_id).update(customer=profile_id)
    if made is None:
        return
    Merge.objects.filter(pk=made.pk).update(undone_at=at, undone_reason=why[:500])
    kept = made.kept
    _restore(kept, made.before)
    # What came with the device was handed on each time the person was joined with another.
    came = {
        name: value
        for name, value in made.before["after"]["traits"].items()
        if name not in made.before["kept"]["traits"]
    }
    while kept.merged_into_id is not None:
        onward = Merge.objects.filter(merged=kept, undone_at=None).select_related("kept").first()
        if onward is None:
            return
        had = onward.before["kept"]["traits"]
        came = {name: value for name, value in came.items() if name not in had}
        kept = onward.kept
        kept.traits = {name: value for name, value in kept.traits.items() if came.get(name) != value}
        kept.sayings = {name: said for name, said in kept.sayings.items() if name in kept.traits}
        kept.save(update_fields=["traits", "sayings"])


@transaction.atomic
def part_all_of(workspace_id: int, *, source: str) -> tuple[list[list[int]], list[str]]:
    """Undo the merges that an import made. Answers the profiles that changed, and what stays and why."""
    changed: list[list[int]] = []
    stays: list[str] = []
    # The latest first: each of the others may stand below it.
    for made in Merge.objects.filter(workspace=workspace_id, source=source, undone_at=None).order_by("-pk"):
        kept, merged = made.kept, made.merged
        if merged.merged_into_id != kept.pk:
            continue
        if kept.merged_into_id is not None:
            stays.append(
                f"{merged} and {kept} stay one customer, because {kept} has been joined with another since. "
                "Undo that merge first, then this one, on the customer's page."
            )
            continue
        Customer.objects.filter(pk=merged.pk).update(merged_into=None)
        leaving = profiles_of(merged.pk)
        for part in parts(leaving):
            Identity.objects.filter(profile__in=part).update(customer=merged)
            Member.objects.filter(profile__in=part).update(customer=merged)
        _restore(kept, made.before)
        changed.append([*leaving, kept.pk])
        # Deleted, not marked as undone: what a person has parted stays apart, and here no person spoke.
        made.delete()
    return changed, stays


def _restore(kept: Customer, before: dict) -> None:
    then, after = before["kept"], before["after"]
    if "has_declined" in then and kept.has_declined == after["has_declined"]:
        kept.has_declined = then["has_declined"]
    for name in ("name", "email", "phone"):
        if getattr(kept, name) == after[name]:
            setattr(kept, name, then[name])
    kept.traits = _as_before(kept.traits, then["traits"], after["traits"])
    was, became = then.get("sayings", {}), after.get("sayings", {})
    parted = {
        name: _as_before(said, was.get(name, {}), became.get(name, {})) for name, said in kept.sayings.items()
    }
    kept.sayings = {name: said for name, said in parted.items() if said}
    sayings.settle(kept.traits, kept.sayings, levels_of(kept.workspace_id))
    if kept.first_seen_at.isoformat() == after["first_seen_at"]:
        kept.first_seen_at = datetime.fromisoformat(then["first_seen_at"])
    if kept.last_seen_at.isoformat() == after["last_seen_at"]:
        kept.last_seen_at = datetime.fromisoformat(then["last_seen_at"])
    kept.save()


def _as_before(now: dict, then: dict, after: dict) -> dict:
    """What is as the merge left it becomes what it was; what was told since stays."""
    found = {}
    for name, value in now.items():
        if name not in after or after[name] != value:
            found[name] = value
        elif name in then:
            found[name] = then[name]
    return found
