import pytest
from django.utils import timezone

from wayline.accounts.testing import bearer, make_key, make_member
from wayline.journeys import operations
from wayline.journeys.exchange import drawing
from wayline.journeys.models import PersonaFeeling, Step
from wayline.journeys.operations.refusals import ChangedMeanwhile, FeelingOutOfRange, PersonaElsewhere
from wayline.journeys.queries import differences
from wayline.journeys.testing import make_journey, make_persona
from wayline.journeys.tests.pages import at_home, page, post, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def drawn(noor):
    """A map with three steps, drawn for a newcomer."""
    journey = make_journey(workspace=noor.workspace)
    make_persona(workspace=noor.workspace).journeys.add(journey)
    return journey


def persona_of(journey):
    return journey.personas.get(name="Newcomer")


def by(member):
    return {"by": member.user, "now": timezone.now()}


def assume(step, persona, feeling, member, **more):
    operations.assume_feeling(step, persona=persona, feeling=feeling, **by(member), **more)


def felt(step) -> list[float]:
    return [row.feeling for row in PersonaFeeling.objects.drawn().filter(step=step)]


def test_what_a_persona_feels_is_set_undone_and_done_again(noor, drawn):
    step, persona = Step.objects.first(), persona_of(drawn)

    assume(step, persona, 1, noor)
    assume(step, persona, -1.5, noor)
    seen = [felt(step)]
    for turn in (operations.undo, operations.undo, operations.redo):
        turn(drawn, **by(noor))
        seen.append(felt(step))

    assert seen == [[-1.5], [1], [], [1]]


def test_a_feeling_taken_away_comes_back_with_undo(noor, drawn):
    step, persona = Step.objects.first(), persona_of(drawn)
    assume(step, persona, 1, noor)

    assume(step, persona, None, noor)
    assume(step, persona, None, noor)  # nothing is left to take away
    assert felt(step) == []

    operations.undo(drawn, **by(noor))
    assert felt(step) == [1]


def test_a_feeling_somebody_changed_meanwhile_stays_as_they_left_it(noor, drawn):
    step, persona = Step.objects.first(), persona_of(drawn)
    assume(step, persona, 1, noor)
    assume(step, persona, 2, noor, seen=1)

    with pytest.raises(ChangedMeanwhile):
        assume(step, persona, -2, noor, seen=1)

    assert felt(step) == [2]


@pytest.mark.parametrize("feeling", [2.1, -3, float("nan")])
def test_a_feeling_of_a_persona_stays_on_the_scale(noor, drawn, feeling):
    with pytest.raises(FeelingOutOfRange):
        assume(Step.objects.first(), persona_of(drawn), feeling, noor)


def test_a_persona_of_another_workspace_feels_nothing_here(noor, drawn):
    with pytest.raises(PersonaElsewhere):
        assume(Step.objects.first(), make_persona(), 1, noor)


def test_every_persona_has_its_line_and_its_name(client, noor, drawn):
    hurried = make_persona(workspace=noor.workspace, name="Hurried")
    for step, (calm, fast) in zip(Step.objects.all(), [(1, 1), (0.5, -1), (2, -2)], strict=True):
        assume(step, persona_of(drawn), calm, noor)
        assume(step, hurried, fast, noor)

    said = text(client.get(page("map", drawn)))

    assert "Assumed of Hurried: step 1 Pleased, +1.0; step 2 Frustrated, −1.0; step 3 Furious, −2.0" in said
    assert 'class="whose s1"' in said
    assert 'class="whose s2"' in said
    assert "Assumed of Newcomer" not in text(client.get(page("map", drawn, f"?persona={hurried.pk}")))


def test_the_chosen_persona_is_set_by_keyboard_or_without_scripts(client, noor, drawn):
    step, persona = Step.objects.first(), persona_of(drawn)
    whole = text(client.get(page("map", drawn, f"?persona={persona.pk}")))

    answer = post(client, "feel", step, persona=persona.pk, assumed_feeling="-1.5", seen=0)

    assert f"Feeling assumed of {persona} at step 1" in whole
    assert f'data-persona="{persona.pk}"' in whole
    assert answer.status_code == 302
    assert felt(step) == [-1.5]
    assert f'for="assumed-{persona.pk}"' in text(client.get(page("step", at_home(step), "")))


def test_a_feeling_that_is_no_number_is_refused(client, noor, drawn):
    answer = client.post(
        page("feel", at_home(Step.objects.first()), ""),
        {"assumed_feeling": "great", "persona": persona_of(drawn).pk},
        headers={"HX-Request": "true"},
    )

    assert answer.status_code == 409
    assert "as a number" in text(answer)


def test_a_viewer_may_not_set_a_feeling(client, drawn):
    client.force_login(make_member(workspace=drawn.workspace, role="viewer").user)

    assert post(client, "feel", Step.objects.first(), assumed_feeling="1").status_code == 403


def test_a_map_read_for_one_persona_leaves_out_the_lanes_about_others(client, noor, drawn):
    other = make_persona(workspace=noor.workspace, name="Other")
    other.journeys.add(drawn)
    answer = client.post(
        page("change_lane", drawn, ""),
        {"lane": "pain", "act": "rename", "title": "Their pains", "persona": other.pk},
    )

    shown = [
        text(client.get(page("map", drawn, query))) for query in ("", f"?persona={persona_of(drawn).pk}")
    ]

    assert answer.status_code == 302
    assert ["Their pains" in each for each in shown] == [True, False]


def test_the_file_the_version_and_the_difference_know_the_feelings(noor, drawn):
    step, persona = Step.objects.first(), persona_of(drawn)
    before = drawing.document_of(drawn)
    version = operations.save_version(drawn, name="Before", **by(noor))
    assume(step, persona, -1, noor)
    operations.dedicate_lane(drawn, "pain", persona=persona, **by(noor))
    after = drawing.document_of(drawn)

    told = [(each.where, each.before, each.after) for each in differences.differences(before, after)]
    operations.restore_version(version, **by(noor))

    assert told == [
        ("“Order Placed”, feeling of Newcomer", "nothing", "-1.0"),
        ("Lane “Pain points”", "about everybody", "about Newcomer"),
    ]
    assert drawing.document_of(drawn).plain["phases"] == before.plain["phases"]
    assert felt(step) == []


def test_programs_set_and_read_what_a_persona_feels(client, noor, drawn):
    step, persona = Step.objects.first(), persona_of(drawn)
    headers = bearer(make_key(workspace=noor.workspace, role="contributor"))
    address = f"/api/v1/journeys/steps/{step.pk}/assume-feeling"

    told = [
        client.post(address, body, content_type="application/json", **headers)
        for body in ({"feeling": 1.5, "persona": persona.pk}, {"feeling": 1, "persona": 999_999})
    ]

    assert [each.status_code for each in told] == [200, 409]
    assert told[0].json()["phases"][0]["steps"][0]["persona_feelings"] == [
        {"persona": persona.pk, "name": "Newcomer", "feeling": 1.5}
    ]


def test_names_at_the_end_of_lines_do_not_lie_over_each_other(client, noor, drawn):
    for number in range(5):
        persona = make_persona(workspace=noor.workspace, name=f"Persona {number}")
        assume(Step.objects.last(), persona, -2, noor)

    curve = client.get(page("map", drawn)).context["picture"].curve["personas"]
    tops = sorted(each.label_top for each in curve)

    assert len(tops) == 5
    assert all(low - high >= 12.9 for high, low in zip(tops, tops[1:], strict=False))
    assert tops[0] >= 0
    assert tops[-1] <= 100
