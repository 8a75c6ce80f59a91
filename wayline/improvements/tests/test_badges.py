"""What maps say about opportunities, and how a card becomes one."""

import pytest
from django.urls import reverse
from django.utils import timezone

from wayline.improvements import operations
from wayline.improvements.models import Opportunity
from wayline.improvements.testing import make_opportunity
from wayline.insights.testing import make_insight
from wayline.journeys import badges
from wayline.journeys.testing import make_card, make_journey

pytestmark = pytest.mark.django_db


@pytest.fixture
def step(noor):
    return make_journey(workspace=noor.workspace).phases.get().steps.first()


def test_a_card_says_how_far_its_opportunity_is(noor, step):
    opportunity = make_opportunity(workspace=noor.workspace)
    operations.place_opportunity(opportunity, step=step, by=None, now=timezone.now())
    operations.move_opportunity(opportunity, status="doing", by=None, now=timezone.now())

    found = badges.of_map(step.phase.journey)

    assert [badge.text for badge in found.cards[opportunity.card_id]] == ["Being done"]
    assert [badge.path for badge in found.steps[step.pk]] == [f"improvements/?step={step.pk}"]


def test_a_card_of_its_lane_becomes_an_opportunity(client, noor, step, warehouse):
    placement = make_card(step, lane="opportunity", kind="opportunity")
    address = reverse("improvements:adopt", args=[noor.workspace.slug, placement.pk])

    answer = client.post(address)

    made = Opportunity.objects.get()
    assert (answer.url, made.card) == (made.get_absolute_url(), placement.card)
    assert client.post(address).status_code == 409


def test_an_insight_offers_to_be_the_reason_for_one(noor, step):
    pain, plain = make_card(step), make_card(step, kind="goal")
    assert [offer.path for offer in badges.offers(pain)][1:] == [f"improvements/new/?step={step.pk}"]
    insight = make_insight(workspace=noor.workspace)
    pain.card = insight.card

    assert [offer.path for offer in badges.offers(pain)] == [f"improvements/new/?insight={insight.pk}"]
    assert badges.offers(plain) == []


def test_the_list_shows_the_opportunities_of_exactly_one_step(client, noor, step, warehouse):
    here = make_opportunity(workspace=noor.workspace)
    make_opportunity(workspace=noor.workspace, title="Elsewhere")
    operations.place_opportunity(here, step=step, by=None, now=timezone.now())

    answer = client.get(reverse("improvements:index", args=[noor.workspace.slug]), {"step": step.pk})

    assert [each.opportunity for each in answer.context["rows"]] == [here]
