"""What maps say about insights: on the card, at the step, and what can be made of a card."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from wayline.insights import counted, operations
from wayline.insights.models import Insight
from wayline.insights.testing import MONDAY, make_evidence, make_insight
from wayline.journeys import badges
from wayline.journeys import operations as journeys
from wayline.journeys.testing import make_card, make_journey
from wayline.kit import areas
from wayline.kit.live.models import Message
from wayline.kit.tasks.models import Job
from wayline.signals.testing import make_signal, observe

pytestmark = pytest.mark.django_db


@pytest.fixture
def step(noor):
    return make_journey(workspace=noor.workspace).phases.get().steps.first()


def placed(step, **fields) -> Insight:
    insight = make_insight(workspace=step.phase.journey.workspace, **fields)
    operations.place_insight(insight, step=step, by=None, now=timezone.now())
    return insight


def badge_of(insight, step):
    (badge,) = badges.of_map(step.phase.journey).cards[insight.card_id]
    return badge


def map_of(client, step) -> str:
    return " ".join(client.get(step.phase.journey.get_absolute_url()).content.decode().split())


def test_a_card_says_whether_it_is_a_fact_and_how_many_are_behind_it(noor, step, warehouse):
    insight = placed(step, certainty="factual")
    make_evidence(insight)
    observe(noor.workspace, *(make_signal(name="Parcel Lost", external_id=f"c{n % 3}") for n in range(4)))

    counted.count(counted.everything(), now=timezone.now())

    badge = badge_of(insight, step)
    assert badge.text == "3, stale" if badge.is_warning else badge.text == "3"
    assert badge.meaning.startswith("Fact, 3 customers behind it in the last 90 days")
    assert badge.path == f"insights/{insight.pk}/"


def test_evidence_that_aged_is_said_to_be_stale(step):
    insight = placed(step, fresh_days=30)
    Insight.objects.update(told=1, last_at=timezone.now() - timedelta(days=31))

    badge = badge_of(insight, step)

    assert (badge.is_warning, badge.text) == (True, "Insight, stale")
    assert "Interpretation, 1 interview or note, stale: newest evidence of" in badge.meaning


def test_a_count_that_changed_is_shown_on_open_maps_and_one_that_did_not_is_not(step, warehouse):
    insight = placed(step)
    make_evidence(insight, kind="note", condition=None, text="Seen", said_on=MONDAY.date())
    Message.objects.all().delete()

    assert counted.count([insight], now=timezone.now()) == 1
    assert Message.objects.get().facts["cells"] == [["pain", step.pk]]
    assert counted.count(counted.everything(), now=timezone.now()) == 0


def test_new_evidence_has_the_insight_counted_behind_the_pages(step):
    insight = placed(step)
    Job.objects.all().delete()

    operations.add_evidence(insight, kind="note", text="Seen twice", by=None, now=timezone.now())

    assert Job.objects.get(task="insights.count").payload == {"insights": [insight.pk]}


def test_the_map_shows_badges_on_cards_and_steps_that_lead_there(client, step, warehouse):
    insight = placed(step)
    placed(step, title="No answer for days")

    page = map_of(client, step)

    assert f'href="../../insights/{insight.pk}/"' in page
    assert f'href="/{insight.workspace.slug}/insights/?step={step.pk}"' in page
    assert "2 insights" in page


def test_the_list_shows_the_insights_of_exactly_one_step(client, noor, step, warehouse):
    placed(step, title="Here")
    placed(step.phase.steps.last(), title="There")

    answer = client.get(reverse("insights:index", args=[noor.workspace.slug]), {"step": step.pk})

    titles = [row.insight.card.title for row in answer.context["rows"]]
    assert (titles, answer.context["step"]) == (["Here"], step)


def test_a_card_of_the_map_becomes_an_insight_and_stays_where_it_is(client, noor, step, warehouse):
    placement = make_card(step, title="The slot is too late")
    panel = client.get(reverse("journeys:card", args=[noor.workspace.slug, placement.pk]))
    address = reverse("insights:adopt", args=[noor.workspace.slug, placement.pk])
    assert f'action="{address}"' in panel.content.decode()

    answer = client.post(address)

    insight = Insight.objects.get()
    assert answer.url == insight.get_absolute_url()
    assert (insight.card, insight.card.placements.get()) == (placement.card, placement)
    assert client.post(address).status_code == 409


def test_a_card_that_says_nothing_found_becomes_none(client, noor, step):
    placement = make_card(step, kind="goal")

    answer = client.post(reverse("insights:adopt", args=[noor.workspace.slug, placement.pk]))

    assert (answer.status_code, Insight.objects.exists()) == (409, False)


def test_badges_are_asked_for_once_however_many_there_are(step, django_assert_num_queries):
    for number in range(5):
        placed(step, title=f"Finding {number}")

    with django_assert_num_queries(len(areas.modules("on_maps"))):
        found = badges.of_map(step.phase.journey)

    assert len(found.cards) == 5


def test_an_insight_that_stands_only_on_a_restricted_map_is_seen_only_there(client, noor, step, warehouse):
    insight = placed(step, title="Hidden pain")
    assert client.get(insight.get_absolute_url()).status_code == 200

    journeys.restrict_journey(step.phase.journey, people={}, by=None, now=timezone.now())

    assert client.get(insight.get_absolute_url()).status_code == 404


def test_an_insight_on_two_maps_does_not_name_the_restricted_one(client, noor, step, warehouse):
    insight = placed(step)
    secret = (
        make_journey(workspace=noor.workspace, title="Layoffs", steps=["Hear of it"]).phases.get().steps.get()
    )
    operations.place_insight(insight, step=secret, by=None, now=timezone.now())
    journeys.restrict_journey(secret.phase.journey, people={}, by=None, now=timezone.now())

    pages = [insight.get_absolute_url(), reverse("insights:index", args=[noor.workspace.slug])]
    shown = " ".join(client.get(page).content.decode() for page in pages)

    assert step.title in shown
    assert "restricted journey" in shown
    assert "Layoffs" not in shown
    assert "Hear of it" not in shown
