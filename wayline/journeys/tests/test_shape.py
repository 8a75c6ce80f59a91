"""Phases, steps and touchpoints, changed on the map itself."""

import pytest
from django.urls import reverse

from wayline.accounts.testing import make_member
from wayline.journeys import operations
from wayline.journeys.models import Journey, Phase, Step, Touchpoint
from wayline.journeys.testing import make_card, make_journey
from wayline.journeys.tests.pages import page, text
from wayline.journeys.tests.test_versions import by

pytestmark = pytest.mark.django_db


@pytest.fixture
def drawn(noor, warehouse):
    return make_journey(workspace=noor.workspace)


@pytest.fixture
def ask(client, drawn):
    """As the map's script asks: what changed comes back, or the reason why not."""

    def ask(page_name, subject, /, **values):
        return client.post(where(page_name, subject), values, headers={"HX-Request": "true"})

    return ask


def where(page_name: str, subject) -> str:
    return reverse(f"journeys:{page_name}", args=[Journey.objects.get().workspace.slug, subject.pk])


def names(journey: Journey) -> list[str]:
    return list(journey.phases.kept().values_list("name", flat=True))


def test_a_phase_is_added_after_another_and_undone(ask, drawn, noor):
    first = drawn.phases.get()
    operations.add_phase(drawn, name="Last", **by(noor))

    answer = ask("write_phase", drawn, after=first.pk, name="Between", question="When?")

    assert answer.headers["Wayline-Map"] == "reload"
    assert names(drawn) == [first.name, "Between", "Last"]
    said = text(ask("undo", drawn))
    assert "Undone: Added the phase “Between”" in said
    assert "data-redo" in said
    assert names(drawn) == [first.name, "Last"]


def test_a_phase_without_a_name_is_refused_with_what_to_do(ask, drawn):
    answer = ask("write_phase", drawn, name=" ")

    assert answer.status_code == 409
    assert "Give the phase a name" in text(answer)


def test_a_phase_is_named_and_moved(ask, drawn, noor):
    later = operations.add_phase(drawn, name="Later", **by(noor))

    ask("describe_phase", later, name="Afterwards", question="Was it worth it?")
    ask("place_phase", later, places="-1")

    assert Phase.objects.get(pk=later.pk).question == "Was it worth it?"
    assert names(drawn)[0] == "Afterwards"


def test_a_phase_that_holds_steps_is_taken_only_when_that_was_said(client, ask, drawn, noor):
    phase = drawn.phases.get()
    operations.add_phase(drawn, name="Later", **by(noor))
    said = text(client.get(where("phase", phase)))

    refused = ask("take_phase", phase)
    assert "Delete this phase and its 3 steps" in said
    assert refused.status_code == 409
    ask("take_phase", phase, confirmed="yes")

    assert names(drawn) == ["Later"]
    ask("undo", drawn)
    assert Step.objects.kept().filter(phase__deleted_at=None).count() == 3


def test_the_last_phase_offers_no_deletion(client, drawn):
    said = text(client.get(where("phase", drawn.phases.get())))

    assert "Delete this phase" not in said
    assert "keeps at least one phase" in said


def test_lines_that_are_pasted_become_steps(ask, drawn):
    phase = drawn.phases.get()

    one = ask("write_step", phase, title="I wait")
    several = ask("write_step", phase, title="I call\n\n I get an answer\n")

    assert "Added the step “I wait”" in text(one)
    assert "Added 2 steps" in text(several)
    assert [step.title for step in phase.steps.kept()][3:] == ["I wait", "I call", "I get an answer"]


def test_a_step_is_taken_with_its_cards_and_comes_back_with_them(client, ask, drawn):
    step = Step.objects.get(key="order-shipped")
    make_card(step, title="Nobody says when")

    ask("take_step", step)
    assert "Nobody says when" not in text(client.get(page("map", drawn)))

    ask("undo", drawn)
    assert "Nobody says when" in text(client.get(page("map", drawn)))


def test_the_places_of_a_step_are_written_renamed_and_taken(client, ask, drawn):
    step = Step.objects.get(key="order-placed")

    ask("write_touchpoint", step, name="Shop", channel="store")
    shop = Touchpoint.objects.get()
    ask("describe_touchpoint", shop, name="Web shop", channel="web")
    assert "Web shop" in text(client.get(where("step", step)))
    ask("describe_touchpoint", shop, name="Web shop", take="yes")

    assert not Touchpoint.objects.kept().exists()
    assert ask("write_touchpoint", step, name="").status_code == 409


def test_without_a_script_the_forms_lead_back_to_the_map(client, drawn):
    phase = drawn.phases.get()

    answer = client.post(where("write_step", phase), {"title": "I wait"})

    assert answer.url == page("map", drawn, "")
    assert "I wait" in text(client.get(answer.url))
    assert client.get(where("write_phase", drawn)).status_code == 200


def test_who_only_reads_sees_the_phase_and_changes_nothing(client, drawn):
    phase, reader = drawn.phases.get(), make_member(workspace=drawn.workspace, role="viewer")
    client.force_login(reader.user)

    assert phase.name in text(client.get(where("phase", phase)))
    assert client.post(where("write_step", phase), {"title": "I wait"}).status_code == 403
    assert "data-phase-menu" in text(client.get(page("map", drawn)))  # hidden by the style of who only reads
