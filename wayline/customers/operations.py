"""Recognising who is who: by rules that can be read, with the reason kept, and the way back."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec
from django.db import connection, transaction

from wayline.accounts.models import User
from wayline.audit import operations as audit
from wayline.kit.refusals import Refusal

from . import told
from .consent import is_denied
from .identities import ANONYMOUS_ID, EMAIL, EXTERNAL_ID, LABELS, PHONE, PREVIOUS_ID, PRIORITY, normalise
from .models import Customer, Identity, Merge

MANY_IDENTITIES = 100
MANY_TRAITS = 500
NOT_READ = datetime.max.replace(tzinfo=UTC)
NOT_SAVED = 0
AT_ONCE = 5_000  # values in one statement
ROWS_AT_ONCE = 1_000
CREATE = """
    INSERT INTO customers_customer (workspace_id, name, email, phone, traits, first_seen_at, last_seen_at,
        sole_source, has_declined) VALUES
"""
PLACES = "(%s, '', %s, %s, '{}', %s, %s, %s, false)"
OWNERS = """
    SELECT value, profile_id, customer_id FROM customers_identity
    WHERE workspace_id = %s AND kind = %s AND value IN ({})
"""
ATTACH = """
    INSERT INTO customers_identity (workspace_id, profile_id, customer_id, kind, value, first_seen_at)
    VALUES (%s, %s, %s, %s, %s, %s)
"""


class MergeAlreadyUndone(Refusal):
    """The two are apart already."""


class LaterMergeStands(Refusal):
    """The kept profile has itself been merged since."""


class Call(msgspec.Struct, frozen=True, gc=False):
    """What one call says about who it is: values that name one person, and what may follow from that."""

    identities: tuple[tuple[str, str], ...]
    at: datetime
    name: str = ""
    may_join_known: bool = False


@dataclass
class Recognised:
    """The profile of each call (None when it names nobody), and each profile's customer as merged today."""

    profiles: list[int | None]
    customer_of: dict[int, int]
    created: list[int] = field(default_factory=list)
    merges: list[Merge] = field(default_factory=list)
    notes: list[tuple[int, str]] = field(default_factory=list)  # (call, sentence)


class _Profile:
    """A profile while a batch is being recognised; the root of a merged group carries what rules need."""

    __slots__ = ("absorbed", "first_seen_at", "id", "into", "is_known", "order", "size")

    def __init__(self, order: int, first_seen_at: datetime = NOT_READ, id: int = NOT_SAVED):
        self.id, self.order, self.first_seen_at = id, order, first_seen_at
        self.into: _Profile | None = None
        self.absorbed: list[_Profile] = []
        self.is_known, self.size = False, 0

    def root(self) -> "_Profile":
        found = self
        while found.into is not None:
            found = found.into
        return found


@transaction.atomic
def recognise(workspace_id: int, calls: Sequence[Call], *, source: str) -> Recognised:
    """Find or create the customer of every call; join profiles that one call ties together, by the rules."""
    return _Recognition(workspace_id, calls, source).settle()


class _Recognition:
    """One batch of calls, settled with a handful of statements however many there are."""

    def __init__(self, workspace_id: int, calls: Sequence[Call], source: str):
        self.workspace_id, self.calls, self.source = workspace_id, calls, source
        self.result = Recognised([None] * len(calls), {})
        self.owners: dict[tuple[str, str], _Profile] = {}
        self.by_id: dict[int, _Profile] = {}
        self.created: list[_Profile] = []
        self.attached: list[tuple[str, str, _Profile, datetime]] = []
        self.joined: list[tuple[_Profile, _Profile, str, datetime]] = []
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
            for part in _parts(list(texts)):
                places = ", ".join(["%s"] * len(part))
                with connection.cursor() as cursor:
                    cursor.execute(OWNERS.format(places), [self.workspace_id, kind, *part])
                    found = cursor.fetchall()
                for value, profile_id, customer_id in found:
                    profile = self._profile(profile_id)
                    if profile_id != customer_id:
                        profile.into = self._profile(customer_id)
                    self.owners[kind, value] = profile

    def _profile(self, id: int) -> _Profile:
        if id not in self.by_id:
            self.by_id[id] = _Profile(order=id, id=id)
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

    def _load_roots(self, roots: set[_Profile]) -> None:
        by_id = {root.id: root for root in roots}
        for part in _parts(list(by_id)):
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

    def _create(self, call: Call) -> _Profile:
        profile = _Profile(order=(1 << 62) + len(self.created), first_seen_at=call.at)
        self.created.append(profile)
        return profile

    def _attach(self, index: int, call: Call, named: list[tuple[str, str]], home: _Profile) -> None:
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
        self, index: int, call: Call, named: list[tuple[str, str]], one: _Profile, other: _Profile
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
            kept, merged = sorted((one, other), key=_precedence)
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

    def _were_parted(self, one: _Profile, other: _Profile) -> bool:
        if self.apart is None:
            undone = Merge.objects.filter(workspace=self.workspace_id).exclude(undone_at=None)
            self.apart = {frozenset(pair) for pair in undone.values_list("kept", "merged")}
        return frozenset((one.id, other.id)) in self.apart

    def _save(self) -> None:
        shown: dict[tuple[_Profile, str], str] = {}
        for kind, value, profile, _ in self.attached:
            if kind in {EMAIL, PHONE}:
                shown.setdefault((profile, kind), value)
        # Written as SQL: through the models, forty thousand rows take ten times as long.
        adapt = connection.ops.adapt_datetimefield_value
        with connection.cursor() as cursor:
            for part in _parts(self.created, ROWS_AT_ONCE):
                cursor.execute(
                    CREATE + ", ".join([PLACES] * len(part)) + " RETURNING id",
                    [
                        value
                        for profile in part
                        for value in (
                            self.workspace_id,
                            shown.get((profile, EMAIL), ""),
                            shown.get((profile, PHONE), "")[:40],
                            adapt(profile.first_seen_at),
                            adapt(profile.first_seen_at),
                            self.source,
                        )
                    ],
                )
                for profile, (id,) in zip(part, sorted(cursor.fetchall()), strict=True):
                    profile.id = id
            cursor.executemany(
                ATTACH,
                [
                    (self.workspace_id, profile.id, profile.root().id, kind, value, adapt(at))
                    for kind, value, profile, at in self.attached
                ],
            )
        self.result.created = [profile.id for profile in self.created]
        self._show_on_existing(shown)
        for kept, merged, reason, at in self.joined:
            self.result.merges.append(_merge(self.workspace_id, kept.id, merged.id, reason=reason, at=at))

    def _show_on_existing(self, shown: dict) -> None:
        new = set(self.created)
        rows = defaultdict(list)
        for (profile, kind), value in shown.items():
            if profile not in new:
                rows[kind].append((value[:40] if kind == PHONE else value, profile.root().id))
        with connection.cursor() as cursor:
            for kind, values in rows.items():
                cursor.executemany(
                    f"UPDATE customers_customer SET {kind} = %s WHERE id = %s AND {kind} = ''", values
                )


def _precedence(profile: _Profile):
    return (not profile.is_known, profile.first_seen_at, profile.order)


def _parts(values: list, size: int = AT_ONCE) -> Iterator[list]:
    for start in range(0, len(values), size):
        yield values[start : start + size]


FIELDS = ("name", "email", "phone", "traits", "first_seen_at", "last_seen_at")


def _merge(workspace_id: int, kept_id: int, merged_id: int, *, reason: str, at: datetime) -> Merge:
    both = Customer.objects.in_bulk([kept_id, merged_id])
    kept, merged = both[kept_id], both[merged_id]
    before = _as_json(kept)
    kept.traits = merged.traits | kept.traits
    kept.name, kept.email = kept.name or merged.name, kept.email or merged.email
    kept.phone = kept.phone or merged.phone
    kept.first_seen_at = min(kept.first_seen_at, merged.first_seen_at)
    kept.last_seen_at = max(kept.last_seen_at, merged.last_seen_at)
    if kept.sole_source != merged.sole_source:
        kept.sole_source = ""
    kept.has_declined = kept.has_declined or merged.has_declined
    kept.save()
    merged.merged_into = kept
    merged.save(update_fields=["merged_into"])
    Identity.objects.filter(customer=merged).update(customer=kept)
    return Merge.objects.create(
        workspace_id=workspace_id,
        kept=kept,
        merged=merged,
        reason=reason[:1000],
        before={"kept": before, "after": _as_json(kept)},
        at=at,
    )


def _as_json(customer: Customer) -> dict:
    return {
        name: value.isoformat() if isinstance(value := getattr(customer, name), datetime) else value
        for name in FIELDS
    }


def profiles_of(customer_id: int) -> list[int]:
    """The customer's own profile and all that were merged into it, at any remove."""
    found, fresh = [customer_id], [customer_id]
    while fresh:
        fresh = list(Customer.objects.filter(merged_into__in=fresh).values_list("pk", flat=True))
        found += fresh
    return found


@transaction.atomic
def undo_merge(merge: Merge, *, by: User | None, now: datetime) -> list[int]:
    """Part the two again: identities, traits and names return. Answers the profiles that left.

    What the kept customer has learned since the merge stays with it.
    """
    merge = Merge.objects.select_for_update().get(pk=merge.pk)
    kept, merged = merge.kept, merge.merged
    if merge.is_undone:
        raise MergeAlreadyUndone("These two customers are apart already.")
    if kept.merged_into_id is not None:
        raise LaterMergeStands(f"{kept} has itself been merged since. Undo that merge first.")
    if merged.merged_into_id != kept.pk:
        raise MergeAlreadyUndone("These two customers are apart already.")

    merged.merged_into = None
    merged.save(update_fields=["merged_into"])
    leaving = profiles_of(merged.pk)
    for part in _parts(leaving):
        Identity.objects.filter(profile__in=part).update(customer=merged)
    _restore(kept, merge.before)
    updated = Merge.objects.filter(pk=merge.pk, undone_at=None).update(undone_at=now, undone_by=by)
    if not updated:
        raise MergeAlreadyUndone("These two customers are apart already.")
    audit.record("merge.undone", subject=kept, by=by, at=now, merged=merged.pk, reason=merge.reason)
    return leaving


def _restore(kept: Customer, before: dict) -> None:
    then, after = before["kept"], before["after"]
    for name in ("name", "email", "phone"):
        if getattr(kept, name) == after[name]:
            setattr(kept, name, then[name])
    traits = {}
    for name, value in kept.traits.items():
        if name in after["traits"] and after["traits"][name] == value:
            if name in then["traits"]:
                traits[name] = then["traits"][name]
        else:
            traits[name] = value
    kept.traits = traits
    if kept.first_seen_at.isoformat() == after["first_seen_at"]:
        kept.first_seen_at = datetime.fromisoformat(then["first_seen_at"])
    if kept.last_seen_at.isoformat() == after["last_seen_at"]:
        kept.last_seen_at = datetime.fromisoformat(then["last_seen_at"])
    kept.save()


@dataclass(frozen=True)
class Learned:
    """Facts about a customer, in the order they came: None takes a trait away."""

    customer: int
    traits: dict


@transaction.atomic
def learn(facts: Iterable[Learned], *, source: str) -> dict[int, Customer]:
    """Remember the facts; answers the customers as they are now. What an import changes can be taken back."""
    facts = list(facts)
    wanted = list(dict.fromkeys(fact.customer for fact in facts))
    people: dict[int, Customer] = {}
    for part in _parts(wanted):
        people |= Customer.objects.in_bulk(part)
    before = {pk: told.fields_of(person) for pk, person in people.items()} if told.is_kept(source) else {}
    changed = set()
    for fact in facts:
        person = people[fact.customer]
        traits = person.traits
        for name, value in fact.traits.items():
            if value is None:
                traits.pop(name, None)
            elif name in traits or len(traits) < MANY_TRAITS:
                traits[name] = value
        _name(person, fact.traits)
        if "consent" in fact.traits:
            person.has_declined = is_denied(fact.traits["consent"])
        if person.sole_source != source:
            person.sole_source = ""
        changed.add(person.pk)
    write = """
        UPDATE customers_customer SET
            name = %s, email = %s, phone = %s, has_declined = %s, sole_source = %s, traits = %s
        WHERE id = %s
    """
    with connection.cursor() as cursor:
        cursor.executemany(
            write,
            [
                (
                    person.name,
                    person.email,
                    person.phone,
                    person.has_declined,
                    person.sole_source,
                    json.dumps(person.traits, ensure_ascii=False),
                    person.pk,
                )
                for person in people.values()
                if person.pk in changed
            ],
        )
    told.keep(before, people, source=source)
    return people


def _name(person: Customer, traits: dict) -> None:
    name = (
        traits.get("name")
        or " ".join(str(traits[part]) for part in ("firstName", "lastName") if traits.get(part))
        or " ".join(str(traits[part]) for part in ("first_name", "last_name") if traits.get(part))
    )
    if name:
        person.name = str(name)[:300]
    if traits.get("email"):
        person.email = (normalise("email", str(traits["email"]))[0] or person.email)[:320]
    if traits.get("phone"):
        person.phone = (normalise("phone", str(traits["phone"]))[0] or person.phone)[:40]


@transaction.atomic
def see(sightings: Iterable[tuple[int, str, str]], *, source: str) -> None:
    """Move first and last seen of (customer, first, last); a second source ends being the sole one.

    The times are text in UTC, as both databases write them: YYYY-MM-DD HH:MM:SS.
    """
    with connection.cursor() as cursor:
        cursor.executemany(
            """
            UPDATE customers_customer SET
                first_seen_at = CASE WHEN first_seen_at > %s THEN %s ELSE first_seen_at END,
                last_seen_at = CASE WHEN last_seen_at < %s THEN %s ELSE last_seen_at END,
                sole_source = CASE WHEN sole_source = %s THEN sole_source ELSE '' END
            WHERE id = %s AND (first_seen_at > %s OR last_seen_at < %s OR sole_source NOT IN ('', %s))
            """,
            [
                (first, first, last, last, source, customer, first, last, source)
                for customer, first, last in sightings
            ],
        )


def take_back(workspace_id: int, *, source: str) -> list[int]:
    """Undo what an import told of customers that others know too. Answers the customers it changed."""
    return told.take_back(workspace_id, source=source)


@transaction.atomic
def set_seen(sightings: Iterable[tuple[int, datetime, datetime]]) -> None:
    """Say anew when these customers were first and last heard of."""
    adapt = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE customers_customer SET first_seen_at = %s, last_seen_at = %s WHERE id = %s",
            [(adapt(first), adapt(last), customer) for customer, first, last in sightings],
        )
