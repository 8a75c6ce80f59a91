"""Recognising who is who, by rules that can be read."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction

from wayline.customers.identities import ANONYMOUS_ID, EXTERNAL_ID, LABELS, PREVIOUS_ID, PRIORITY, normalise
from wayline.customers.models import Customer, Identity, Merge

from .calls import Call, Profile, Recognised, precedence
from .merges import merge
from .parts import parts
from .saving import OWNERS, save

MANY_IDENTITIES = 100


@transaction.atomic
def recognise(workspace_id: int, calls: Sequence[Call], *, source: str) -> Recognised:
    """Find or create the customer of every call; join profiles that one call ties together, by the rules."""
    return _Recognition(workspace_id, calls, source).settle()


class _Recognition:
    """One batch of calls, settled with a handful of statements however many there are."""

    def __init__(self, workspace_id: int, calls: Sequence[Call], source: str):
        self.workspace_id, self.calls, self.source = workspace_id, calls, source
        self.result = Recognised([None] * len(calls), {})
        self.owners: dict[tuple[str, str], Profile] = {}
        self.by_id: dict[int, Profile] = {}
        self.created: list[Profile] = []
        self.attached: list[tuple[str, str, Profile, datetime]] = []
        self.joined: list[tuple[Profile, Profile, str, datetime]] = []
        self.apart: set[frozenset[int]] | None = None

    def settle(self) -> Recognised:
        values = [self._named(index, call) for index, call in enumerate(self.calls)]
        self._load(values)
        values = [self._resolved(named) for named in values]
        open_calls = [index for index, named in enumerate(values) if named and not self._is_settled(named)]
        self._load_roots(
            {self.owners[each].root() for i in open_calls for each in values[i] if each in self.owners}
        )
        for index in open_calls:
            self._decide(index, self.calls[index], values[index])
        self._save()
        for index, named in enumerate(values):
            if named:
                self.result.profiles[index] = self.owners[named[0]].id
        self.result.customer_of = {profile.id: profile.root().id for profile in self.owners.values()}
        return self.result

    def _named(self, index: int, call: Call) -> list[tuple[str, str]]:
        named = []
        for kind, value in call.identities:
            clean, why = normalise(kind, value)
            if clean is None:
                self.result.notes.append((index, why))
            else:
                named.append((kind, clean))
        named.sort(key=lambda each: PRIORITY[each[0]])
        return named

    def _load(self, values: list[list[tuple[str, str]]]) -> None:
        wanted: dict[str, dict[str, None]] = {}
        for named in values:
            for kind, value in named:
                wanted.setdefault(kind, {})[value] = None
        for value in wanted.pop(PREVIOUS_ID, {}):
            wanted.setdefault(EXTERNAL_ID, {})[value] = None
            wanted.setdefault(ANONYMOUS_ID, {})[value] = None
        for kind, texts in wanted.items():
            for part in parts(list(texts)):
                places = ", ".join(["%s"] * len(part))
                with connection.cursor() as cursor:
                    cursor.execute(OWNERS.format(places), [self.workspace_id, kind, *part])
                    found = cursor.fetchall()
                for value, profile_id, customer_id in found:
                    profile = self._profile(profile_id)
                    if profile_id != customer_id:
                        profile.into = self._profile(customer_id)
                    self.owners[kind, value] = profile

    def _profile(self, id: int) -> Profile:
        if id not in self.by_id:
            self.by_id[id] = Profile(order=id, id=id)
        return self.by_id[id]

    def _resolved(self, named: list[tuple[str, str]]) -> list[tuple[str, str]]:
        if not any(kind == PREVIOUS_ID for kind, _ in named):
            return named
        return [
            (EXTERNAL_ID if (EXTERNAL_ID, value) in self.owners else ANONYMOUS_ID, value)
            if kind == PREVIOUS_ID
            else (kind, value)
            for kind, value in named
        ]

    def _is_settled(self, named: list[tuple[str, str]]) -> bool:
        first = self.owners.get(named[0])
        if first is None:
            return False
        if len(named) == 1:
            return True
        root = first.root()
        return all(each in self.owners and self.owners[each].root() is root for each in named)

    def _load_roots(self, roots: set[Profile]) -> None:
        by_id = {root.id: root for root in roots}
        for part in parts(list(by_id)):
            for id, first in Customer.objects.filter(pk__in=part).values_list("pk", "first_seen_at"):
                by_id[id].first_seen_at = first
            for id, kind in Identity.objects.filter(customer__in=part).values_list("customer", "kind"):
                by_id[id].size += 1
                by_id[id].is_known |= kind == EXTERNAL_ID

    def _decide(self, index: int, call: Call, named: list[tuple[str, str]]) -> None:
        """The rules. A profile is known when it has an external id; only trusted calls join two of them."""
        new_ids = [each for each in named if each[0] == EXTERNAL_ID and each not in self.owners]
        found = list(dict.fromkeys(self.owners[each].root() for each in named if each in self.owners))
        if new_ids and found and all(root.is_known for root in found) and not call.may_join_known:
            home = self._create(call)
        elif found:
            # A new external id may not slip into somebody who has one: the first unknown profile takes it.
            free = [root for root in found if not root.is_known]
            start = free[0] if new_ids and free and not call.may_join_known else found[0]
            home = next(
                self.owners[each]
                for each in named
                if each in self.owners and self.owners[each].root() is start
            )
        else:
            home = self._create(call)
        self._attach(index, call, new_ids, home)
        for root in found:
            self._join(index, call, named, home.root(), root.root())
        self._attach(index, call, [each for each in named if each not in self.owners], home)

    def _create(self, call: Call) -> Profile:
        profile = Profile(order=(1 << 62) + len(self.created), first_seen_at=call.at)
        self.created.append(profile)
        return profile

    def _attach(self, index: int, call: Call, named: list[tuple[str, str]], home: Profile) -> None:
        root = home.root()
        for kind, value in named:
            if root.size >= MANY_IDENTITIES:
                # It becomes a person of its own rather than nobody: nothing is lost, and nothing is joined.
                self.result.notes.append(
                    (
                        index,
                        f"The customer has {MANY_IDENTITIES} identities already; {LABELS[kind]} {value[:60]} "
                        "was kept apart. Check whether a shared value is sent for everybody.",
                    )
                )
                home = self._create(call)
                root = home
            self.owners[kind, value] = home
            self.attached.append((kind, value, home, call.at))
            root.size += 1
            root.is_known |= kind == EXTERNAL_ID

    def _join(
        self, index: int, call: Call, named: list[tuple[str, str]], one: Profile, other: Profile
    ) -> None:
        if one is other:
            return
        ties = [
            next(
                f"{LABELS[kind]} {value}"
                for kind, value in named
                if (kind, value) in self.owners and self.owners[kind, value].root() is side
            )
            for side in (one, other)
        ]
        both = f"{ties[0]} and {ties[1]}"
        if one.is_known and other.is_known and not call.may_join_known:
            self._note(
                index,
                f"{both} belong to two known customers; only an identify call or an import with a "
                "server key may join them, so they stay apart.",
            )
        elif one.size + other.size > MANY_IDENTITIES:
            self._note(
                index,
                f"Joining {both} would give one customer more than {MANY_IDENTITIES} identities; "
                "they stay apart.",
            )
        elif self._were_parted(one, other):
            self._note(index, f"{both} were joined before and parted by a person, so they stay apart.")
        else:
            kept, merged = sorted((one, other), key=precedence)
            merged.into = kept
            kept.absorbed.append(merged)
            kept.size += merged.size
            kept.is_known |= merged.is_known
            kept.first_seen_at = min(kept.first_seen_at, merged.first_seen_at)
            day = f"{call.at.day} {call.at:%b %Y}"
            self.joined.append(
                (kept, merged, f"{call.name or 'One call'} of {day} named both {both}.", call.at)
            )

    def _note(self, index: int, sentence: str) -> None:
        self.result.notes.append((index, sentence[:1].upper() + sentence[1:]))

    def _were_parted(self, one: Profile, other: Profile) -> bool:
        if self.apart is None:
            undone = Merge.objects.filter(workspace=self.workspace_id).exclude(undone_at=None)
            self.apart = {frozenset(pair) for pair in undone.values_list("kept", "merged")}
        return frozenset((one.id, other.id)) in self.apart

    def _save(self) -> None:
        save(self.workspace_id, self.source, self.created, self.attached)
        self.result.created = [profile.id for profile in self.created]
        for kept, merged, reason, at in self.joined:
            self.result.merges.append(merge(self.workspace_id, kept.id, merged.id, reason=reason, at=at))
