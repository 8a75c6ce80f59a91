from dataclasses import replace
from datetime import timedelta

import pytest

from wayline.accounts.testing import make_member
from wayline.improvements.models import Opportunity
from wayline.improvements.queries import backlog, sizes
from wayline.improvements.testing import make_opportunity
from wayline.insights.testing import make_evidence, make_insight
from wayline.journeys.models import Placement
from wayline.journeys.testing import MONDAY, make_journey, travel
from wayline.signals.testing import make_signal, observe
from wayline.statistics.estimates import Estimate

pytestmark = pytest.mark.django_db
NOW = MONDAY + timedelta(days=61)
THREE_MONTHS = 90 / (365.25 / 12)


@pytest.fixture
def owner():
    return make_member(role="contributor")


@pytest.fixture
def journey(owner, warehouse):
    """Ninety arrived; thirty of them were lost after placing their order."""
    journey = make_journey(workspace=owner.workspace)
    travel(owner.workspace, ("Order Placed > Order Shipped > Order Delivered", 60), ("Order Placed", 30))
    travel(owner.workspace, ("Order Placed", 1), at=MONDAY + timedelta(days=60))
    return journey


def placed(journey, number=0, **fields) -> Opportunity:
    made = make_opportunity(workspace=journey.workspace, **fields)
    step = list(journey.phases.get().steps.all())[number]
    Placement.objects.create(card=made.card, journey=journey, step=step, lane="opportunity", position=1)
    return made


def test_its_size_is_reach_times_severity(journey):
    found = sizes.sized(placed(journey), now=NOW)

    assert found.size.reach.value == pytest.approx(91 / THREE_MONTHS)
    assert (found.size.severity.value, found.size.severity.n) == (pytest.approx(30 / 90), 90)
    assert found.size.customers.value == pytest.approx(91 / THREE_MONTHS * 30 / 90)
    assert found.size.customers.low < found.size.customers.value < found.size.customers.high
    assert found.size.impact is None


def test_what_it_is_worth_comes_on_top_as_a_range(journey):
    made = placed(journey, value_low=40.0, value_likely=50.0, value_high=70.0)

    found = sizes.sized(made, now=NOW)

    assert found.impact.value == pytest.approx(found.size.customers.value * 50)
    assert found.impact.low < found.size.customers.low * 50  # wider than with a worth that is known


def test_a_judgment_ranks_in_the_place_of_what_is_computed(journey):
    made = placed(journey, override=5.0, value_low=1.0, value_likely=2.0, value_high=3.0)

    found = sizes.sized(made, now=NOW)

    assert (found.ranked_by.value, found.ranked_by.is_thin) == (5.0, True)
    assert found.impact.value == 10.0
    assert found.size.customers.value > 5


def test_customers_behind_its_pain_points_can_be_its_size(journey):
    insight = make_insight(workspace=journey.workspace)
    make_evidence(insight)
    known = [f"Order Placed-{number}-{MONDAY:%m%d}" for number in range(9)]
    observe(
        journey.workspace,
        *[make_signal(name="Parcel Lost", external_id=who, at=MONDAY + timedelta(days=2)) for who in known],
    )
    made = placed(journey, basis=Opportunity.Basis.BEHIND)
    made.insights.add(insight)

    found = sizes.sized(made, now=NOW)

    assert found.size.severity.value == pytest.approx(9 / 91)


def test_without_bound_steps_nothing_is_counted(journey):
    found = sizes.sized(make_opportunity(workspace=journey.workspace), now=NOW)

    assert (found.ranked_by, found.impact, found.payoff) == (None, None, None)
    assert "nothing is counted" in found.size.where


def test_the_largest_comes_first_by_the_low_end(journey):
    nowhere = make_opportunity(workspace=journey.workspace, title="Nowhere")
    large = placed(journey, title="Large")
    small = placed(journey, number=1, title="Small")

    found = backlog.ranked([nowhere, small, large], now=NOW)

    assert [str(each.opportunity) for each in found] == ["Large", "Small", "Nowhere"]


def quick(member, low=20.0, **fields) -> sizes.Sized:
    fields = {"owner": member.user, "effort_low_weeks": 1.0, "effort_high_weeks": 2.0} | fields
    customers = Estimate(30.0, low, 40.0, 200, "test")
    made = make_opportunity(workspace=member.workspace, **fields)
    return sizes.Sized(made, sizes.Size(customers=customers), ())


def test_the_shortlist_is_three_quick_wins_the_best_payoff_first(owner):
    wins = [quick(owner, low=float(low), title=f"Win {low}") for low in (10, 40, 30, 20)]

    found = backlog.shortlist(tuple(wins))

    assert [str(win.sized.opportunity) for win in found] == ["Win 40", "Win 30", "Win 20"]
    assert found[0].why == (
        "at least 40 customers a month, at most 2 weeks, 50% sure, and Noor Haddad has room"
    )


def test_what_is_slow_thin_unowned_or_done_is_no_quick_win(owner):
    thin = quick(owner)
    thin = replace(thin, size=replace(thin.size, customers=replace(thin.size.customers, is_thin=True)))

    found = backlog.shortlist(
        (
            quick(owner, effort_high_weeks=5.0),
            quick(owner, low=0.0),
            quick(owner, owner=None),
            quick(owner, status=Opportunity.Status.DONE),
            thin,
        )
    )

    assert found == ()


def test_an_owner_who_is_doing_two_has_no_room(owner):
    doing = [quick(owner, status=Opportunity.Status.DOING) for _ in range(2)]

    assert backlog.shortlist((*doing, quick(owner))) == ()


def test_a_change_touches_other_journeys_of_the_same_signals(journey, owner):
    other = make_journey(workspace=owner.workspace, title="I return it", steps=("Order Placed", "Returned"))
    found = sizes.sized(placed(journey), now=NOW)

    (shared,) = backlog.shared_steps(owner, found)

    assert (shared.step.phase.journey, shared.names) == (other, ("Order Placed",))
