"""Erasing a person: shown first, confirmed by name, done in the background, searched again, certified."""

import time
from datetime import datetime

import structlog
from django.db import connections, transaction

from wayline.accounts.models import User
from wayline.audit import operations as audit
from wayline.customers.models import Customer
from wayline.kit import tasks
from wayline.kit.refusals import Refusal
from wayline.signals import load, offers
from wayline.signals.imports.models import Import
from wayline.signals.models import WarehouseChange
from wayline.warehouse import connect

from . import tombstones
from .models import Erasure, State
from .person import person_of
from .places import places

log = structlog.get_logger()
TASK = "signals.erase"
WORD = "erase"
CHECKPOINT_TRIES = 5  # waits three seconds in all for readers to end


class NotConfirmed(Refusal):
    """What cannot be undone is asked for in words."""

    status = 422


class ReasonMissing(Refusal):
    """A certificate says why."""

    status = 422


class BeingErased(Refusal):
    """Once is enough."""


class ImportRunning(Refusal):
    """An import could bring back, row by row, whom we are removing."""


def preview(customer: Customer) -> dict[str, int | None]:
    """How much would be removed, by place; None where only reading everything tells. Changes nothing."""
    person = person_of(customer)
    return {place.name: None if place.is_read_whole else place.count(person) for place in places()}


@transaction.atomic
def ask_erasure(
    customer: Customer,
    *,
    confirmation: str,
    reason: str,
    planned: dict[str, int | None],
    by: User | None,
    now: datetime,
) -> Erasure:
    """Remove everything about a customer for good. `confirmation` is the word and the customer's number."""
    if confirmation.strip().casefold() != f"{WORD} {customer.pk}":
        raise NotConfirmed(f"Nothing was removed. Type “{WORD} {customer.pk}” to confirm.")
    if not reason.strip():
        raise ReasonMissing("Nothing was removed. Say why, for example: request of 3 November, ticket 4711.")
    if Import.objects.filter(
        workspace=customer.workspace_id, state__in=[Import.State.WAITING, Import.State.RUNNING]
    ).exists():
        raise ImportRunning("An import is running. Wait until it has finished, then erase.")
    open_ones = Erasure.objects.filter(workspace=customer.workspace_id, customer_number=customer.pk)
    if open_ones.filter(state__in=[State.WAITING, State.RUNNING]).exists():
        raise BeingErased("This customer is being erased already.")
    erasure = Erasure.objects.create(
        workspace=customer.workspace,
        customer_number=customer.pk,
        reason=reason.strip()[:300],
        planned=planned,
        asked_at=now,
        asked_by=by,
    )
    # Now, and not by the job: what comes in meanwhile is refused already.
    tombstones.put_up(erasure, person_of(customer), now=now)
    audit.record("erasure.asked", subject=erasure, by=by, at=now)
    tasks.enqueue(
        TASK,
        {"erasure": erasure.pk},
        now=now,
        workspace=customer.workspace_id,
        unique_key=f"{TASK}:{erasure.pk}",
    )
    return erasure


def carry_out(erasure: Erasure, *, now: datetime) -> Erasure:
    """Empty every place, search again, and purge the engines' files. May run again from the beginning."""
    if erasure.state == State.FINISHED:
        return erasure
    Erasure.objects.filter(pk=erasure.pk).update(state=State.RUNNING)
    with load.exclusively():
        # What waits in the journal comes to its places first, where it is looked for.
        load.drain()
        _empty_places(erasure)
        offers.forget(erasure.workspace_id)  # which may hold their words
        load.drain()
        notes = _purge()
    _certify(erasure, notes, now)
    return erasure


def _empty_places(erasure: Erasure) -> None:
    digests = set(erasure.tombstones.values_list("digest", flat=True))
    for number in tombstones.customers_on(erasure.workspace, digests):
        customer = Customer.objects.filter(pk=number).first()
        if customer is None:  # gone with the one it had been merged into
            continue
        person = person_of(customer)
        for place in places():
            gone = place.erase(person)
            erasure.refresh_from_db()
            erasure.removed[place.name] = erasure.removed.get(place.name, 0) + gone
            erasure.save(update_fields=["removed"])
        left = {place.name: n for place in places() if (n := place.count(person))}
        erasure.left = {**erasure.left, **left}
        erasure.save(update_fields=["left"])


def _purge() -> list[str]:
    """Make the engines forget bytes too: what is deleted still lies in files until they are written anew."""
    notes = list(filter(None, [connect.current().purge()]))
    for name in connections:
        connection = connections[name]
        if connection.in_atomic_block:
            notes.append(f"{name}: not purged, a transaction is open")
        elif connection.vendor == "sqlite":
            if not _truncate_log(connection):
                notes.append(f"{name}: its log is emptied when the next reader ends")
        elif connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("VACUUM")
            notes.append(f"{name}: vacuumed; write-ahead logs and replicas follow their own retention")
    return notes


def _truncate_log(connection) -> bool:
    for attempt in range(CHECKPOINT_TRIES):
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            (is_busy, *_) = cursor.fetchone()
        if not is_busy:
            return True
        time.sleep(0.2 * (attempt + 1))
    return False


@transaction.atomic
def _certify(erasure: Erasure, notes: list[str], now: datetime) -> None:
    erasure.refresh_from_db()
    if erasure.left:
        log.error("an erasure left something", erasure=erasure.pk, places=sorted(erasure.left))
    erasure.state, erasure.notes, erasure.finished_at = State.FINISHED, notes, now
    if erasure.left:
        erasure.state = State.FAILED
    erasure.save(update_fields=["state", "notes", "finished_at"])
    # Restored backups and other processes read who is who anew.
    WarehouseChange.objects.create(
        workspace=erasure.workspace, kind=WarehouseChange.Kind.PROFILES, subject=[]
    )
    audit.record(
        "erasure.finished",
        subject=erasure,
        by=erasure.asked_by,
        at=now,
        removed=erasure.removed,
        left=erasure.left,
    )
