"""What the loader remembers between chunks, with real commits."""

import pytest
from django.utils import timezone

from wayline.accounts.testing import make_workspace
from wayline.customers.models import Merge
from wayline.signals import operations
from wayline.signals.testing import make_signal, observe

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def owners(warehouse) -> dict[str, int]:
    rows = warehouse.run(warehouse.table("signals")).to_pylist()
    return {row["name"]: row["customer"] for row in rows}


def test_a_customer_known_from_an_earlier_chunk_is_the_same_one(warehouse):
    workspace = make_workspace()
    observe(workspace, make_signal(name="First"))
    observe(workspace, make_signal(name="Second"))

    seen = owners(warehouse)

    assert seen["First"] == seen["Second"]


def test_a_merge_and_its_undoing_are_believed_at_once(warehouse):
    workspace = make_workspace()
    visit = {"anonymous_id": "a1"}
    observe(workspace, make_signal(name="Before", **visit), make_signal(external_id="ines"))
    observe(workspace, make_signal(external_id="ines", name="Signed In", **visit))
    observe(workspace, make_signal(name="Joined", **visit))
    assert len(set(owners(warehouse).values())) == 1

    operations.undo_merge(Merge.objects.get(), by=None, now=timezone.now())
    observe(workspace, make_signal(name="After", **visit))

    seen = owners(warehouse)
    assert seen["Before"] == seen["Joined"] == seen["After"]
    assert seen["After"] != seen["Signed In"]


def test_a_forgotten_customer_begins_anew(warehouse):
    workspace = make_workspace()
    observe(workspace, make_signal(), source="import:1")
    operations.forget_source(workspace, source="import:1", by=None, now=timezone.now())

    observe(workspace, make_signal(name="Again"))

    assert owners(warehouse)["Again"] == workspace.customers.get().pk
