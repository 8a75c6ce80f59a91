"""Where a signal name is relied on. Higher areas say so by name, through a provider at a dotted path."""

from dataclasses import dataclass
from typing import Protocol

from django.urls import reverse
from django.utils.module_loading import import_string
from pydantic import TypeAdapter

from wayline.accounts.models import Membership
from wayline.signals.conditions import (
    AllCustomers,
    AllSignals,
    AnyCustomer,
    AnySignal,
    CustomerCondition,
    Did,
    NotCustomer,
    NotSignal,
    SignalCondition,
    SignalIs,
)
from wayline.signals.models import Segment

# A new area joins by adding a line: the heading on the page, and who answers.
PROVIDERS = {
    "Steps": "wayline.journeys.names_used.STEPS",
    "Metrics": "wayline.metrics.names_used.METRICS",
    "Segments": "wayline.signals.names.uses.SEGMENTS",
    "Rules": "wayline.signals.derived.uses.RULES",
}
_customers = TypeAdapter(CustomerCondition)


@dataclass(frozen=True)
class Use:
    """One thing that relies on the name, and where it is."""

    label: str
    address: str
    is_by_kind: bool = False  # it takes every signal of the kind, not this name alone


class Uses(Protocol):
    """Who can say what of theirs relies on a name."""

    def uses(self, member: Membership, kind: str, name: str) -> list[Use]: ...


def of(member: Membership, kind: str, name: str) -> dict[str, list[Use]]:
    """Everything that relies on the name, by heading."""
    return {heading: import_string(path).uses(member, kind, name) for heading, path in PROVIDERS.items()}


def mentions(condition: SignalCondition, kind: str, name: str) -> str:
    """How the condition takes in the name: by "name", by "kind", or not at all: ""."""
    match condition:
        case SignalIs():
            if condition.kinds and kind not in condition.kinds:
                return ""
            if condition.names:
                return "name" if name in condition.names else ""
            return "kind" if condition.kinds else ""
        case NotSignal():
            return mentions(condition.of, kind, name)
        case AllSignals() | AnySignal():
            return _strongest(mentions(each, kind, name) for each in condition.of)
    raise TypeError(condition)


def customer_mentions(condition: CustomerCondition, kind: str, name: str) -> str:
    """The same for a condition on customers."""
    match condition:
        case Did():
            return mentions(condition.signal, kind, name)
        case NotCustomer():
            return customer_mentions(condition.of, kind, name)
        case AllCustomers() | AnyCustomer():
            return _strongest(customer_mentions(each, kind, name) for each in condition.of)
    return ""


def _strongest(found) -> str:
    ways = set(found)
    return "name" if "name" in ways else "kind" if "kind" in ways else ""


class _Segments:
    def uses(self, member: Membership, kind: str, name: str) -> list[Use]:
        found = []
        for segment in Segment.objects.visible_to(member):
            way = customer_mentions(_customers.validate_python(segment.condition), kind, name)
            if way:
                address = reverse("signals:segment", args=[member.workspace.slug, segment.pk])
                found.append(Use(segment.name, address, way == "kind"))
        return found


SEGMENTS = _Segments()
