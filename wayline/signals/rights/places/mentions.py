"""Every other text of the workspace, in whatever table it lies: notes, labels of activities, conditions."""

from collections.abc import Iterator

from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Cast

from wayline.accounts.belonging import of_workspaces, path_to_workspace
from wayline.audit.models import Activity
from wayline.signals.rights.person import ERASED, Person

# The people who work here, and what other places or the profile itself take care of.
NOT_SEARCHED = {
    "accounts.membership",
    "accounts.invitation",
    "accounts.key",
    "customers.customer",
    "customers.identity",
    "customers.told",
    "customers.merge",
    "customers.consent",
    "customers.consentchange",
    "signals.journalentry",
    "signals.refusedsignal",
    "signals.importrefusal",
    "signals.tombstone",
}


class Mentions:
    name, label = "mentions", "Mentions in other texts, activities among them"
    is_read_whole = False

    def count(self, person: Person) -> int:
        return sum(1 for _ in _rows(person)) + _labels(person).count()

    @transaction.atomic
    def erase(self, person: Person) -> int:
        gone = _labels(person).update(subject_label=ERASED, details={})
        for row, changes in _rows(person):
            type(row)._base_manager.filter(pk=row.pk).update(**changes)
            gone += 1
        return gone


def _labels(person: Person):
    """Activities upon the customer carry the name as it was."""
    theirs = Q(subject_kind="customers.customer", subject_id__in=[str(pk) for pk in person.profiles])
    found = Activity.objects.filter(theirs, workspace_id=person.workspace)
    return found.exclude(subject_label=ERASED)


def _rows(person: Person) -> Iterator[tuple[models.Model, dict]]:
    """The rows that name the person, each with what to write instead."""
    for model in of_workspaces():
        if model._meta.label_lower in NOT_SEARCHED:
            continue
        fields = [field for field in model._meta.concrete_fields if _is_text(field)]
        if not fields or not person.mentions:
            continue
        path = path_to_workspace(model) or "pk"  # type: ignore[arg-type]  # models are hashable
        rows = model._base_manager.filter(**{path: person.workspace})
        named = Q()
        for field in fields:
            place = f"text_of_{field.attname}"
            rows = rows.annotate(**{place: Cast(field.attname, models.TextField())})
            for value in person.written:
                named |= Q(**{f"{place}__icontains": value})
        for row in rows.filter(named):
            before = {field.attname: getattr(row, field.attname) for field in fields}
            changes = {name: person.scrubbed(value) for name, value in before.items()}
            changes = {name: value for name, value in changes.items() if value != before[name]}
            if changes:
                yield row, changes


def _is_text(field: models.Field) -> bool:
    is_text = isinstance(field, models.CharField | models.TextField | models.JSONField)
    # Slugs, choices and unique values are what rows are found by; changing one would lose the row.
    return is_text and not field.choices and not isinstance(field, models.SlugField) and not field.unique


MENTIONS = Mentions()
