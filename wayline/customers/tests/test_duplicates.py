"""Probable duplicates are proposed with reasons, decided by people, and remembered."""

from datetime import UTC, datetime

import pytest

from wayline.accounts.testing import make_user, make_workspace
from wayline.customers import operations
from wayline.customers.duplicates import operations as duplicates
from wayline.customers.identities import EMAIL, EXTERNAL_ID
from wayline.customers.models import Customer, Duplicate
from wayline.customers.operations import Call
from wayline.customers.testing import make_customer

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


def make_crowd(workspace) -> tuple[Customer, Customer]:
    """Two profiles of Ines among strangers who share first names, family names and providers with her."""
    for given in ("Ada", "Tom", "Noor", "Ines"):
        for family in ("Beck", "Lund", "Vega"):
            make_customer(
                workspace=workspace, name=f"{given} {family}", email=f"{given}.{family}@mail.example".lower()
            )
    return (
        make_customer(workspace=workspace, name="Ines Duarte", email="ines.duarte@mail.example"),
        make_customer(workspace=workspace, name="Inês Duarte", email="inesduarte@home.example"),
    )


@pytest.fixture(scope="module")
def splink_is_loaded():
    import splink  # noqa: F401 - two seconds that no single test should be charged for


def test_two_profiles_of_one_person_are_proposed_and_strangers_are_not(splink_is_loaded):
    workspace = make_workspace()
    ines, again = make_crowd(workspace)

    n = duplicates.propose(workspace, now=MONDAY)

    (found,) = Duplicate.objects.all()
    assert (n, found.one, found.other) == (1, ines, again)
    assert found.probability > 0.9
    assert [(each["field"], each["says"]) for each in found.reasons] == [
        ("Name", "almost the same"),
        ("Name part of the e-mail", "the same"),
    ]
    assert all(each["weight"] > 3 for each in found.reasons)
    assert Customer.objects.filter(merged_into=None).count() == 14


def test_not_the_same_is_remembered_by_the_search_and_by_calls(splink_is_loaded):
    workspace = make_workspace()
    ines, again = make_crowd(workspace)
    duplicates.propose(workspace, now=MONDAY)
    duplicates.keep_apart(Duplicate.objects.get(), by=make_user(), now=MONDAY)

    found = duplicates.propose(workspace, now=MONDAY)
    both = operations.recognise(
        workspace.pk,
        [
            Call(
                identities=(
                    (EXTERNAL_ID, ines.identities.get(kind=EXTERNAL_ID).value),
                    (EMAIL, again.email),
                ),
                at=MONDAY,
                may_join_known=True,
            )
        ],
        source="server",
    )

    assert found == 0
    assert both.merges == []
    assert Duplicate.objects.get().state == Duplicate.State.APART


def test_a_decision_can_be_taken_back_and_is_made_once():
    workspace = make_workspace()
    one, other = make_customer(workspace=workspace), make_customer(workspace=workspace)
    pair = Duplicate.objects.create(
        workspace=workspace, one=one, other=other, probability=0.9, weight=3, found_at=MONDAY
    )
    duplicates.keep_apart(pair, by=None, now=MONDAY)

    with pytest.raises(duplicates.AlreadyDecided):
        duplicates.keep_apart(pair, by=None, now=MONDAY)
    duplicates.reconsider(pair, by=None, now=MONDAY)

    assert Duplicate.objects.get().state == Duplicate.State.OPEN


def test_a_search_waits_once_for_each_workspace():
    workspace = make_workspace()

    assert [duplicates.ask(workspace, now=MONDAY) for _ in range(2)] == [True, False]
