from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from wayline.accounts.models import Membership, User
from wayline.audit import operations as audit
from wayline.kit.refusals import Refusal
from wayline.kit.tasks import enqueue
from wayline.signals import load
from wayline.signals.models import WarehouseChange
from wayline.signals.vocabulary import Kind

from .expected import Expected
from .models import Term

RECOUNT = "signals.recount_names"


class OwnerElsewhere(Refusal):
    """Only somebody of the workspace can own one of its names."""


class NameIsMerged(Refusal):
    """A name that was merged into another has no life of its own."""


class NameHasSpellings(Refusal):
    """A name that others were merged into stays."""


class NamesDiffer(Refusal):
    """Two names that cannot be one."""


class NameIsDerived(Refusal):
    """What a rule derives is ruled by the rule."""


@transaction.atomic
def describe_name(
    term: Term,
    *,
    meaning: str,
    owner: User | None,
    expected: Sequence[Expected],
    by: User | None,
    now: datetime,
) -> None:
    """Say what a name means, who answers for it, and which properties its signals should have."""
    if owner and not Membership.objects.filter(workspace=term.workspace_id, user=owner).exists():
        raise OwnerElsewhere(f"{owner} does not work in this workspace. Invite them first.")
    term.meaning, term.owner = meaning.strip(), owner
    term.expected = [each.model_dump() for each in expected]
    term.save(update_fields=["meaning", "owner", "expected"])
    audit.record("name.described", subject=term, by=by, at=now)


def approve_name(term: Term, *, by: User | None, now: datetime) -> None:
    """Take the name into the agreed vocabulary; its signals are no longer shown as unknown."""
    _set_status(term, Term.Status.APPROVED, "name.approved", by=by, now=now)


def block_name(term: Term, *, by: User | None, now: datetime) -> None:
    """Refuse every later signal of this name; the stored ones stay."""
    if term.spellings.exists():
        raise NameHasSpellings(f"Other names were merged into {term}. Part them first, then block it.")
    _set_status(term, Term.Status.BLOCKED, "name.blocked", by=by, now=now)


def unblock_name(term: Term, *, by: User | None, now: datetime) -> None:
    """Let signals of this name in again. What was refused meanwhile can be replayed."""
    _set_status(term, Term.Status.NEW, "name.unblocked", by=by, now=now)


@transaction.atomic
def _set_status(term: Term, status: str, activity: str, *, by: User | None, now: datetime) -> None:
    if term.kind == Kind.DERIVED:
        raise NameIsDerived(f"{term} is derived by a rule. Change or switch off the rule instead.")
    if term.is_merged:
        raise NameIsMerged(f"{term} was merged into {term.merged_into}. Part them first.")
    term.status = status
    term.save(update_fields=["status"])
    audit.record(activity, subject=term, by=by, at=now)


def merge_name(term: Term, *, into: Term, by: User | None, now: datetime) -> None:
    """Make a misspelled name the true one, for the stored signals and for all that come later."""
    _check_merge(term, into)
    with transaction.atomic():
        term.merged_into = into
        term.save(update_fields=["merged_into"])
        audit.record("name.merged", subject=term, by=by, at=now, into=into.name)
        _follow(term, into, is_undone=False, now=now)
    load.drain()


def _check_merge(term: Term, into: Term) -> None:
    if term.workspace_id != into.workspace_id or term.kind != into.kind or term.pk == into.pk:
        raise NamesDiffer(f"{term} can only become another name of the same kind, {term.kind}.")
    if term.kind == Kind.DERIVED:
        raise NameIsDerived(f"{term} is derived by a rule. Rename the rule instead.")
    if term.is_merged:
        raise NameIsMerged(f"{term} was merged into {term.merged_into} already. Part them first.")
    if into.is_merged:
        raise NameIsMerged(f"{into} was merged into {into.merged_into}. Choose {into.merged_into}.")
    if into.is_blocked:
        raise NamesDiffer(f"{into} is blocked. Unblock it, or choose another name.")
    if term.spellings.exists():
        raise NameHasSpellings(f"Other names were merged into {term}. Part them first.")


def part_name(term: Term, *, by: User | None, now: datetime) -> None:
    """Undo the merge of a name: the signals that came under it get it back."""
    into = term.merged_into
    if into is None:
        raise NameIsMerged(f"{term} is a name of its own already.")
    with transaction.atomic():
        term.merged_into = None
        term.save(update_fields=["merged_into"])
        audit.record("name.parted", subject=term, by=by, at=now, into=into.name)
        _follow(term, into, is_undone=True, now=now)
    load.drain()


def _follow(term: Term, into: Term, *, is_undone: bool, now: datetime) -> None:
    subject = {"kind": term.kind, "spelling": term.name, "name": into.name, "is_undone": is_undone}
    WarehouseChange.objects.create(
        workspace_id=term.workspace_id, kind=WarehouseChange.Kind.NAMES, subject=subject
    )
    # Counted anew in the background: a name may have very many signals, and a page should not wait for them.
    enqueue(RECOUNT, {"terms": [term.pk, into.pk]}, now=now, workspace=term.workspace_id)
