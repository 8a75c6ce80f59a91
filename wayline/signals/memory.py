"""Whom the values of earlier chunks named, so that the loader asks the database only about newcomers."""

from collections import defaultdict
from weakref import WeakKeyDictionary

from django.db import transaction
from django.db.models import Max

from wayline.customers.rules import queries as rules
from wayline.warehouse import connect

from .models import WarehouseChange

MANY = 500_000
Scope = tuple[int, str]  # a workspace, and the import when it is one


class Memory:
    """Valid until a merge, a parting, a deletion (they leave a change for the warehouse) or a new rule."""

    def __init__(self):
        self._changes: tuple = ()
        self.profiles: dict[Scope, dict[tuple, int]] = defaultdict(dict)
        self.customer_of: dict[int, int] = {}

    def refresh(self) -> None:
        """Forget everything when anybody has changed who is who."""
        changes = (WarehouseChange.objects.aggregate(last=Max("pk"))["last"] or 0, rules.stamp())
        if changes != self._changes or sum(map(len, self.profiles.values())) > MANY:
            self._changes = changes
            self.profiles.clear()
            self.customer_of.clear()

    def keep(self, scope: Scope, profiles: dict[tuple, int], customer_of: dict[int, int]) -> None:
        """Remember these once they are committed, so that nothing rolled back is ever believed."""
        changes = self._changes

        def remember():
            if changes == self._changes:
                self.profiles[scope].update(profiles)
                self.customer_of.update(customer_of)

        transaction.on_commit(remember)


_memories: WeakKeyDictionary = WeakKeyDictionary()


def memory() -> Memory:
    """The memory of this process's warehouse, which it shares the life of."""
    return _memories.setdefault(connect.current(), Memory())
