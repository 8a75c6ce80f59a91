import pytest
from django.urls import reverse

from wayline.accounts.testing import make_member
from wayline.insights.models import Evidence, Insight
from wayline.insights.testing import make_evidence, make_insight
from wayline.journeys.testing import make_journey
from wayline.signals.testing import make_signal, observe

pytestmark = pytest.mark.django_db


def text(answer) -> str:
    return " ".join(answer.content.decode().split())


def address(name, insight, **more):
    return reverse(f"insights:{name}", args=[insight.workspace.slug, insight.pk, *more.values()])


def test_an_empty_list_says_where_to_begin(client, noor, warehouse):
    answer = client.get(reverse("insights:index", args=[noor.workspace.slug]))

    assert "Write the first insight" in text(answer)


def test_an_insight_is_written_from_a_step_and_weighed(client, noor, warehouse):
    journey = make_journey(workspace=noor.workspace)
    step = journey.phases.get().steps.first()

    answer = client.post(
        reverse("insights:new", args=[noor.workspace.slug]),
        {
            "title": "Parcel never came",
            "kind": "pain",
            "certainty": "factual",
            "fresh_days": 30,
            "step": step.pk,
        },
        follow=True,
    )

    assert Insight.objects.get().card.placements.get().step == step
    assert "Without evidence it is an opinion" in text(answer)


def test_evidence_is_chosen_from_signals_that_exist(client, noor, warehouse):
    insight = make_insight(workspace=noor.workspace)
    observe(noor.workspace, make_signal(name="Parcel Lost", text="Where is it?"))

    answer = client.post(
        address("add_evidence", insight),
        {"kind": "signals", "signals": ["behavior:Parcel Lost"], "contains": "Where"},
        follow=True,
    )

    stored = Evidence.objects.get().condition
    assert (stored["names"], stored["where"][0]["value"]) == (["Parcel Lost"], "Where")
    assert "Parcel Lost where text contains Where" in text(answer)


def test_evidence_without_anything_says_what_to_do(client, noor, warehouse):
    insight = make_insight(workspace=noor.workspace)

    answer = client.post(address("add_evidence", insight), {"kind": "signals"})

    assert answer.status_code == 422
    assert "Choose which signals show it" in text(answer)


def test_the_number_leads_to_its_customers(client, noor, warehouse):
    insight = make_insight(workspace=noor.workspace)
    make_evidence(insight)
    observe(noor.workspace, *[make_signal(name="Parcel Lost", external_id=f"c{n}") for n in range(3)])

    shown = text(client.get(insight.get_absolute_url() + "?period=all"))
    listed = client.get(address("customers", insight) + "?period=all")

    assert "3 customers" in shown
    assert len(listed.context["found"]) == 3


def test_removing_and_deleting_offer_to_undo(client, noor, warehouse):
    evidence = make_evidence(make_insight(workspace=noor.workspace))
    slug = noor.workspace.slug

    removed = client.post(reverse("insights:remove_evidence", args=[slug, evidence.pk]), follow=True)
    client.post(reverse("insights:restore_evidence", args=[slug, evidence.pk]))
    deleted = client.post(address("delete", evidence.insight), follow=True)
    restored = client.post(address("restore", evidence.insight), follow=True)

    assert "Evidence removed." in text(removed)
    assert "Deleted “Parcel never came”." in text(deleted)
    assert "“Parcel never came” is back." in text(restored)
    assert Evidence.objects.get().deleted_at is None


def test_filters_that_find_nothing_say_so(client, noor, warehouse):
    make_insight(workspace=noor.workspace)
    here = reverse("insights:index", args=[noor.workspace.slug])

    assert "No insight fits these filters" in text(client.get(here + "?kind=gain"))
    assert "Parcel never came" in text(client.get(here + "?kind=pain&q=parcel"))


def test_viewers_read_but_never_write(client, warehouse):
    viewer = make_member(role="viewer")
    client.force_login(viewer.user)
    insight = make_insight(workspace=viewer.workspace)

    assert "Add evidence" not in text(client.get(insight.get_absolute_url()))
    assert client.post(address("delete", insight)).status_code == 403


def test_the_list_asks_the_same_few_questions_however_long_it_is(
    client, noor, warehouse, django_assert_max_num_queries
):
    for number in range(12):
        make_insight(workspace=noor.workspace, title=f"Insight {number}")

    with django_assert_max_num_queries(32):
        client.get(reverse("insights:index", args=[noor.workspace.slug]))
