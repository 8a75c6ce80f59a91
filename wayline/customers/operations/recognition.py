"""Recognising who is who, by rules that can be read."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from wayline.customers.identities import (
    ANONYMOUS_ID,
    EXTERNAL_ID,
    LABELS,
    PREVIOUS_ID,
    PRIORITY,
    normalise,
)
from wayline.customers.models import BlockedValue, Duplicate, IdentityRules, Merge

from .calls import NOT_SAVED, Call, Key, Profile, Recognised, Tie, precedence
from .known import Known
from .saving import Refused, Settled, save


@transaction.atomic
def recognise(workspace_id: int, calls: Sequence[Call], *, source: str) -> Recognised:
    """Find or create the customer of every call; join profiles that one call ties together, by the rules."""
    return _Recognition(workspace_id, calls, source).settle()


def label(key: Key) -> str:
    return f"{LABELS[key[0]]} {key[1][:60]}"


class _Recognition:
    """One batch of calls, settled with a handful of statements however many there are."""

    def __init__(self, workspace_id: int, calls: Sequence[Call], source: str):
        self.workspace_id, self.calls, self.source = workspace_id, calls, source
        self.result = Recognised([None] * len(calls), {})
        self.settled = Settled(workspace_id, source)
        self.apart: set[frozenset[int]] | None = None
        self.rules = IdentityRules.objects.filter(workspace=workspace_id).first() or IdentityRules()
        blocked = BlockedValue.objects.filter(workspace=workspace_id)
        self.blocked = set(blocked.values_list("kind", "value"))

    def settle(self) -> Recognised:
        values = [self._named(index, call) for index, call in enumerate(self.calls)]
        self.known = Known(self.workspace_id, values, source=self.source)
        self.owners, self.ties = self.known.owners, self.known.ties
        values = [self._resolved(named) for named in values]
        open_calls = [index for index, named in enumerate(values) if named and not self._is_settled(named)]
        self.known.measure(
            {self.owners[each].root() for i in open_calls for each in values[i] if each in self.owners}
        )
        for index in open_calls:
            self._decide(index, self.calls[index], values[index])
        save(self.settled, self.known, self.result)
        for index, named in enumerate(values):
            if named:
                self.result.profiles[index] = self.owners[_first(named)].id
        self.result.customer_of = {profile.id: profile.root().id for profile in self.owners.values()}
        return self.result

    def _named(self, index: int, call: Call) -> list[Key]:
        named = []
        for kind, value in call.identities:
            clean, why = normalise(kind, value)
            if clean is None:
                self.result.notes.append((index, why))
            elif self.blocked and self._is_blocked(kind, clean):
                name = LABELS.get(kind, "previous id")
                self._note(index, f"{name} {clean[:60]} is blocked here, so it was ignored.")
            else:
                named.append((kind, clean))
        named.sort(key=lambda each: PRIORITY[each[0]])
        return named

    def _is_blocked(self, kind: str, value: str) -> bool:
        kinds = (EXTERNAL_ID, ANONYMOUS_ID) if kind == PREVIOUS_ID else (kind,)
        return any((each, value) in self.blocked for each in kinds)

    def _resolved(self, named: list[Key]) -> list[Key]:
        if not any(kind == PREVIOUS_ID for kind, _ in named):
            return named
        return [
            (EXTERNAL_ID if (EXTERNAL_ID, value) in self.owners else ANONYMOUS_ID, value)
            if kind == PREVIOUS_ID
            else (kind, value)
            for kind, value in named
        ]

    def _is_settled(self, named: list[Key]) -> bool:
        first = _first(named)
        owner = self.owners.get(first)
        if owner is None:
            return False
        if len(named) == 1:
            return True
        root = owner.root()
        return all(
            self._needs_nothing(each, first)
            if each[0] == ANONYMOUS_ID
            else each in self.owners and self.owners[each].root() is root
            for each in named
            if each != first
        )

    def _needs_nothing(self, device: Key, to: Key) -> bool:
        """Whether an anonymous id is tied as it would be after a call that names it with this value."""
        tie = self.ties.get(device)
        if tie is None or tie.to is None:
            return False
        if tie.to == to or PRIORITY[tie.to[0]] < PRIORITY[to[0]]:
            return True
        return tie.is_shared and tie.to[0] == to[0]

    def _decide(self, index: int, call: Call, named: list[Key]) -> None:
        """People by the values that name persons; then each anonymous id follows the strongest of them.

        An anonymous id names a device, and devices are shared: by one of them two people are never joined.
        """
        first = _first(named)
        strong = [each for each in named if each[0] != ANONYMOUS_ID] or [first]
        self._join_people(index, call, strong)
        for device in named:
            if device[0] == ANONYMOUS_ID and device != first:
                self._follow(index, call, device, first)

    def _join_people(self, index: int, call: Call, named: list[Key]) -> None:
        """A profile is known when it has an external id; only trusted calls join two of them."""
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
        # Before joining: with its new id the home counts as known, and the rules of joining must see that.
        self._attach(index, call, new_ids, home)
        for root in found:
            self._join(index, call, named, home.root(), root.root())
        self._attach(index, call, [each for each in named if each not in self.owners], home)

    def _create(self, call: Call) -> Profile:
        # After every id there is: of two profiles seen at the same moment the stored one is kept.
        profile = Profile(order=(1 << 62) + len(self.settled.created), first_seen_at=call.at)
        self.settled.created.append(profile)
        return profile

    def _attach(self, index: int, call: Call, named: list[Key], home: Profile) -> None:
        for key in named:
            root = home.root()
            why = self._too_large(root.size + 1, root.external_ids + (key[0] == EXTERNAL_ID))
            if why:
                # It becomes a person of its own rather than nobody: nothing is lost, and nothing is joined.
                new = self._create(call)
                self._refuse(
                    index, call, root, new,
                    f"{label(key)} would be {why}; it was kept apart. "
                    "Check whether a shared value is sent for everybody.",
                )  # fmt: skip
                home = root = new
            self.owners[key] = home
            if key[0] == ANONYMOUS_ID:
                self.ties[key] = Tie(None)
            self.settled.attached.append((*key, home, call.at))
            root.size += 1
            root.external_ids += key[0] == EXTERNAL_ID

    def _too_large(self, size: int, external_ids: int) -> str:
        if size > self.rules.most_identities:
            return f"more than {self.rules.most_identities} identities of one customer"
        if external_ids > self.rules.most_external_ids:
            return f"more than {self.rules.most_external_ids} external ids of one customer"
        return ""

    def _join(self, index: int, call: Call, named: list[Key], one: Profile, other: Profile) -> None:
        if one is other:
            return
        ties = [
            next(label(key) for key in named if key in self.owners and self.owners[key].root() is side)
            for side in (one, other)
        ]
        both = f"{ties[0]} and {ties[1]}"
        if one.is_known and other.is_known and not call.may_join_known:
            why = (
                f"{both} belong to two known customers, so they stay apart: only an import, or an "
                "identify call with an API key of a contributor in the write key's place, may join them."
            )
        elif why := self._too_large(one.size + other.size, one.external_ids + other.external_ids):
            why = f"Joining {both} would make {why}; they stay apart."
        elif self._were_parted(one, other):
            why = f"{both} were joined before and parted by a person, so they stay apart."
        if why:
            self._refuse(index, call, one, other, why)
            return
        kept, merged = sorted((one, other), key=precedence)
        kept.absorb(merged)
        self.settled.joined.append((kept, merged, f"{call.said} named both {both}.", call.at))

    def _follow(self, index: int, call: Call, device: Key, to: Key) -> None:
        """Let an anonymous id belong to whom the strongest value it was ever named with belongs to.

        What it was named with decides, never the order: two values as strong make it a shared device.
        """
        if device not in self.owners:
            self._attach(index, call, [device], self.owners[to])
            self._tie(device, to)
            return
        if self._needs_nothing(device, to):
            return
        tie = self.ties[device]
        if tie.to is not None and tie.to[0] == to[0]:
            why = f"{label(device)} was named with both {label(tie.to)} and {label(to)}: a shared device."
            self._take_apart(device, call.at, why)
            self._tie(device, tie.to, is_shared=True)
            self._note(index, f"{why} It belongs to neither from now on.")
            return
        self._take_apart(device, call.at, f"{label(device)} was named with {label(to)}, which is stronger.")
        own, root = self.owners[device], self.owners[to].root()
        if why := self._too_large(root.size + 1, root.external_ids):
            self._refuse(index, call, root, own, f"{label(device)} would be {why}; it was kept apart.")
        elif self._were_parted(own, root):
            both = f"{label(device)} and {label(to)}"
            self._refuse(index, call, root, own, f"{both} were parted by a person, so they stay apart.")
        elif own.root() is not root:
            # Whatever was seen first, the device joins the person: it must be able to leave again.
            root.absorb(own)
            reason = f"{call.said} named both {label(to)} and {label(device)}."
            self.settled.joined.append((root, own, reason, call.at))
        self._tie(device, to)

    def _take_apart(self, device: Key, at: datetime, why: str) -> None:
        """Let the device stand alone: out of the person it was joined with, or in a profile of its own."""
        own = self.owners[device]
        if self._stands_apart(self.ties[device], own):
            before, own.into = own.into, None
            if before is not None:
                before.root().size -= 1
                self.settled.part(own, before, why, at)
            return
        alone = Profile(order=(1 << 62) + len(self.settled.created), first_seen_at=at)
        self.settled.created.append(alone)
        alone.size = 1
        own.root().size -= 1
        self.owners[device] = alone
        self.settled.moved.append((device, own, alone))

    def _stands_apart(self, tie: Tie, own: Profile) -> bool:
        """Whether the device's profile is its own. One that came with a person shares the person's."""
        if tie.to in self.owners:
            return self.owners[tie.to] is not own
        if tie.to is not None:
            return tie.to_profile != own.id
        # Nothing it is tied to: it came alone, or the value it followed was blocked or taken back since.
        return own.id == NOT_SAVED or own.id not in self.known.persons

    def _tie(self, device: Key, to: Key, *, is_shared: bool = False) -> None:
        self.ties[device] = Tie(to, is_shared, self.owners[to].id if to in self.owners else None)
        self.settled.tied[device] = self.ties[device]

    def _refuse(self, index: int, call: Call, one: Profile, other: Profile, why: str) -> None:
        self._note(index, why)
        self.settled.refused.append(Refused(one, other, why[:1].upper() + why[1:], call.at))

    def _note(self, index: int, sentence: str) -> None:
        self.result.notes.append((index, sentence[:1].upper() + sentence[1:]))

    def _were_parted(self, one: Profile, other: Profile) -> bool:
        if self.apart is None:
            # What the product parted itself, for a shared device, may come together again.
            undone = Merge.objects.filter(workspace=self.workspace_id, undone_reason="")
            pairs = undone.exclude(undone_at=None).values_list("kept", "merged")
            decided = Duplicate.objects.filter(workspace=self.workspace_id, state=Duplicate.State.APART)
            self.apart = {frozenset(pair) for pair in [*pairs, *decided.values_list("one", "other")]}
        return frozenset((one.id, other.id)) in self.apart


def _first(named: list[Key]) -> Key:
    """The strongest value. Among anonymous ids alone the smallest leads, whatever order they came in."""
    strong = next((each for each in named if each[0] != ANONYMOUS_ID), None)
    return strong or min(named)
