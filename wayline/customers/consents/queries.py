"""What may be done for whom. Whoever writes to customers or shares asks here, at the moment of doing it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from wayline.accounts.models import Key, Membership
from wayline.customers import queries as customers
from wayline.customers.consent import ANY_CHANNEL, EVERYTHING, choice_of, is_allowed_unasked, purpose_label
from wayline.customers.models import Customer

from .models import Consent, ConsentChange


@dataclass(frozen=True)
class Standing:
    """What a customer allows for one purpose on one channel, as far as they have said it."""

    purpose: str
    channel: str
    is_granted: bool
    since: datetime

    @property
    def purpose_label(self) -> str:
        return purpose_label(self.purpose)


def standing(customer: Customer) -> list[Standing]:
    """Every choice that stands, the latest word of all the customer's profiles."""
    latest: dict[tuple[str, str], Consent] = {}
    # The later row wins below: of a yes and a no at one moment, the no, as in `allowing`.
    for each in Consent.objects.filter(customer__in=customers.profiles_of(customer.pk)).order_by(
        "since", "-is_granted"
    ):
        latest[each.purpose, each.channel] = each
    return [Standing(*choice, each.is_granted, each.since) for choice, each in sorted(latest.items())]


def history(customer: Customer) -> QuerySet[ConsentChange]:
    """How that came about, latest first."""
    return ConsentChange.objects.filter(customer__in=customers.profiles_of(customer.pk)).select_related("by")


def allows(customer: Customer, purpose: str, channel: str = ANY_CHANNEL) -> bool:
    """Whether this may be done for the customer now. The latest word counts; of two at once, the no."""
    purpose, channel = choice_of(purpose, channel)
    said = [
        (each.since, not each.is_granted)
        for each in standing(customer)
        if each.purpose in (purpose, EVERYTHING) and each.channel in (channel, ANY_CHANNEL)
    ]
    return not max(said)[1] if said else is_allowed_unasked(purpose)


def allowing(rows: QuerySet[Customer], workspace_id: int, purpose: str, channel: str = ANY_CHANNEL):
    """Those of the customers for whom this may be done now."""
    purpose, channel = choice_of(purpose, channel)
    said = Consent.objects.filter(
        workspace=workspace_id, purpose__in={purpose, EVERYTHING}, channel__in={channel, ANY_CHANNEL}
    )
    latest: dict[int, bool] = {}
    words = said.order_by("since", "-is_granted").values_list(
        "customer", "is_granted", "customer__merged_into"
    )
    merged = {customer for customer, _, into in words if into is not None}
    roots = customers.roots(workspace_id, merged)
    for customer, is_granted, _ in words:
        latest[roots.get(customer, customer)] = is_granted
    if is_allowed_unasked(purpose):
        no = [customer for customer, is_granted in latest.items() if not is_granted]
        return rows.exclude(pk__in=customers.among(Customer.objects.all(), no).values("pk")) if no else rows
    return customers.among(rows, [customer for customer, is_granted in latest.items() if is_granted])


def sources_named(member: Membership, changes: Iterable[ConsentChange]) -> dict[str, str]:
    """What people call the ways that choices came by."""
    sources = {each.source for each in changes}
    keys = {source: source.partition(":")[2] for source in sources if source.startswith(("key:", "api:"))}
    found = Key.objects.visible_to(member).filter(
        pk__in=[number for number in keys.values() if number.isdigit()]
    )
    names = {str(pk): name for pk, name in found.values_list("pk", "name")}
    return {
        source: names.get(keys[source], source)
        if source in keys
        else "Written down here"
        if source == "person"
        else source.replace("import:", "Import ")
        for source in sources
    }
