"""Proposing duplicates, and remembering what people decided about them."""

from datetime import datetime

from django.db import transaction

from wayline.accounts.models import User, Workspace
from wayline.audit import operations as audit
from wayline.customers.models import Customer, Duplicate, Merge
from wayline.kit import tasks
from wayline.kit.refusals import Refusal

from . import search

TASK = "customers.find_duplicates"


class AlreadyDecided(Refusal):
    """Somebody has decided about these two already."""


def ask(workspace: Workspace, *, now: datetime) -> bool:
    """Let the customers be searched for duplicates in the background; False when that waits already."""
    key, payload = f"{TASK}:{workspace.pk}", {"workspace": workspace.pk}
    job = tasks.enqueue(TASK, payload, now=now, workspace=workspace.pk, unique_key=key)
    return job is not None


def propose(workspace: Workspace, *, now: datetime) -> int:
    """Search; what is found replaces the proposals nobody has decided about. Answers how many wait."""
    found = search.pairs(workspace.pk)  # outside the transaction: it takes long and writes nothing
    with transaction.atomic():
        mine = Duplicate.objects.filter(workspace=workspace)
        mine.filter(state=Duplicate.State.OPEN).delete()
        decided = set(mine.values_list("one", "other")) | _parted(workspace)
        # Whoever was joined while the search ran is no longer there to be proposed.
        apart = set(
            Customer.objects.filter(workspace=workspace, merged_into=None).values_list("pk", flat=True)
        )
        fresh = [
            Duplicate(
                workspace=workspace,
                one_id=pair.one,
                other_id=pair.other,
                probability=pair.probability,
                weight=pair.weight,
                reasons=[
                    {"field": each.field, "says": each.says, "weight": each.weight} for each in pair.reasons
                ],
                found_at=now,
            )
            for pair in found
            if (pair.one, pair.other) not in decided and {pair.one, pair.other} <= apart
        ]
        Duplicate.objects.bulk_create(fresh, 500)
    return len(fresh)


def _parted(workspace: Workspace) -> set[tuple[int, int]]:
    """Pairs that a person has joined and parted again: they have looked at these two before."""
    undone = Merge.objects.filter(workspace=workspace, undone_reason="").exclude(undone_at=None)
    return {(min(pair), max(pair)) for pair in undone.values_list("kept", "merged")}


@transaction.atomic
def keep_apart(duplicate: Duplicate, *, by: User | None, now: datetime) -> None:
    """These two are not the same: they are never proposed again, nor joined by a call."""
    _decide(duplicate, "apart", by=by, now=now)
    audit.record("duplicate.kept_apart", subject=duplicate.one, by=by, at=now, other=duplicate.other_id)


@transaction.atomic
def reconsider(duplicate: Duplicate, *, by: User | None, now: datetime) -> None:
    """Take "not the same" back: the pair waits for a decision again."""
    back = Duplicate.objects.filter(pk=duplicate.pk, state=Duplicate.State.APART)
    if not back.update(state=Duplicate.State.OPEN, decided_at=None, decided_by=None):
        raise AlreadyDecided("These two are not marked as different any more. Open the list again.")
    audit.record("duplicate.reconsidered", subject=duplicate.one, by=by, at=now, other=duplicate.other_id)


def check_open(duplicate: Duplicate) -> None:
    """Refuse when somebody has decided about the pair."""
    if duplicate.state != Duplicate.State.OPEN:
        raise AlreadyDecided("Somebody has decided about these two already. Open the list again.")


@transaction.atomic
def mark_merged(duplicate: Duplicate, *, by: User | None, now: datetime) -> None:
    """The two have been joined because of this proposal."""
    _decide(duplicate, "merged", by=by, now=now)
    audit.record("duplicate.confirmed", subject=duplicate.one, by=by, at=now, other=duplicate.other_id)


def _decide(duplicate: Duplicate, state: str, *, by: User | None, now: datetime) -> None:
    waiting = Duplicate.objects.filter(pk=duplicate.pk, state=Duplicate.State.OPEN)
    if not waiting.update(state=state, decided_at=now, decided_by=by):
        raise AlreadyDecided("Somebody has decided about these two already. Open the list again.")
