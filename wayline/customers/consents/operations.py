"""Writing down what customers allow, whoever says it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from wayline.accounts.models import User
from wayline.audit import operations as audit
from wayline.customers.consent import ANALYTICS, ANY_CHANNEL, EVERYTHING, Choice, choice_of
from wayline.customers.models import Customer
from wayline.kit.refusals import Refusal

from .models import Consent, ConsentChange

PERSON = "person"
AT_ONCE = 500


class PurposeMissing(Refusal):
    """Consent is always for something."""


class ReasonMissing(Refusal):
    """A choice written down for somebody else needs its evidence."""


@dataclass(frozen=True)
class Said:
    """What a customer said about consent at one moment."""

    customer: int
    at: datetime
    choices: dict[Choice, bool]


@transaction.atomic
def learn(
    workspace_id: int, sayings: Iterable[Said], *, source: str, person: User | None = None, note: str = ""
) -> int:
    """Keep the choices and their history; heard twice, nothing is added. Answers how many changed."""
    sayings = sorted(sayings, key=lambda each: each.at)
    known = _known({each.customer for each in sayings})
    history: list[ConsentChange] = []
    changed: dict[tuple[int, Choice], Consent] = {}
    for each in sayings:
        for choice, is_granted in each.choices.items():
            place = (each.customer, choice)
            was = known.get(place)
            if was and was.is_granted == is_granted:
                continue
            history.append(
                ConsentChange(
                    workspace_id=workspace_id,
                    customer_id=each.customer,
                    purpose=choice[0],
                    channel=choice[1],
                    was_granted=was.is_granted if was else None,
                    is_granted=is_granted,
                    at=each.at,
                    source=source,
                    by=person,
                    note=note[:300],
                )
            )
            # A word that arrives late belongs into the history, but does not undo what was said after it.
            if was is None or was.since <= each.at:
                known[place] = changed[place] = Consent(
                    workspace_id=workspace_id,
                    customer_id=each.customer,
                    purpose=choice[0],
                    channel=choice[1],
                    is_granted=is_granted,
                    since=each.at,
                )
    ConsentChange.objects.bulk_create(history, AT_ONCE, ignore_conflicts=True)
    Consent.objects.bulk_create(
        changed.values(),
        AT_ONCE,
        update_conflicts=True,
        unique_fields=["customer", "purpose", "channel"],
        update_fields=["is_granted", "since"],
    )
    _follow(changed.values())
    return len(changed)


def _known(customers: set[int]) -> dict[tuple[int, Choice], Consent]:
    wanted = sorted(customers)
    return {
        (each.customer_id, (each.purpose, each.channel)): each
        for start in range(0, len(wanted), AT_ONCE)
        for each in Consent.objects.filter(customer__in=wanted[start : start + AT_ONCE])
    }


def _follow(changed: Iterable[Consent]) -> None:
    """Whether they may be observed stands on the customer too, where every signal is held to it."""
    observed = {
        each.customer_id: each.is_granted
        for each in changed
        if each.purpose in (ANALYTICS, EVERYTHING) and each.channel == ANY_CHANNEL
    }
    for is_granted in (True, False):
        of = [customer for customer, granted in observed.items() if granted is is_granted]
        for start in range(0, len(of), AT_ONCE):
            Customer.objects.filter(pk__in=of[start : start + AT_ONCE]).update(has_declined=not is_granted)


@transaction.atomic
def change_consent(
    customer: Customer,
    *,
    purpose: str,
    channel: str,
    is_granted: bool,
    note: str,
    by: User | None,
    now: datetime,
) -> None:
    """Write down what the customer told us, with how we know."""
    choice = choice_of(purpose, channel)
    if not choice[0]:
        raise PurposeMissing("Say what the consent is for, for example marketing.")
    if not note.strip():
        raise ReasonMissing("Say how the customer told us, for example: by phone, ticket 4711.")
    said = Said(customer.pk, now, {choice: is_granted})
    if learn(customer.workspace_id, [said], source=PERSON, person=by, note=note.strip()):
        audit.record(
            "consent.changed", subject=customer, by=by, at=now,
            purpose=choice[0], channel=choice[1], granted=is_granted,
        )  # fmt: skip
        customer.refresh_from_db()
