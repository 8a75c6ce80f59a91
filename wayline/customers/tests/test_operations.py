from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wayline.accounts.testing import make_user, make_workspace
from wayline.customers import operations
from wayline.customers.identities import ANONYMOUS_ID, EMAIL, EXTERNAL_ID, PHONE, PREVIOUS_ID, PRIORITY
from wayline.customers.models import BlockedValue, Customer, Identity, IdentityRules, Merge, RefusedMerge
from wayline.customers.operations import Call, LaterMergeStands, Learned, MergeAlreadyUndone
from wayline.customers.rules.models import MOST_EXTERNAL_IDS

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


def call(*identities, name="Account Created", trusted=False, day=0) -> Call:
    return Call(identities=identities, at=MONDAY + timedelta(days=day), name=name, may_join_known=trusted)


def recognise(workspace, *calls):
    return operations.recognise(workspace.pk, calls, source="test")


def whose(workspace, kind, value) -> int:
    return Identity.objects.get(workspace=workspace, kind=kind, value=value).customer_id


def test_the_same_values_are_the_same_customer():
    workspace = make_workspace()

    found = recognise(workspace, call((EXTERNAL_ID, "ines")), call((EXTERNAL_ID, "ines")))
    again = recognise(workspace, call((EXTERNAL_ID, "ines")))

    assert found.profiles[0] == found.profiles[1] == again.profiles[0]
    assert Customer.objects.count() == 1


def test_an_anonymous_visitor_becomes_the_customer_who_signs_in():
    workspace = make_workspace()
    visitor = recognise(workspace, call((ANONYMOUS_ID, "a1"))).profiles[0]
    ines = recognise(workspace, call((EXTERNAL_ID, "ines"))).profiles[0]

    found = recognise(workspace, call((EXTERNAL_ID, "ines"), (ANONYMOUS_ID, "a1"), day=1))

    (merge,) = found.merges
    assert (merge.kept_id, merge.merged_id) == (ines, visitor)
    assert merge.reason == "Account Created of 3 Mar 2026 named both external id ines and anonymous id a1."
    assert whose(workspace, ANONYMOUS_ID, "a1") == ines


def test_two_known_customers_are_not_joined_by_a_public_call():
    workspace = make_workspace()
    recognise(workspace, call((EXTERNAL_ID, "ines"), (EMAIL, "ines@example.com")), call((EXTERNAL_ID, "tom")))

    found = recognise(workspace, call((EXTERNAL_ID, "tom"), (EMAIL, "ines@example.com")))

    assert found.merges == []
    assert found.profiles[0] == whose(workspace, EXTERNAL_ID, "tom")
    assert "stay apart" in found.notes[0][1]


def test_a_new_external_id_cannot_slip_into_a_known_customer_by_a_public_call():
    workspace = make_workspace()
    recognise(workspace, call((EXTERNAL_ID, "ines"), (EMAIL, "ines@example.com")))

    found = recognise(workspace, call((EXTERNAL_ID, "stranger"), (EMAIL, "ines@example.com")))

    assert found.profiles[0] != whose(workspace, EXTERNAL_ID, "ines")
    assert whose(workspace, EMAIL, "ines@example.com") == whose(workspace, EXTERNAL_ID, "ines")


def test_two_known_customers_are_joined_by_a_trusted_call():
    workspace = make_workspace()
    recognise(
        workspace, call((EXTERNAL_ID, "ines"), (EMAIL, "ines@example.com")), call((EXTERNAL_ID, "old-7"))
    )

    recognise(workspace, call((EXTERNAL_ID, "old-7"), (EMAIL, "ines@example.com"), trusted=True))

    assert Customer.objects.filter(merged_into=None).count() == 1


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (EXTERNAL_ID, "null"), (EXTERNAL_ID, " "), (EXTERNAL_ID, "[object Object]"), (EMAIL, "test@test.com"),
        (EMAIL, "no address"), (PHONE, "12"), (PHONE, "0000000000"), (ANONYMOUS_ID, "undefined"),
        (EXTERNAL_ID, "x" * 321), (EXTERNAL_ID, "a\0b"),
    ],
)  # fmt: skip
def test_a_value_that_says_nothing_joins_nobody(kind, value):
    workspace = make_workspace()

    found = recognise(workspace, call((kind, value)))

    assert found.profiles == [None]
    assert "ignored" in found.notes[0][1]
    assert not Customer.objects.exists()


def test_values_are_compared_as_people_mean_them():
    workspace = make_workspace()

    found = recognise(
        workspace,
        call((EMAIL, "Ines@Example.COM"), (PHONE, "+49 (30) 1234-567")),
        call((EMAIL, "ｉｎｅｓ@example.com ")),
        call((PHONE, "0049 30 1234567")),
    )

    assert len({found.customer_of[profile] for profile in found.profiles}) == 1


def test_a_shared_value_does_not_swallow_everybody():
    workspace = make_workspace()
    calls = [
        call((EXTERNAL_ID, f"customer-{n}"), (EMAIL, "office@example.com"), trusted=True) for n in range(12)
    ]

    found = recognise(workspace, *calls)

    assert Customer.objects.filter(merged_into=None).count() == 12 - MOST_EXTERNAL_IDS + 1
    assert "more than 5 external ids of one customer" in found.notes[0][1]
    assert RefusedMerge.objects.count() == 12 - MOST_EXTERNAL_IDS


def test_a_customer_grows_no_larger_than_the_workspace_allows():
    workspace = make_workspace()
    IdentityRules.objects.create(workspace=workspace, most_identities=4)
    calls = [call((EMAIL, f"{n}@example.com"), (PHONE, "+4930123456"), trusted=True) for n in range(6)]

    recognise(workspace, *calls)

    sizes = [Identity.objects.filter(customer=each).count() for each in Customer.objects.all()]
    assert max(sizes) == 4
    assert "more than 4 identities" in RefusedMerge.objects.first().reason


def test_a_blocked_value_recognises_nobody():
    workspace = make_workspace()
    BlockedValue.objects.create(workspace=workspace, kind=ANONYMOUS_ID, value="kiosk-7", at=MONDAY)

    found = recognise(workspace, call((EXTERNAL_ID, "ines"), (ANONYMOUS_ID, "kiosk-7")))

    assert not Identity.objects.filter(value="kiosk-7").exists()
    assert "is blocked here" in found.notes[0][1]


def test_a_device_that_two_people_sign_in_on_belongs_to_neither():
    workspace = make_workspace()
    recognise(workspace, call((ANONYMOUS_ID, "kiosk")))
    recognise(workspace, call((EXTERNAL_ID, "ines"), (ANONYMOUS_ID, "kiosk")))
    before = whose(workspace, ANONYMOUS_ID, "kiosk")

    found = recognise(workspace, call((EXTERNAL_ID, "tom"), (ANONYMOUS_ID, "kiosk"), trusted=True))

    kiosk = Identity.objects.get(value="kiosk")
    assert before == whose(workspace, EXTERNAL_ID, "ines")
    assert kiosk.is_shared
    assert kiosk.customer_id not in {
        whose(workspace, EXTERNAL_ID, "ines"), whose(workspace, EXTERNAL_ID, "tom"),
    }  # fmt: skip
    assert Merge.objects.get().undone_reason.endswith("a shared device.")
    assert found.changed == [[kiosk.customer_id, before]]


def test_a_device_leaves_a_newsletter_address_for_whoever_signs_in():
    workspace = make_workspace()
    recognise(workspace, call((EMAIL, "ines@example.com"), (ANONYMOUS_ID, "a1")))

    recognise(workspace, call((EXTERNAL_ID, "ines"), (ANONYMOUS_ID, "a1")))

    assert whose(workspace, ANONYMOUS_ID, "a1") == whose(workspace, EXTERNAL_ID, "ines")
    assert whose(workspace, EMAIL, "ines@example.com") != whose(workspace, EXTERNAL_ID, "ines")


def test_what_a_device_brought_leaves_with_it_through_later_merges():
    workspace = make_workspace()
    visitor = recognise(workspace, call((ANONYMOUS_ID, "kiosk"))).profiles[0]
    operations.learn([Learned(visitor, {"theme": "dark"})], source="test")
    recognise(workspace, call((EXTERNAL_ID, "ines"), (ANONYMOUS_ID, "kiosk"), day=1))
    recognise(workspace, call((EXTERNAL_ID, "old"), (EMAIL, "ines@example.com")))
    recognise(workspace, call((EXTERNAL_ID, "ines"), (EMAIL, "ines@example.com"), trusted=True))
    kept = Customer.objects.get(pk=whose(workspace, EXTERNAL_ID, "ines"))

    recognise(workspace, call((EXTERNAL_ID, "tom"), (ANONYMOUS_ID, "kiosk")))

    assert kept.traits == {"theme": "dark"}
    assert Customer.objects.get(pk=kept.pk).traits == {}
    assert Customer.objects.get(pk=visitor).traits == {"theme": "dark"}


def test_an_alias_finds_an_external_id_before_an_anonymous_one():
    workspace = make_workspace()
    recognise(workspace, call((EXTERNAL_ID, "old-7")), call((ANONYMOUS_ID, "a1")))

    recognise(
        workspace,
        call((EXTERNAL_ID, "ines"), (PREVIOUS_ID, "old-7"), trusted=True),
        call((EXTERNAL_ID, "ines"), (PREVIOUS_ID, "a1"), trusted=True),
    )

    assert Customer.objects.filter(merged_into=None).count() == 1


def test_undoing_a_merge_gives_each_their_own_again():
    workspace, noor = make_workspace(), make_user()
    ines, visitor = recognise(workspace, call((EXTERNAL_ID, "ines")), call((ANONYMOUS_ID, "a1"))).profiles
    operations.learn(
        [Learned(ines, {"plan": "pro"}), Learned(visitor, {"plan": "free", "page": "Pricing"})], source="test"
    )
    merge = recognise(workspace, call((EXTERNAL_ID, "ines"), (ANONYMOUS_ID, "a1"))).merges[0]
    operations.learn([Learned(ines, {"size": 10.0})], source="test")

    operations.undo_merge(merge, by=noor, now=MONDAY)

    assert whose(workspace, ANONYMOUS_ID, "a1") == visitor
    assert Customer.objects.get(pk=ines).traits == {"plan": "pro", "size": 10.0}
    assert Customer.objects.get(pk=visitor).traits == {"plan": "free", "page": "Pricing"}


def test_what_a_person_has_parted_is_not_joined_again():
    workspace = make_workspace()
    recognise(workspace, call((EXTERNAL_ID, "ines")), call((ANONYMOUS_ID, "a1")))
    together = call((EXTERNAL_ID, "ines"), (ANONYMOUS_ID, "a1"))
    merge = recognise(workspace, together).merges[0]
    operations.undo_merge(merge, by=make_user(), now=MONDAY)

    again = recognise(workspace, together)

    assert again.merges == []
    assert whose(workspace, ANONYMOUS_ID, "a1") != whose(workspace, EXTERNAL_ID, "ines")


def test_what_a_person_has_parted_stays_apart_for_any_value_that_ties_them():
    workspace = make_workspace()
    recognise(workspace, call((EXTERNAL_ID, "ines")), call((EMAIL, "ines@example.com")))
    together = call((EXTERNAL_ID, "ines"), (EMAIL, "ines@example.com"))
    merge = recognise(workspace, together).merges[0]
    operations.undo_merge(merge, by=make_user(), now=MONDAY)

    again = recognise(workspace, together)

    assert again.merges == []
    assert "parted by a person" in again.notes[0][1]
    assert RefusedMerge.objects.get().times == 1


def test_a_merge_is_undone_once():
    workspace = make_workspace()
    recognise(workspace, call((EXTERNAL_ID, "ines")), call((ANONYMOUS_ID, "a1")))
    merge = recognise(workspace, call((EXTERNAL_ID, "ines"), (ANONYMOUS_ID, "a1"))).merges[0]
    operations.undo_merge(merge, by=None, now=MONDAY)

    with pytest.raises(MergeAlreadyUndone):
        operations.undo_merge(merge, by=None, now=MONDAY)


def test_a_merge_below_a_later_one_asks_to_undo_that_first():
    workspace = make_workspace()
    recognise(
        workspace,
        call((EXTERNAL_ID, "ines")),
        call((EXTERNAL_ID, "old"), day=1),
        call((EMAIL, "ines@example.com")),
    )
    first = recognise(workspace, call((EXTERNAL_ID, "old"), (EMAIL, "ines@example.com"))).merges[0]
    recognise(workspace, call((EXTERNAL_ID, "ines"), (EMAIL, "ines@example.com"), trusted=True))

    with pytest.raises(LaterMergeStands):
        operations.undo_merge(Merge.objects.get(pk=first.pk), by=None, now=MONDAY)


def test_customers_of_another_workspace_are_never_found():
    ours, theirs = make_workspace(), make_workspace()

    one = recognise(ours, call((EXTERNAL_ID, "ines"))).profiles[0]
    other = recognise(theirs, call((EXTERNAL_ID, "ines"))).profiles[0]

    assert one != other


VALUES = st.one_of(
    st.tuples(st.just(EXTERNAL_ID), st.sampled_from(["u1", "u2", "u3"])),
    st.tuples(st.just(EMAIL), st.sampled_from(["a@x.test", "b@x.test", "c@x.test"])),
    st.tuples(st.just(PHONE), st.sampled_from(["+4930123456", "+4930123457"])),
    st.tuples(st.just(ANONYMOUS_ID), st.sampled_from(["v1", "v2", "v3", "v4"])),
)
CALLS = st.lists(
    st.lists(VALUES, min_size=1, max_size=3, unique_by=lambda value: value[0]), min_size=1, max_size=8
)


def people(workspace) -> set[frozenset]:
    groups: dict[int, set] = {}
    for identity in Identity.objects.filter(workspace=workspace):
        groups.setdefault(identity.customer_id, set()).add((identity.kind, identity.value))
    return {frozenset(group) for group in groups.values()}


def tied(calls) -> set[frozenset]:
    """The reference: values of persons named together, directly or through others, are one person.

    An anonymous id goes with the strongest value it was named with, and with nobody when two are as strong.
    """
    groups: list[set] = []
    strongest: dict[tuple, set] = {}
    for named in calls:
        persons = sorted((each for each in named if each[0] != ANONYMOUS_ID), key=lambda e: PRIORITY[e[0]])
        met = [group for group in groups if group & set(persons)]
        groups = [group for group in groups if group not in met] + [set(persons).union(*met)]
        for each in named:
            if each[0] == ANONYMOUS_ID:
                strongest.setdefault(each, set()).update(persons[:1])
    groups = [group for group in groups if group]
    for device, values in strongest.items():
        best = min((PRIORITY[kind] for kind, _ in values), default=None)
        owners = [each for each in values if PRIORITY[each[0]] == best]
        if len(owners) == 1:
            next(group for group in groups if owners[0] in group).add(device)
        else:
            groups.append({device})
    return {frozenset(group) for group in groups}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(calls=CALLS, data=st.data())
def test_any_order_of_the_same_calls_gives_the_same_people(db, calls, data):
    shuffled = data.draw(st.permutations(calls))
    size = data.draw(st.integers(1, len(calls)))
    one, other = make_workspace(), make_workspace()

    recognise(one, *(call(*named, trusted=True) for named in calls))
    for start in range(0, len(shuffled), size):
        recognise(other, *(call(*named, trusted=True) for named in shuffled[start : start + size]))

    assert people(one) == people(other) == tied(calls)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(calls=CALLS, data=st.data())
def test_no_order_of_public_calls_joins_two_external_ids(db, calls, data):
    workspace = make_workspace()

    for named in data.draw(st.permutations(calls)):
        recognise(workspace, call(*named))

    for group in people(workspace):
        assert sum(kind == EXTERNAL_ID for kind, _ in group) <= 1
