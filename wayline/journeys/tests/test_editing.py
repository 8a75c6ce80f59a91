import pytest
from django.urls import reverse

from wayline.audit.models import Activity
from wayline.journeys.models import Journey, Phase, Step
from wayline.journeys.testing import make_card, make_journey, make_step, travel
from wayline.journeys.tests.pages import LATER, SHORT, at_home, page, post, text

pytestmark = pytest.mark.django_db


def test_a_journey_is_made_from_a_template(client, noor, warehouse):
    travel(noor.workspace, ("Signed Up > Workspace Created", 1))

    answer = client.post(reverse("journeys:new", args=[noor.workspace.slug]), {"template": "saas-onboarding"})

    journey = Journey.objects.get()
    assert answer.url == page("map", journey, "")
    assert Step.objects.exclude(condition=None).count() == 2


def test_a_blank_journey_without_a_title_says_so(client, noor, warehouse):
    answer = client.post(reverse("journeys:new", args=[noor.workspace.slug]), {"title": " "})

    assert answer.status_code == 422
    assert "Give the journey a name" in text(answer)


def test_deleting_a_journey_offers_undo(client, noor, warehouse):
    journey = make_journey(workspace=noor.workspace)

    answer = client.post(page("delete", journey, ""), follow=True)
    assert "Deleted “I order something”" in text(answer)

    client.post(page("restore", journey, ""))
    assert Journey.objects.visible_to(noor).get() == journey


def test_phases_and_steps_are_edited_by_plain_forms(client, noor, warehouse):
    journey = make_journey(workspace=noor.workspace, steps=())
    phase = journey.phases.get()

    assert post(client, "add_step", phase, name="I wait").status_code == 302
    step = Step.objects.get()
    post(client, "rename_step", step, name="I wait for it")
    post(client, "mark_step", step, is_moment="on", assumed_feeling="-1")
    post(client, "add_touchpoint", step, name="Tracking page", channel="web")
    post(client, "add_phase", journey, name="Receive", question="Is it whole?")
    post(client, "move_step", step, places="1")

    step.refresh_from_db()
    assert (step.title, step.is_moment, step.is_required, step.assumed_feeling) == (
        "I wait for it",
        True,
        False,
        -1,
    )
    assert (step.phase.name, step.touchpoints.get().name) == ("Receive", "Tracking page")
    assert Activity.objects.count() == 7


def test_deleting_a_phase_with_steps_asks_then_offers_undo(client, noor, warehouse):
    journey = make_journey(workspace=noor.workspace)
    phase = journey.phases.get()
    Phase.objects.create(journey=journey, name="Return", position=1)

    asked = post(client, "delete_phase", phase)
    assert asked.status_code == 409
    assert "Delete phase and steps" in text(asked)

    done = post(client, "delete_phase", phase, confirmed="yes")
    assert "Deleted the phase “Order”." in text(done)
    post(client, "restore_phase", phase)
    assert journey.phases.kept().count() == 2


def test_a_refused_change_shows_its_sentence_on_the_board(client, noor, warehouse):
    phase = make_journey(workspace=noor.workspace, steps=()).phases.get()

    answer = post(client, "add_step", phase, name="")

    assert answer.status_code == 409
    assert "Give the step a name" in text(answer)


def test_a_step_is_bound_with_a_preview(client, noor, warehouse):
    step = make_step(make_journey(workspace=noor.workspace, steps=()).phases.get())
    travel(noor.workspace, (SHORT, 4), properties={"country": "PT"})
    travel(noor.workspace, (SHORT, 2), at=LATER, properties={"country": "ES"})
    address = reverse("journeys:bind", args=[noor.workspace.slug, step.pk])
    values = {"signals": "behavior:Order Placed", "field_1": "country", "op_1": "is", "value_1": "PT"}

    preview = client.get(address, {"preview": "1", **values}).context["board"].preview
    answer = client.post(address, values)

    assert (preview.signals, preview.customers, len(preview.examples)) == (4, 4, 4)
    assert answer.status_code == 302
    step.refresh_from_db()
    assert step.condition["names"] == ["Order Placed"]
    assert step.condition["where"] == [{"field": "country", "op": "is", "value": "PT"}]


def test_binding_suggests_names_that_read_like_the_step(client, noor, warehouse):
    step = make_step(make_journey(workspace=noor.workspace, steps=()).phases.get(), title="I connect my data")
    travel(noor.workspace, ("Data Connected > Session Started", 1))

    answer = client.get(reverse("journeys:bind", args=[noor.workspace.slug, step.pk]))

    assert [(choice.observed.name, choice.is_suggested) for choice in answer.context["board"].choices] == [
        ("Data Connected", True),
        ("Session Started", False),
    ]


def test_binding_to_nothing_is_refused(client, noor, warehouse):
    step = make_step(make_journey(workspace=noor.workspace, steps=()).phases.get())

    answer = client.post(reverse("journeys:bind", args=[noor.workspace.slug, step.pk]), {})

    assert answer.status_code == 409
    assert "Choose at least one signal" in text(answer)


def test_settings_keep_an_unlimited_window(client, noor, warehouse):
    journey = make_journey(workspace=noor.workspace)
    values = {
        "title": "I buy",
        "window_days": "",
        "start": "first",
        "follow": "subject",
        "goal": "",
        "persona": "",
    }

    assert client.post(page("settings", journey, ""), values).status_code == 302
    journey.refresh_from_db()
    assert (journey.title, journey.window, journey.start, journey.follow) == (
        "I buy",
        None,
        "first",
        "subject",
    )


def test_an_employees_journey_says_so_and_its_steps_lead_to_the_customers(client, noor, warehouse):
    theirs, ours = (make_journey(workspace=noor.workspace, title=title) for title in ("I buy", "I pack"))
    target, own = (Step.objects.filter(phase__journey=journey).first() for journey in (theirs, ours))
    other = Step.objects.filter(phase__journey=theirs).exclude(pk=target.pk).first()
    make_card(own, lane="backstage", linked_step=target, title="What the customer waits for")
    said = {"title": "I pack", "window_days": "", "start": "any", "follow": "customer"}

    assert client.post(page("settings", ours, ""), said | {"perspective": "employee"}).status_code == 302
    map_of_ours = text(client.get(page("map", ours)))
    assert "Employee journey" in map_of_ours
    assert "What the employee does" in map_of_ours
    client.post(page("settings", ours, ""), said)  # as an older form: whose it is stays
    assert "Employee journey" in text(client.get(reverse("journeys:library", args=[noor.workspace.slug])))
    assert "Employee journey" not in text(client.get(page("map", theirs)))
    assert "Steps that lead here" in text(client.get(page("step", at_home(target), "")))
    assert "Steps that lead here" not in text(client.get(page("step", at_home(other), "")))


def test_a_map_that_is_closed_to_the_reader_leads_nowhere(client, noor, warehouse):
    theirs, ours = (make_journey(workspace=noor.workspace, title=title) for title in ("I buy", "I pack"))
    target, own = (Step.objects.filter(phase__journey=journey).first() for journey in (theirs, ours))
    make_card(own, lane="backstage", linked_step=target)
    Journey.objects.filter(pk=ours.pk).update(is_restricted=True)

    assert "Steps that lead here" not in text(client.get(page("step", at_home(target), "")))
