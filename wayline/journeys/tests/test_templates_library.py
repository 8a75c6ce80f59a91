from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify

from wayline.accounts.testing import make_member, make_workspace
from wayline.journeys import operations, templates_library
from wayline.journeys.exchange import drawing
from wayline.journeys.models import Card, Step
from wayline.journeys.operations.refusals import NothingFits
from wayline.journeys.queries import lanes
from wayline.metrics.catalog import METRICS
from wayline.metrics.observed import ObservedName
from wayline.signals.testing import make_signal, observe


def seen(*names, kind="behavior"):
    now = timezone.now()
    return [ObservedName(kind, name, 1, 1, now, now) for name in names]


@pytest.mark.parametrize("template", templates_library.templates(), ids=lambda template: template.slug)
def test_every_template_is_whole(template):
    keys = [step.key for step in template.steps]

    assert len(set(keys)) == len(keys)
    assert all(slugify(key) == key for key in keys)
    assert all(step.names and step.touchpoints and -2 <= step.assumed_feeling <= 2 for step in template.steps)
    assert all(phase.question for phase in template.phases)
    assert sum(step.is_required for step in template.steps) >= 2
    lanes_there = {lane.key for lane in lanes.LANES}
    for lane, kind, words, *metric in (card for step in template.steps for card in step.cards):
        assert lane in lanes_there
        assert kind in Card.Kind.values
        assert words
        assert set(metric) <= set(METRICS)


@pytest.mark.django_db
@pytest.mark.parametrize("slug", templates_library.ORDER)
def test_a_template_draws_its_blueprint_and_cards(slug):
    journey = operations.create_journey(make_workspace(), template=slug, by=None, now=timezone.now())

    drawn = drawing.document_of(journey)

    kinds = {card.kind for step in drawn.steps for card in step.cards}
    assert {"backstage", "service_level", "metric"} <= kinds
    assert any(step.moment for step in drawn.steps)


@pytest.mark.parametrize("spelling", ["Order Placed", "order_placed", "orderPlaced", "ORDER-PLACED"])
def test_a_name_is_recognized_in_any_spelling(spelling):
    step = templates_library.find("order-to-delivery").steps[0]

    assert templates_library.binding(step, seen(spelling)).names == (spelling,)


@pytest.mark.django_db
def test_signals_that_come_after_the_template_are_bound_at_once(client, warehouse):
    noor = make_member(role="contributor")
    said = {"by": noor.user, "now": timezone.now()}
    journey = operations.create_journey(noor.workspace, template="saas-onboarding", **said)
    with pytest.raises(NothingFits):
        operations.bind_fitting(journey, observed=seen("Something Else"), **said)
    signals = [make_signal(name=name, external_id="c1") for name in ("signed_up", "Workspace Created")]
    observe(noor.workspace, *signals)
    client.force_login(noor.user)
    page = reverse("journeys:map", args=[noor.workspace.slug, journey.pk])
    address = reverse("journeys:bind_fitting", args=[noor.workspace.slug, journey.pk])
    assert address in client.get(page).content.decode()

    answer = client.post(address, follow=True).content.decode()

    bound = [step for step in Step.objects.order_by("pk") if step.is_bound]
    assert [(step.key, step.condition["names"]) for step in bound] == [
        ("signed-up", ["signed_up"]),
        ("create-workspace", ["Workspace Created"]),
    ]
    assert "2 steps are bound" in answer
    assert "4 wait for signals" in answer


def test_the_first_expected_name_wins():
    step = templates_library.find("saas-onboarding").steps[0]

    bound = templates_library.binding(step, seen("Account Created", "Signed Up"))

    assert bound.names == ("Signed Up",)
    assert templates_library.binding(step, seen("Something Else")) is None


def test_the_example_orders_bind_the_whole_way_to_the_review():
    mapping = yaml.safe_load((Path(settings.BASE_DIR) / "examples" / "olist_orders.yaml").read_text())
    names = seen(*(signal["name"] for signal in mapping["signals"]))

    bound = [
        step.key
        for step in templates_library.find("order-to-delivery").steps
        if templates_library.binding(step, names)
    ]

    assert bound == ["order-placed", "payment-approved", "order-shipped", "order-delivered", "order-reviewed"]
