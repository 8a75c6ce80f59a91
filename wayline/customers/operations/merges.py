"""Two profiles that are one person: joined with the reason kept, and parted again."""

from datetime import datetime

from django.db import transaction

from wayline.accounts.models import User
from wayline.audit import operations as audit
from wayline.customers.models import Customer, Identity, Merge
from wayline.kit.refusals import Refusal

from .parts import parts

FIELDS = ("name", "email", "phone", "traits", "first_seen_at", "last_seen_at")


class MergeAlreadyUndone(Refusal):
    """The two are apart already."""


class LaterMergeStands(Refusal):
    """The kept profile has itself been merged since."""


def merge(workspace_id: int, kept_id: int, merged_id: int, *, reason: str, at: datetime) -> Merge:
    both = Customer.objects.in_bulk([kept_id, merged_id])
    kept, merged = both[kept_id], both[merged_id]
    before = _as_json(kept)
    kept.traits = merged.traits | kept.traits
    kept.name, kept.email = kept.name or merged.name, kept.email or merged.email
    kept.phone = kept.phone or merged.phone
    kept.first_seen_at = min(kept.first_seen_at, merged.first_seen_at)
    kept.last_seen_at = max(kept.last_seen_at, merged.last_seen_at)
    if kept.sole_source != merged.sole_source:
        kept.sole_source = ""
    # A no of either is a no: nobody agreed to be observed because a second profile of theirs was found.
    kept.has_declined = kept.has_declined or merged.has_declined
    kept.save()
    merged.merged_into = kept
    merged.save(update_fields=["merged_into"])
    Identity.objects.filter(customer=merged).update(customer=kept)
    return Merge.objects.create(
        workspace_id=workspace_id,
        kept=kept,
        merged=merged,
        reason=reason[:1000],
        before={"kept": before, "after": _as_json(kept)},
        at=at,
    )


def _as_json(customer: Customer) -> dict:
    return {
        name: value.isoformat() if isinstance(value := getattr(customer, name), datetime) else value
        for name in FIELDS
    }


def profiles_of(customer_id: int) -> list[int]:
    """The customer's own profile and all that were merged into it, at any remove."""
    found, fresh = [customer_id], [customer_id]
    while fresh:
        fresh = list(Customer.objects.filter(merged_into__in=fresh).values_list("pk", flat=True))
        found += fresh
    return found


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
    _restore(kept, merge.before)
    updated = Merge.objects.filter(pk=merge.pk, undone_at=None).update(undone_at=now, undone_by=by)
    if not updated:
        raise MergeAlreadyUndone("These two customers are apart already.")
    audit.record("merge.undone", subject=kept, by=by, at=now, merged=merged.pk, reason=merge.reason)
    return leaving


def _restore(kept: Customer, before: dict) -> None:
    then, after = before["kept"], before["after"]
    for name in ("name", "email", "phone"):
        if getattr(kept, name) == after[name]:
            setattr(kept, name, then[name])
    traits = {}
    for name, value in kept.traits.items():
        if name in after["traits"] and after["traits"][name] == value:
            if name in then["traits"]:
                traits[name] = then["traits"][name]
        else:
            traits[name] = value
    kept.traits = traits
    if kept.first_seen_at.isoformat() == after["first_seen_at"]:
        kept.first_seen_at = datetime.fromisoformat(then["first_seen_at"])
    if kept.last_seen_at.isoformat() == after["last_seen_at"]:
        kept.last_seen_at = datetime.fromisoformat(then["last_seen_at"])
    kept.save()
