from dataclasses import dataclass
from datetime import datetime

from django.db.models import Sum

from wayline.accounts.models import Membership
from wayline.customers.models import Customer
from wayline.signals.models import SignalName
from wayline.signals.vocabulary import Kind

from . import applying, words
from .applying import Made
from .models import DerivedRule
from .rules import Rule

EXAMPLES = 10


@dataclass(frozen=True)
class Listed:
    """A rule, what it says, and how many signals it derived."""

    rule: DerivedRule
    sentence: str
    volume: int


def rules(member: Membership) -> list[Listed]:
    """The workspace's rules by name."""
    derived = SignalName.objects.visible_to(member).filter(kind=Kind.DERIVED).order_by()
    volumes = dict(derived.values_list("name").annotate(Sum("count")))
    return [
        Listed(rule, words.sentence(rule.says), volumes.get(rule.name, 0))
        for rule in DerivedRule.objects.visible_to(member)
    ]


@dataclass(frozen=True)
class Preview:
    """What a rule would have derived in ninety days: how many, of how many customers, and the latest."""

    count: int
    customers: int
    examples: list[tuple[Made, Customer | None]]


def preview(member: Membership, rule: Rule, *, now: datetime) -> Preview:
    """What the rule would have derived in the last ninety days there are signals from."""
    made = applying.preview(member.workspace_id, rule, now=now)
    people = Customer.objects.visible_to(member).in_bulk([each.customer for each in made[:EXAMPLES]])
    examples = [(each, people.get(each.customer)) for each in made[:EXAMPLES]]
    return Preview(len(made), len({each.customer for each in made}), examples)
