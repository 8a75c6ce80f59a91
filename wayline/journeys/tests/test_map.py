from datetime import timedelta

import pytest
from django.urls import reverse

from wayline.journeys.models import Phase, Step
from wayline.journeys.testing import MONDAY, bound_to, make_card, make_journey, make_step, travel
from wayline.journeys.tests.pages import LATER, SHORT, WHOLE, page, text
from wayline.signals.testing import make_signal, observe

pytestmark = pytest.mark.django_db


def test_the_map_shows_how_far_customers_went(client, journey):
    answer = client.get(page("map", journey))

    picture = answer.context["picture"]
    counts = {total.label: total.count for total in picture.totals}
    assert picture.state == "alive"
    assert counts == {"Started": 51, "Completed": 40, "In progress": 1, "Lost": 10}
    assert [(loss.step.number, loss.dropped, loss.share.value) for loss in picture.losses] == [(1, 10, 1.0)]
    assert "steps in order, all steps within 30 days of that start" in text(answer)
    assert "n 50" in text(answer)


def test_every_number_leads_to_the_people_behind_it(client, journey):
    picture = client.get(page("map", journey)).context["picture"]
    first = picture.steps[0]

    for address, n in [
        (first.links["entered"], 51),
        (first.links["completed"], 40),
        (first.links["in_progress"], 1),
        (first.links["dropped"], 10),
        *((total.link, total.count) for total in picture.totals),
    ]:
        assert client.get(address).context["behind"].n == n


def test_the_people_page_names_them_and_exports_them(client, journey):
    query = "?period=all&step=order-placed&state=dropped"

    answer = client.get(page("people", journey, query))
    export = b"".join(client.get(page("people_export", journey, query)).streaming_content).decode()

    assert "10 customers were lost at “Order Placed”" in text(answer)
    found = answer.context["behind"].found[0]
    assert (found.step, found.at) == ("Order Placed", MONDAY)
    assert reverse("home:customer", args=[journey.workspace.slug, found.customer.pk]) in text(answer)
    lines = export.splitlines()
    assert lines[0] == "customer,name,email,phone,step,at"
    assert len(lines) == 11


def test_people_come_fifty_on_a_page(client, journey):
    answer = client.get(page("people", journey, "?period=all&state=entered&page=2"))

    behind = answer.context["behind"]
    assert (behind.n, behind.pages, len(behind.found)) == (51, 2, 1)


def test_few_customers_are_too_few_to_say(client, noor, warehouse):
    journey = make_journey(workspace=noor.workspace)
    travel(noor.workspace, (WHOLE, 3), (SHORT, 2))
    travel(noor.workspace, (SHORT, 1), at=LATER)

    answer = client.get(page("map", journey))

    assert answer.context["picture"].answer.conversion.is_thin
    assert "n 5, too few to say" in text(answer)


def test_an_unbound_map_offers_to_bind(client, noor, warehouse):
    journey = make_journey(workspace=noor.workspace, steps=())
    step = make_step(journey.phases.get(), title="I wait")

    answer = client.get(page("map", journey))

    assert answer.context["picture"].state == "unbound"
    assert reverse("journeys:bind", args=[noor.workspace.slug, step.pk]) in text(answer)
    assert "Not bound to signals" in text(answer)


def test_one_unbound_step_does_not_silence_the_others(client, journey):
    make_step(journey.phases.get(), title="I tell a friend", position=9)

    picture = client.get(page("map", journey)).context["picture"]

    assert (picture.state, picture.answer.entered, len(picture.unbound)) == ("alive", 51, 1)


def test_an_empty_journey_asks_for_steps(client, noor, warehouse):
    journey = make_journey(workspace=noor.workspace, steps=())

    assert "No steps yet" in text(client.get(page("map", journey)))


def test_without_signals_the_map_says_so(client, noor, warehouse):
    journey = make_journey(workspace=noor.workspace)

    answer = client.get(page("map", journey, ""))

    assert answer.context["picture"].state == "silent"
    assert "No signal has come in yet." in text(answer)


def test_where_signals_are_elsewhere_the_map_says_where(client, journey):
    answer = client.get(page("map", journey, "?period=dates&since=2020-01-01&until=2020-02-01"))

    assert answer.context["picture"].state == "silent"
    assert "There are signals from 2 Mar 2026 to 1 May 2026" in text(answer)
    assert "No signal has come in yet." not in text(answer)


def test_two_segments_are_compared_with_a_verdict(client, noor, warehouse):
    journey = make_journey(workspace=noor.workspace)
    travel(noor.workspace, (WHOLE, 45), (SHORT, 5), traits={"plan": "pro"})
    travel(noor.workspace, (WHOLE, 20), (SHORT, 30), at=MONDAY + timedelta(days=1), traits={"plan": "free"})
    travel(noor.workspace, (SHORT, 1), at=LATER)

    answer = client.get(page("map", journey, "?period=all&segment=plan+is+pro&against=plan+is+free"))

    picture = answer.context["picture"]
    assert (picture.answer.entered, picture.against.entered) == (50, 50)
    assert (picture.difference.verdict, round(picture.difference.difference, 2)) == ("up", 0.5)
    link = picture.steps[0].against_links["dropped"]
    assert client.get(link).context["behind"].n == 30


def test_scores_and_words_stand_at_the_step_they_name(client, journey):
    observe(
        journey.workspace,
        *(
            make_signal(
                kind="answer",
                name="Order Rated",
                step="order-delivered",
                external_id=f"{WHOLE}-{number}-{MONDAY:%m%d}",
                at=MONDAY + timedelta(hours=5),
                score=4,
                scale="csat5",
                text="The parcel was whole." if number == 0 else None,
                channel="email",
            )
            for number in range(35)
        ),
    )

    answer = client.get(page("map", journey))

    delivered = answer.context["picture"].steps[2]
    assert [(score.scale.slug, score.estimate.value, score.estimate.n) for score in delivered.scores] == [
        ("csat5", 4, 35)
    ]
    assert '<p class="voice" dir="auto">The parcel was whole.</p>' in text(answer)
    assert [point["is_assumed"] for point in answer.context["picture"].curve["points"]] == [False]


def test_assumed_feelings_are_hollow_and_stay_as_ghosts(client, journey):
    Step.objects.filter(key="order-placed").update(assumed_feeling=1)

    curve = client.get(page("map", journey)).context["picture"].curve

    assert [(point["number"], point["is_hollow"]) for point in curve["points"]] == [(1, True)]
    assert curve["ghosts"] == []


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("?window=soon", "Write the window as a number of days"),
        ("?segment=plan+pro", "is not understood. Write it like"),
        ("?period=dates&until=2026-03-02", "Choose the first day of the period too."),
        ("?period=dates&since=2026-03-02&until=2026-03-01", "must not lie before the first"),
    ],
)
def test_a_reading_not_understood_says_what_to_write(client, journey, query, sentence):
    answer = client.get(page("map", journey, query))

    assert answer.status_code == 422
    assert sentence in text(answer)


def test_window_and_start_can_be_chosen_on_the_page(client, journey):
    reading = client.get(page("map", journey, "?window=none&start=first")).context["reading"]

    assert (reading.window, reading.start, reading.window_words) == (None, "first", "no limit")


def test_the_map_asks_the_same_few_queries_however_long_it_is(
    client, noor, warehouse, django_assert_num_queries
):
    journey = make_journey(workspace=noor.workspace)
    for number in range(10):
        step = make_step(
            journey.phases.get(), position=10 + number, key=f"more-{number}", condition=bound_to("X")
        )
        make_card(step)
        make_card(step, lane="opportunity", kind="opportunity")
    client.get(page("map", journey, ""))

    with django_assert_num_queries(26):
        client.get(page("map", journey, "?phase=1"))


def test_a_map_that_nobody_changed_asks_only_whether_that_is_so(client, journey, django_assert_num_queries):
    client.get(page("map", journey))

    with django_assert_num_queries(9):
        client.get(page("map", journey))


def test_htmx_gets_only_the_living_part(client, journey):
    answer = client.get(page("map", journey), headers={"HX-Request": "true"})

    assert text(answer).startswith('<div id="living"')


def test_a_phase_is_opened_by_a_link_for_phones_without_scripts(client, journey):
    Phase.objects.create(journey=journey, name="Return", position=1)

    answer = client.get(page("map", journey, "?phase=2"))

    assert [phase.is_open for phase in answer.context["picture"].phases] == [False, True]


def test_paths_mark_what_the_map_does_not_contain(client, noor, warehouse):
    journey = make_journey(workspace=noor.workspace)
    travel(noor.workspace, ("Order Placed > Called Us > Order Shipped > Order Delivered", 5), (WHOLE, 3))
    travel(noor.workspace, ("Order Placed", 1), at=LATER)

    answer = client.get(page("paths", journey))

    actual = answer.context["actual"]
    fits = {(edge.source.name, edge.target.name): (edge.count, edge.fit) for edge in actual.edges}
    assert fits == {
        ("Order Shipped", "Order Delivered"): (8, "as drawn"),
        ("Order Placed", "Called Us"): (5, "not on the map"),
        ("Called Us", "Order Shipped"): (5, "not on the map"),
        ("Order Placed", "Order Shipped"): (3, "as drawn"),
    }
    assert [node.name for node in actual.unmapped] == ["Called Us"]
    assert [(len(path.nodes), path.count, path.leaves_the_map) for path in actual.frequent] == [
        (4, 5, True),
        (3, 3, False),
    ]
