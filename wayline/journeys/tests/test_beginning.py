"""A template beside the signals of several sources: nobody is bound to the wrong ones unawares."""

from datetime import timedelta

import pytest
from django.urls import reverse

from wayline.accounts.testing import make_key, make_member
from wayline.journeys import operations, templates_library
from wayline.journeys.models import Journey, Step
from wayline.journeys.operations import refusals
from wayline.journeys.queries import beginning
from wayline.journeys.testing import MONDAY
from wayline.journeys.tests.pages import text
from wayline.metrics import observed
from wayline.signals import queries as signals
from wayline.signals.conditions import SignalIs
from wayline.signals.imports.models import Import
from wayline.signals.testing import make_signal, observe

pytestmark = pytest.mark.django_db

ORDERS = templates_library.find("order-to-delivery")


@pytest.fixture
def noor():
    return make_member(role="contributor")


@pytest.fixture
def brought(noor, warehouse):
    """A shop that sends its orders, and a file with the orders of another."""
    run = Import.objects.create(
        workspace=noor.workspace, file_name="orders.csv", size=1, digest="x", created_at=MONDAY
    )
    shop = ["Order Placed"] * 4 + ["Order Delivered"] * 3 + ["Delivery Question"]
    file = ["Order purchase"] * 2 + ["Order delivered"] * 2
    for source, names, day in ((run.source, file, 1), ("demo", shop, 9)):
        signals = [
            make_signal(name=name, anonymous_id=f"{source}-{n}", at=MONDAY + timedelta(days=day, hours=n))
            for n, name in enumerate(names)
        ]
        observe(noor.workspace, *signals, source=source)
    return run


def bound() -> dict:
    return {step.key: step.condition for step in Step.objects.exclude(condition=None)}


def new(noor, **query) -> str:
    return reverse("journeys:new", args=[noor.workspace.slug], query=query)


def test_where_sources_would_bind_a_step_differently_one_is_asked_first(client, noor, brought):
    client.force_login(noor.user)

    told = text(client.get(new(noor)))
    page = client.get(new(noor, template="order-to-delivery"))

    assert "?template=order-to-delivery" in client.get(new(noor)).content.decode()
    assert "have signals, and several sources sent what could be them" in told
    assert page.context["plan"].unclear == 1
    assert "1 step would be other signals for one source than for another" in text(page)
    assert "orders.csv (import" in text(page)


def test_every_candidate_is_offered_with_who_sent_how_many(noor, brought):
    (
        placed,
        *_,
    ) = beginning.plan(noor, ORDERS).steps

    found = [
        (each.observed.name, each.observed.n, each.is_chosen, [source.label for source in each.sources])
        for each in placed.candidates
    ]

    assert placed.disagree
    assert found == [
        ("Order Placed", 4, True, ["demo"]),
        ("Order purchase", 2, False, [f"orders.csv (import {brought.pk})"]),
    ]


def test_looking_at_one_source_binds_every_step_to_what_it_sent(noor, brought):
    plan = beginning.plan(noor, ORDERS, source=brought.source)

    chosen = {
        planned.step.key: [
            (each.observed.name, each.elsewhere) for each in planned.candidates if each.is_chosen
        ]
        for planned in plan.steps
        if planned.candidates
    }

    assert (plan.bound, plan.unclear) == (2, 0)
    assert chosen == {"order-placed": [("Order purchase", 0)], "order-delivered": [("Order delivered", 0)]}


def test_the_map_is_bound_to_what_was_ticked_and_to_nothing_else(client, noor, brought):
    client.force_login(noor.user)

    client.post(
        new(noor),
        {
            "template": "order-to-delivery",
            "chosen": "1",
            "source": brought.source,
            "only_source": "1",
            "signals-order-placed": ["behavior:Order purchase", "behavior:Order Placed", "nonsense"],
        },
    )

    condition = {
        "kinds": ("behavior",),
        "names": ("Order Placed", "Order purchase"),
        "sources": (brought.source,),
    }
    assert bound() == {"order-placed": SignalIs(**condition).model_dump(mode="json")}


def test_a_source_counts_later_imports_too_unless_told_otherwise(client, noor, brought):
    client.force_login(noor.user)
    ticked = {"template": "order-to-delivery", "chosen": "1", "source": brought.source}

    client.post(new(noor), ticked | {"signals-order-placed": "behavior:Order purchase"})

    assert bound()["order-placed"]["sources"] == []


def test_where_others_name_the_steps_the_box_that_keeps_them_out_is_ticked(client, noor, brought):
    client.force_login(noor.user)
    looked_at = new(noor, template="order-to-delivery", source=brought.source)
    before = client.get(looked_at).content.decode()
    said = make_signal(name="survey", anonymous_id="a", step="Order delivered", score=2.0, scale="csat5")
    observe(noor.workspace, said, source="demo")

    page = client.get(looked_at)

    assert 'name="only_source" value="1">' in before
    assert 'name="only_source" value="1" checked>' in page.content.decode()
    assert "1 score or sentence from elsewhere names a step" in text(page)


def test_where_sources_agree_the_journey_is_made_at_once(client, noor, warehouse):
    client.force_login(noor.user)
    for source in ("import:7", "import:8"):
        observe(noor.workspace, make_signal(name="Signed Up", anonymous_id=source), source=source)

    assert not beginning.is_unclear(
        templates_library.find("saas-onboarding"), observed.origins(noor.workspace_id)
    )
    assert "1 of 6 steps bind to your signals at once" in text(client.get(new(noor)))


def test_an_import_leads_to_a_map_of_its_signals(client, noor, brought):
    client.force_login(noor.user)

    page = client.get(new(noor, source=brought.source))

    assert f"Counted here is only what came with orders.csv (import {brought.pk})" in text(page)
    assert "2 of 7 steps bind to your signals at once" in text(page)


def test_bindings_name_steps_of_the_template_and_say_something(noor):
    by = {"by": noor.user, "now": MONDAY, "template": "order-to-delivery"}

    with pytest.raises(refusals.StepElsewhere, match="no step 'moon'. It has: order-placed, payment"):
        operations.create_journey(noor.workspace, bindings={"moon": SignalIs(names=("x",))}, **by)
    with pytest.raises(refusals.ConditionNotUnderstood):
        operations.create_journey(noor.workspace, bindings={"order-placed": SignalIs()}, **by)
    assert not Journey.objects.exists()


def test_a_program_reads_the_candidates_and_says_which(client, noor, brought):
    key = {"Authorization": f"Bearer {make_key(workspace=noor.workspace, role='contributor').secret}"}

    asked = client.get(
        "/api/v1/journeys/templates/order-to-delivery/signals", {"source": brought.source}, headers=key
    ).json()
    made = client.post(
        "/api/v1/journeys/",
        {"template": "order-to-delivery", "source": brought.source},
        content_type="application/json",
        headers=key,
    )

    first = asked[0]["candidates"][0]
    assert (asked[0]["key"], first["name"], first["signals"]) == ("order-placed", "Order purchase", 2)
    assert (first["sources"], first["is_chosen"]) == ([brought.source], True)
    assert made.status_code == 201, made.content
    assert {key: each["names"] for key, each in bound().items()} == {
        "order-placed": ["Order purchase"],
        "order-delivered": ["Order delivered"],
    }


def test_sources_are_called_what_people_call_them(noor, brought):
    key = make_key(workspace=noor.workspace, name="Shop")

    named = signals.source_names(noor, {brought.source, "import:99", "import", f"key:{key.pk}", "demo"})

    assert named == {
        brought.source: f"orders.csv (import {brought.pk})",
        "import:99": "Import 99",
        "import": "import",
        f"key:{key.pk}": "Shop",
        "demo": "demo",
    }
