from collections import Counter
from datetime import timedelta
from itertools import combinations

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from wayline.accounts.testing import make_member
from wayline.journeys import operations
from wayline.journeys.models import Journey, Step
from wayline.journeys.queries import gaps
from wayline.journeys.queries import likeness as kept
from wayline.journeys.testing import bound_to, make_journey

names = st.frozensets(st.sampled_from("abcdef"), max_size=4)
says = st.tuples(st.integers(1, 6), st.one_of(st.none(), names))


def plain(named: dict[int, frozenset[str]], too_common: int) -> dict[tuple[int, int], float]:
    """The definition: of the names that either looks at, the share that both do, but for too common ones."""
    holders: dict[str, list[int]] = {}
    for journey, wanted in named.items():
        for name in wanted:
            holders.setdefault(name, []).append(journey)
    shared = Counter(
        pair for keys in holders.values() if len(keys) <= too_common for pair in combinations(sorted(keys), 2)
    )
    shares = {(a, b): n / (len(named[a]) + len(named[b]) - n) for (a, b), n in shared.items()}
    return {pair: share for pair, share in shares.items() if share >= kept.ALIKE_FROM}


@settings(max_examples=150, deadline=None)
@given(st.lists(says, max_size=25), st.integers(1, 4))
def test_what_is_kept_says_the_same_as_pairing_everything_anew(sequence, too_common):
    likeness, named = kept.Likeness(), {}
    usual, kept.TOO_COMMON = kept.TOO_COMMON, too_common
    try:
        for journey, wanted in sequence:
            likeness.say(journey, wanted)
            named.pop(journey, None)
            named |= {} if wanted is None else {journey: wanted}
            assert likeness.alike == plain(named, too_common)
    finally:
        kept.TOO_COMMON = usual

    assert likeness.names == named
    assert likeness.ordered == sorted((-share, pair) for pair, share in likeness.alike.items())


@pytest.mark.django_db
def test_gaps_follow_every_change_of_a_map(noor):
    first, second = (make_journey(workspace=noor.workspace, title=title) for title in ("I buy", "I pay"))
    assert [each.share for each in gaps.gaps(noor).overlaps] == [1.0]

    step = Step.objects.filter(phase__journey=second).last()
    condition = bound_to("Refunded")
    operations.bind_step(step, condition=condition, by=noor.user, now=timezone.now() + timedelta(hours=1))
    assert [each.share for each in gaps.gaps(noor).overlaps] == [0.5]

    operations.delete_journey(first, by=noor.user, now=timezone.now() + timedelta(hours=2))
    assert gaps.gaps(noor).overlaps == ()
    operations.restore_journey(first, by=noor.user, now=timezone.now() + timedelta(hours=3))
    assert len(gaps.gaps(noor).overlaps) == 1


@pytest.mark.django_db
def test_gaps_name_no_journey_that_is_closed_to_the_member(noor):
    make_journey(workspace=noor.workspace)
    make_journey(workspace=noor.workspace, is_restricted=True)
    owner = make_member(workspace=noor.workspace, role="owner")

    assert len(gaps.gaps(owner).overlaps) == 1
    assert gaps.gaps(noor).overlaps == ()
    assert gaps.gaps(noor).journeys == Journey.objects.count() - 1
