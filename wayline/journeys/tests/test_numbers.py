"""Every number on the map is the number of the list behind it."""

from datetime import timedelta

import pytest

from wayline.journeys.models import Step
from wayline.journeys.testing import MONDAY, make_journey, make_step, travel
from wayline.journeys.tests.numbers import counted_links, disagreements
from wayline.journeys.tests.pages import LATER, SHORT, WHOLE, page, text
from wayline.signals.testing import make_signal, observe

pytestmark = pytest.mark.django_db
TWICE = "Order Placed > Order Placed > Order Shipped"


def scores(workspace, n: int, **fields) -> None:
    """Customers of the whole way who gave a score, the first of them twice."""
    observe(
        workspace,
        *(
            make_signal(
                kind="answer",
                name="Order Rated",
                external_id=f"{WHOLE}-{max(number - 1, 0)}-{MONDAY:%m%d}",
                at=MONDAY + timedelta(hours=5, minutes=number),
                **{"score": 1 + number % 5, "scale": "csat5", "text": f"It was number {number}."} | fields,
            )
            for number in range(n)
        ),
    )


def test_every_number_of_the_map_counts_the_list_behind_it(client, journey):
    travel(journey.workspace, (TWICE, 12), at=MONDAY + timedelta(days=1))
    scores(journey.workspace, 36)
    scores(journey.workspace, 5, score=9, scale="nps", step="order-shipped")

    shown = text(client.get(page("map", journey)))

    assert len(set(counted_links(shown))) >= 14
    assert disagreements(client, shown) == []


def test_every_number_of_two_segments_counts_the_list_behind_it(client, noor, warehouse):
    journey = make_journey(workspace=noor.workspace)
    travel(noor.workspace, (WHOLE, 45), (SHORT, 5), traits={"plan": "pro"})
    travel(noor.workspace, (WHOLE, 20), (TWICE, 30), at=MONDAY + timedelta(days=1), traits={"plan": "free"})
    travel(noor.workspace, (SHORT, 1), at=LATER)
    scores(noor.workspace, 36)

    shown = text(client.get(page("map", journey, "?period=all&segment=plan+is+pro&against=plan+is+free")))

    assert sum("side=against" in address for address, _ in counted_links(shown)) >= 10
    assert disagreements(client, shown) == []


def test_where_orders_are_followed_the_list_says_both_numbers(client, noor, warehouse):
    journey = make_journey(workspace=noor.workspace, follow="subject")
    for order in ("A", "B"):
        travel(noor.workspace, (SHORT, 3), subject=f"{order}")

    shown = text(client.get(page("map", journey)))
    people = client.get(page("people", journey, "?period=all&state=entered"))

    assert disagreements(client, shown) == []
    assert (people.context["behind"].n, people.context["behind"].counted) == (3, 6)
    assert "The number on the map is 6" in text(people)


def test_a_journey_of_optional_steps_begins_with_its_first(client, noor, warehouse):
    journey = make_journey(workspace=noor.workspace)
    Step.objects.update(is_required=False)
    travel(noor.workspace, (WHOLE, 31), (SHORT, 4))

    answer = client.get(page("map", journey))

    assert answer.context["picture"].totals[0].count == 35
    assert disagreements(client, text(answer)) == []


def test_a_map_of_fifteen_steps_holds_together(client, noor, warehouse):
    names = tuple(f"Did {place:02}" for place in range(15))
    journey = make_journey(workspace=noor.workspace, steps=names)
    make_step(journey.phases.get(), title="I tell a friend", position=99)
    travel(noor.workspace, (" > ".join(names), 31), (" > ".join(names[:7]), 9))

    answer = client.get(page("map", journey))

    assert [len(answer.context["picture"].steps), len(answer.context["picture"].unbound)] == [16, 1]
    assert disagreements(client, text(answer)) == []


def test_times_of_two_segments_are_compared_with_a_verdict(client, noor, warehouse):
    journey = make_journey(workspace=noor.workspace, steps=("Order Placed", "Order Shipped"))
    slow = "Order Placed > Waited > Waited > Order Shipped"
    travel(noor.workspace, ("Order Placed > Order Shipped", 40), traits={"plan": "pro"})
    travel(noor.workspace, (slow, 40), traits={"plan": "free"})
    travel(noor.workspace, ("Order Placed > Order Shipped", 5), traits={"plan": "trial"})
    travel(noor.workspace, (SHORT, 1), at=LATER)

    answer = client.get(page("map", journey, "?period=all&segment=plan+is+pro&against=plan+is+free"))
    few = text(client.get(page("map", journey, "?period=all&segment=plan+is+pro&against=plan+is+trial")))

    picture = answer.context["picture"]
    step = picture.steps[0]
    assert (step.time_difference.difference, step.time_difference.verdict) == (-7200, "down")
    assert picture.time_difference.verdict == "down"
    assert "too few to say, n 5 on the other side" in few
