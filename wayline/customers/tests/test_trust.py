"""Whom to believe about a trait, whatever the order of the calls."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayline.accounts.testing import make_workspace
from wayline.customers import operations
from wayline.customers.models import Customer, Merge
from wayline.customers.operations import Learned
from wayline.customers.trust import operations as trust
from wayline.customers.trust import queries, sayings

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
SOURCES = ("api:1", "key:2", "import:3", "import:4", "demo")
LEVELS = {"api:1": 1, "import": 2}


def make_customer(workspace=None):
    workspace = workspace or make_workspace()
    return Customer.objects.create(workspace=workspace, first_seen_at=MONDAY, last_seen_at=MONDAY)


def told(customer, source, day=0, **traits):
    operations.learn([Learned(customer.pk, traits, MONDAY + timedelta(days=day))], source=source)
    customer.refresh_from_db()


def believe(workspace, stale_after_days=None, **levels):
    levels = {source.replace("_", ":"): level for source, level in levels.items()}
    return trust.set_trust(workspace, levels=levels, stale_after_days=stale_after_days, by=None, now=MONDAY)


calls = st.lists(
    st.tuples(
        st.sampled_from(SOURCES),
        st.integers(0, 20),
        st.sampled_from(["plan", "city"]),
        st.sampled_from(["free", "pro", 3.0, True, None]),
    ),
    max_size=14,
    unique_by=lambda call: call[:3],  # one source says one thing of a trait at a time
)


@given(calls, st.randoms(use_true_random=False))
def test_any_order_of_the_same_calls_gives_the_same_traits(told_calls, random):
    shuffled = list(told_calls)
    random.shuffle(shuffled)

    assert traits_after(told_calls) == traits_after(shuffled)


@given(calls, st.integers(0, 14))
def test_two_profiles_that_are_one_know_what_one_profile_would(told_calls, parted):
    one, other = sayings_after(told_calls[:parted]), sayings_after(told_calls[parted:])
    traits: dict = {}

    sayings.settle(traits, sayings.together(one, other), LEVELS)

    assert traits == traits_after(told_calls)


def sayings_after(told_calls):
    said: dict = {}
    for source, day, trait, value in told_calls:
        sayings.say(said.setdefault(trait, {}), source, value, day, LEVELS)
    return said


def traits_after(told_calls):
    traits: dict = {}
    sayings.settle(traits, sayings_after(told_calls), LEVELS)
    return traits


@pytest.mark.django_db
def test_a_later_word_of_a_less_trusted_source_overwrites_nothing():
    ines = make_customer()
    believe(ines.workspace, api_1=1)

    told(ines, "api:1", plan="pro", name="Ines Duarte")
    told(ines, "key:2", day=5, plan="free", name="xx", city="Kiel")

    assert ines.traits == {"plan": "pro", "name": "Ines Duarte", "city": "Kiel"}
    assert ines.name == "Ines Duarte"


@pytest.mark.django_db
def test_believed_alike_the_latest_word_holds_whenever_it_arrives():
    ines = make_customer()

    told(ines, "key:2", day=5, plan="free")
    told(ines, "api:1", day=1, plan="pro")

    assert ines.traits == {"plan": "free"}


@pytest.mark.django_db
def test_each_trait_says_who_told_it_when_and_what_others_say():
    ines = make_customer()
    believe(ines.workspace, stale_after_days=30, api_1=1)
    told(ines, "api:1", plan="pro")
    told(ines, "key:2", day=40, plan="free", city="Kiel")

    city, plan = queries.traits_of(ines, now=MONDAY + timedelta(days=45))

    assert (plan.value, plan.source, plan.told_at, plan.is_stale) == ("pro", "api:1", MONDAY, True)
    assert [(each.source, each.value) for each in plan.conflicts] == [("key:2", "free")]
    assert (city.value, city.is_stale, city.others) == ("Kiel", False, ())


@pytest.mark.django_db
def test_another_order_changes_what_holds_and_undoing_an_import_lets_others_speak():
    ines = make_customer()
    told(ines, "import:3", plan="free", name="Import")
    told(ines, "key:2", day=2, plan="pro", name="Browser")

    believe(ines.workspace, **{"import": 1})
    assert trust.settle_all(ines.workspace_id) == [ines.pk]
    ines.refresh_from_db()
    assert (ines.traits["plan"], ines.name) == ("free", "Import")

    operations.take_back(ines.workspace_id, source="import:3")
    ines.refresh_from_db()
    assert (ines.traits["plan"], ines.name, list(ines.sayings["plan"])) == ("pro", "Browser", ["key:2"])


@pytest.mark.django_db
def test_facts_say_whose_word_holds_and_follow_another_order():
    ines, tom = make_customer(), make_customer()
    told(ines, "api:1", plan="pro", consent="granted")
    told(ines, "key:2", day=2, plan="pro", city=None)
    told(tom, "key:2", plan="pro")
    levels = {"api:1": 1}

    facts = [sayings.facts(ines.traits, ines.sayings, each) for each in ({}, levels)]

    assert facts == [{"plan": "2026-03-04 09:00:00 key:2"}, {"plan": "2026-03-02 09:00:00 api:1"}]
    believe(ines.workspace, api_1=1)
    # The value is the same, but somebody else tells it.
    assert trust.settle_all(ines.workspace_id) == [ines.pk]


@pytest.mark.django_db
def test_undoing_a_merge_gives_back_who_said_what():
    workspace = make_workspace()
    ines, visitor = make_customer(workspace), make_customer(workspace)
    told(ines, "api:1", plan="pro")
    told(visitor, "key:2", day=3, plan="free", page="Pricing")
    before = Customer.objects.get(pk=ines.pk)

    merge = operations.join(ines, visitor, reason="the same", by=None, now=MONDAY)
    assert Customer.objects.get(pk=merge.kept_id).traits == {"plan": "free", "page": "Pricing"}
    operations.undo_merge(Merge.objects.get(), by=None, now=MONDAY)

    after = Customer.objects.get(pk=ines.pk)
    assert (after.traits, after.sayings) == (before.traits, before.sayings)
