"""Two customers side by side."""

from dataclasses import dataclass

from wayline.accounts.models import Membership
from wayline.customers import queries as customers
from wayline.customers.models import Customer, Duplicate, Identity
from wayline.customers.trust import queries as trusted
from wayline.signals import queries as signals


@dataclass(frozen=True)
class Line:
    """One thing that is known of either, as it stands with each."""

    label: str
    one: object
    other: object

    @property
    def is_same(self) -> bool:
        return self.one == self.other


@dataclass(frozen=True)
class SideBySide:
    duplicate: Duplicate
    lines: tuple[Line, ...]
    identities: tuple[list[Identity], list[Identity]]

    @property
    def people(self) -> tuple[Customer, Customer]:
        return self.duplicate.one, self.duplicate.other

    @property
    def before(self) -> float:
        """The bits before anything is compared: any two customers are almost never one."""
        return round(self.duplicate.weight - sum(each["weight"] for each in self.duplicate.reasons), 1)


def side_by_side(duplicate: Duplicate) -> SideBySide:
    """Everything that helps to decide whether the two are one."""
    one, other = duplicate.one, duplicate.other
    own = (("Name", "name"), ("E-mail", "email"), ("Phone", "phone"))
    lines = [Line(label, getattr(one, field), getattr(other, field)) for label, field in own]
    names = sorted((one.traits.keys() | other.traits.keys()) - {"name", "email", "phone"})
    lines += [
        Line(name.replace("_", " ").replace(".", " "), one.traits.get(name, ""), other.traits.get(name, ""))
        for name in names
    ]
    identities = (list(customers.identities_of(one)), list(customers.identities_of(other)))
    return SideBySide(duplicate, tuple(lines), identities)


def voices(member: Membership) -> dict[str, str]:
    """Everybody who has told something of customers or is in the order, and what people call them."""
    return signals.tellers(member, also=trusted.rules_of(member.workspace).levels)
