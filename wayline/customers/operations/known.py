"""What is known already of the values that a batch of calls names."""

from collections.abc import Iterable

from django.db import connection

from wayline.customers.identities import ANONYMOUS_ID, EXTERNAL_ID, PREVIOUS_ID
from wayline.customers.models import Customer, Identity

from .calls import Key, Profile, Tie
from .parts import parts

OWNERS = """
    SELECT one.id, one.value, one.profile_id, one.customer_id, one.source, one.is_shared,
        tied.kind, tied.value, tied.profile_id
    FROM customers_identity one LEFT JOIN customers_identity tied ON tied.id = one.tied_to_id
    WHERE one.workspace_id = %s AND one.kind = %s AND one.value IN ({})
"""


class Known:
    """Whose each value is; a profile read twice is one object, so that a merge shows everywhere at once."""

    def __init__(self, workspace_id: int, values: Iterable[list[Key]], *, source: str):
        self.workspace_id, self.source = workspace_id, source
        self.owners: dict[Key, Profile] = {}
        self.ties: dict[Key, Tie] = {}
        self.confirmed: list[int] = []  # identities of an import that somebody else names now
        self.persons: set[int] = set()  # profiles, among the measured, with a value that names a person
        self._by_id: dict[int, Profile] = {}
        wanted: dict[str, dict[str, None]] = {}
        for named in values:
            for kind, value in named:
                wanted.setdefault(kind, {})[value] = None
        for value in wanted.pop(PREVIOUS_ID, {}):
            wanted.setdefault(EXTERNAL_ID, {})[value] = None
            wanted.setdefault(ANONYMOUS_ID, {})[value] = None
        for kind, texts in wanted.items():
            for part in parts(list(texts)):
                self._read(kind, part)

    def _read(self, kind: str, texts: list[str]) -> None:
        places = ", ".join(["%s"] * len(texts))
        with connection.cursor() as cursor:
            cursor.execute(OWNERS.format(places), [self.workspace_id, kind, *texts])
            rows = cursor.fetchall()
        for id, value, profile_id, customer_id, source, is_shared, to_kind, to_value, to_profile in rows:
            profile = self._profile(profile_id)
            if profile_id != customer_id:
                profile.into = self._profile(customer_id)
            self.owners[kind, value] = profile
            if kind == ANONYMOUS_ID:
                to = (to_kind, to_value) if to_kind else None
                self.ties[kind, value] = Tie(to, bool(is_shared), to_profile)
            if source and source != self.source:
                self.confirmed.append(id)

    def _profile(self, id: int) -> Profile:
        if id not in self._by_id:
            self._by_id[id] = Profile(order=id, id=id)
        return self._by_id[id]

    def measure(self, roots: set[Profile]) -> None:
        """Count what the rules ask of these: how many values they have, and since when they are known."""
        by_id = {root.id: root for root in roots}
        for part in parts(list(by_id)):
            for id, first in Customer.objects.filter(pk__in=part).values_list("pk", "first_seen_at"):
                by_id[id].first_seen_at = first
            values = Identity.objects.filter(customer__in=part)
            for id, profile, kind in values.values_list("customer", "profile", "kind"):
                by_id[id].size += 1
                by_id[id].external_ids += kind == EXTERNAL_ID
                if kind != ANONYMOUS_ID:
                    self.persons.add(profile)
