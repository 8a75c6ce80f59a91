"""What each import told of customers, remembered so that it can be taken back."""

from collections import defaultdict
from collections.abc import Iterator

from django.db import transaction

from .models import Customer, Told

OWN = ("name", "email", "phone", "has_declined")
TRAIT = "traits."
AT_ONCE = 2_000


def is_kept(source: str) -> bool:
    """Only imports can be undone."""
    return source.startswith("import:")


def fields_of(customer: Customer) -> dict:
    """The customer's own fields and traits, flat."""
    own = {name: getattr(customer, name) for name in OWN}
    return own | {f"{TRAIT}{name}": value for name, value in customer.traits.items()}


def keep(before: dict[int, dict], people: dict[int, Customer], *, source: str) -> None:
    """Remember what differs from before."""
    wanted = list(before)
    for start in range(0, len(wanted), AT_ONCE):
        part = wanted[start : start + AT_ONCE]
        kept = {one.customer_id: one for one in Told.objects.filter(source=source, customer__in=part)}
        for pk in part:
            one = kept.setdefault(pk, Told(customer_id=pk, source=source))
            _add(one, before[pk], fields_of(people[pk]))
        Told.objects.bulk_create(
            [one for one in kept.values() if one.before or one.after],
            update_conflicts=True,
            unique_fields=["customer", "source"],
            update_fields=["before", "after"],
        )


def _add(one: Told, old: dict, new: dict) -> None:
    for name in old.keys() | new.keys():
        if name in old and name in new and old[name] == new[name]:
            continue
        # Said twice by one import: what stood before the first time counts, unless another spoke between.
        if _of(one.after, name) != _of(old, name) or not (name in one.before or name in one.after):
            _put(one.before, name, _of(old, name))
        _put(one.after, name, _of(new, name))


@transaction.atomic
def take_back(workspace_id: int, *, source: str) -> list[int]:
    """Restore what the source changed where nobody has spoken since. Answers the customers it changed."""
    mine = Told.objects.filter(customer__workspace=workspace_id, source=source)
    changed: set[int] = set()
    while part := list(mine.order_by("pk")[:AT_ONCE]):
        people = _with_roots({one.customer_id for one in part})
        others: dict[int, list[Told]] = defaultdict(list)
        for other in Told.objects.filter(customer__in=people).exclude(source=source).order_by("pk"):
            others[other.customer_id].append(other)
        for one in part:
            chain = list(_chain(people[one.customer_id], people))
            later = [each for person in chain for each in others[person.pk] if each.pk > one.pk]
            for name in one.before.keys() | one.after.keys():
                _take_back(name, one, chain, sorted(later, key=lambda each: each.pk))
        Customer.objects.bulk_update(people.values(), [*OWN, "traits"], 500)
        Told.objects.bulk_update([each for some in others.values() for each in some], ["before"], 500)
        mine.filter(pk__lte=part[-1].pk).delete()
        changed.update(people)
    return sorted(changed)


def _with_roots(customers: set[int]) -> dict[int, Customer]:
    """These profiles and all they have been merged into."""
    found: dict[int, Customer] = {}
    while wanted := customers - found.keys():
        fresh = Customer.objects.in_bulk(wanted)
        found |= fresh
        customers = {one.merged_into_id for one in fresh.values() if one.merged_into_id is not None}
    return found


def _chain(customer: Customer, people: dict[int, Customer]) -> Iterator[Customer]:
    yield customer
    while customer.merged_into_id is not None:
        customer = people[customer.merged_into_id]
        yield customer


def _take_back(name: str, one: Told, people: list[Customer], later: list[Told]) -> None:
    was, said = _of(one.before, name), _of(one.after, name)
    for other in later:
        if name in other.before or name in other.after:
            if _of(other.before, name) == said:
                _put(other.before, name, was)
            break
    for person in people:
        if _of(fields_of(person), name) == said:
            _restore(person, name, was)


def _restore(person: Customer, name: str, value) -> None:
    if not name.startswith(TRAIT):
        setattr(person, name, value)
    else:
        _put(person.traits, name.removeprefix(TRAIT), value)


def _of(fields: dict, name: str):
    return fields.get(name)


def _put(fields: dict, name: str, value) -> None:
    """None stands for not there: a trait of none is one that was taken away."""
    if value is None:
        fields.pop(name, None)
    else:
        fields[name] = value
