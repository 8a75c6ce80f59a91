"""Nobody adds a table, or a field that names rows, and forgets that workspaces move."""

import pytest
from django.apps import apps

from wayline.accounts.models import User
from wayline.exports.whole import fields, numbers


def ours() -> dict:
    models = apps.get_models(include_auto_created=True)
    return {m._meta.label_lower: m for m in models if m.__module__.startswith("wayline.")}


def test_every_table_leaves_or_says_why_not():
    leaving = {model._meta.label_lower for model in fields.leaving()}

    assert set(ours()) - leaving - set(fields.LEFT_OUT) - set(fields.NOBODYS) == set()
    assert not leaving & (set(fields.LEFT_OUT) | set(fields.NOBODYS))


@pytest.mark.parametrize("model", fields.leaving(), ids=lambda model: model._meta.label_lower)
def test_every_field_that_may_name_rows_is_declared(model):
    """Declare it in whole/numbers.py when it names rows, else in NO_REFERENCES of whole/fields.py."""
    table = model._meta.label_lower
    declared = fields.NO_REFERENCES.get(table, set()) | set(numbers.REFERENCES.get(table, {}))

    assert fields.may_name_rows(model) - declared == set()


def test_each_table_comes_after_those_it_cannot_be_without():
    seen: set[str] = set()
    for model in fields.leaving():
        seen.add(model._meta.label_lower)
        for field in fields.written(model):
            target = fields.points_at(field)
            if target is None or field.null or fields.is_workspace(field) or target is User:
                continue
            assert target._meta.label_lower in seen, field


def test_nothing_secret_by_its_name_leaves():
    suspicious = ("secret", "password", "token", "digest", "nonce")
    known = {("signals.import", "digest"), ("signals.tombstone", "digest"), ("metrics.baseline", "digest")}
    known |= {("journeys.picture", "digest")}

    found = {
        (model._meta.label_lower, field.attname)
        for model in fields.leaving()
        for field in fields.written(model)
        if any(word in field.attname for word in suspicious)
    }

    assert found == known
