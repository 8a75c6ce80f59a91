"""What people decide about recognising: blocked values and limits."""

from datetime import datetime

from django.db import IntegrityError, transaction

from wayline.accounts.models import User, Workspace
from wayline.audit import operations as audit
from wayline.customers.identities import EMAIL, PHONE, normalise
from wayline.customers.models import BlockedValue, Identity, IdentityRules
from wayline.kit.refusals import Refusal


class AlreadyBlocked(Refusal):
    """The value is blocked already."""


class ValueUnusable(Refusal):
    """The value recognises nobody anyway."""

    status = 422


class LimitsUnclear(Refusal):
    """The limits contradict each other."""

    status = 422


@transaction.atomic
def block_value(
    workspace: Workspace, *, kind: str, value: str, why: str, by: User | None, now: datetime
) -> BlockedValue:
    """Let nobody be recognised by the value any more; what it recognised before stays where it is."""
    clean, reason = normalise(kind, value)
    if clean is None:
        raise ValueUnusable(f"{reason} It need not be blocked.")
    try:
        with transaction.atomic():
            blocked = BlockedValue.objects.create(
                workspace=workspace, kind=kind, value=clean, why=why[:200], by=by, at=now
            )
    except IntegrityError as error:
        raise AlreadyBlocked(f"{clean} is blocked already.") from error
    Identity.objects.filter(workspace=workspace, kind=kind, value=clean).delete()
    # An address is not written down here: the record must outlive the erasure of the person it belongs to.
    shown = "" if kind in {EMAIL, PHONE} else clean[:60]
    audit.record(
        "identity.blocked", subject=workspace, workspace=workspace, by=by, at=now, kind=kind, value=shown
    )
    return blocked


@transaction.atomic
def unblock_value(blocked: BlockedValue, *, by: User | None, now: datetime) -> None:
    """Let the value recognise customers again, beginning anew."""
    workspace = blocked.workspace
    audit.record(
        "identity.unblocked", subject=workspace, workspace=workspace, by=by, at=now, kind=blocked.kind
    )
    blocked.delete()


@transaction.atomic
def set_limits(
    workspace: Workspace, *, most_identities: int, most_external_ids: int, by: User | None, now: datetime
) -> IdentityRules:
    """How large one customer may grow from now on; those who are larger stay as they are."""
    if most_external_ids > most_identities:
        raise LimitsUnclear(
            "A customer cannot have more external ids than values. Raise the first limit too."
        )
    rules, _ = IdentityRules.objects.update_or_create(
        workspace=workspace,
        defaults={"most_identities": most_identities, "most_external_ids": most_external_ids},
    )
    audit.record(
        "identity.rules_changed",
        subject=workspace,
        workspace=workspace,
        by=by,
        at=now,
        most_identities=most_identities,
        most_external_ids=most_external_ids,
    )
    return rules
