"""A map that is kept as it was drawn: whatever anybody changes, the next look shows it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from wayline.accounts import operations as accounts
from wayline.accounts.testing import make_member
from wayline.improvements import operations as improvements
from wayline.insights import counted
from wayline.insights import operations as insights
from wayline.insights.testing import make_evidence
from wayline.journeys import operations
from wayline.journeys.models import Step
from wayline.journeys.testing import bound_to, make_card, make_handoff, make_journey, make_persona
from wayline.journeys.views import drawings
from wayline.metrics import cache
from wayline.signals import operations as signals
from wayline.signals.conditions import Test as Trait
from wayline.signals.conditions import TraitIs
from wayline.signals.testing import make_signal, observe

pytestmark = pytest.mark.django_db


@pytest.fixture
def noor(client):
    member = make_member(role="owner")
    client.force_login(member.user)
    return member


@pytest.fixture
def journey(noor, warehouse):
    return make_journey(workspace=noor.workspace)


@pytest.fixture
def drawn(monkeypatch):
    """How often a map was really drawn."""
    times = []
    draw = drawings._draw
    monkeypatch.setattr(drawings, "_draw", lambda *given: times.append(1) or draw(*given))
    return times


def signed_in(workspace, *, role):
    """Somebody else, and their browser."""
    member, browser = make_member(role=role, workspace=workspace), Client()
    browser.force_login(member.user)
    return member, browser


def look(client, journey, query="?view=both") -> str:
    return " ".join(client.get(journey.get_absolute_url() + query).content.decode().split())


def as_now(member) -> dict:
    return {"by": member.user, "now": timezone.now()}


def steps(journey):
    return list(Step.objects.filter(phase__journey=journey).order_by("position"))


def begin_talk(journey, placement, noor):
    said = {"subject_kind": "card", "subject_key": str(placement.card_id)}
    return operations.begin_thread(journey, text="Is it so?", **said, **as_now(noor))


def shown(persona, journey, noor):
    operations.set_persona_journeys(persona, journeys=[journey], **as_now(noor))
    return persona


def add_insight(journey, noor):
    found = {"title": "Nobody knows the slot", "kind": "pain", "step": steps(journey)[0]}
    return insights.write_insight(journey.workspace, **found, **as_now(noor))


def count_insight(journey, noor):
    insight = add_insight(journey, noor)
    look(Client(), journey)
    make_evidence(insight)
    observe(noor.workspace, make_signal(name="Parcel Lost"))
    counted.count(counted.everything(), now=timezone.now())


def add_opportunity(journey, noor):
    said = {"title": "Say the slot", "steps": [steps(journey)[0]]}
    return improvements.write_opportunity(journey.workspace, **said, **as_now(noor))


def save_segment(journey, noor):
    condition = TraitIs(test=Trait(field="plan", op="is", value="pro"))
    signals.create_segment(journey.workspace, name="Payers", condition=condition, **as_now(noor))


TALKED = '#message-square"/></svg>1'  # one discussion is open on the card

# What is done to the map, and what its page says afterwards and did not before.
CHANGES = {
    "a card added": (
        lambda journey, card, noor: operations.add_card(
            journey, step=steps(journey)[0], lane="pain", title="It rained", **as_now(noor)
        ),
        "It rained",
    ),
    "a card reworded": (
        lambda journey, card, noor: operations.describe_card(
            card.card, journey=journey, title="It rained", **as_now(noor)
        ),
        "It rained",
    ),
    "a card moved": (
        lambda journey, card, noor: operations.move_cards(
            [card], step=steps(journey)[1], lane="opportunity", **as_now(noor)
        ),
        'data-version="2"',
    ),
    "a comment begun": (lambda journey, card, noor: begin_talk(journey, card, noor), TALKED),
    "a step renamed": (
        lambda journey, card, noor: operations.rename_step(
            steps(journey)[0], title="I hesitate", **as_now(noor)
        ),
        "I hesitate",
    ),
    "a step bound": (
        lambda journey, card, noor: operations.bind_step(
            operations.add_step(journey.phases.get(), title="I thank", **as_now(noor)),
            condition=bound_to("Thanks"),
            **as_now(noor),
        ),
        "I thank",
    ),
    "a phase renamed": (
        lambda journey, card, noor: operations.rename_phase(
            journey.phases.get(), name="Beginning", **as_now(noor)
        ),
        "Beginning",
    ),
    "a lane renamed": (
        lambda journey, card, noor: operations.rename_lane(journey, "pain", title="Woes", **as_now(noor)),
        "Woes",
    ),
    "a touchpoint added": (
        lambda journey, card, noor: operations.add_touchpoint(
            steps(journey)[0], name="Kiosk", **as_now(noor)
        ),
        "Kiosk",
    ),
    "a branch drawn": (
        lambda journey, card, noor: operations.add_edge(
            steps(journey)[0], steps(journey)[2], label="in a hurry", **as_now(noor)
        ),
        "in a hurry",
    ),
    "a feeling assumed": (
        lambda journey, card, noor: operations.assume_feeling(
            steps(journey)[0], feeling=-1.5, **as_now(noor)
        ),
        'aria-valuenow="-1.5"',
    ),
    "a moment accepted": (
        lambda journey, card, noor: operations.accept_moment(
            steps(journey)[0], reason="They leave here", **as_now(noor)
        ),
        "k-step mot",
    ),
    "a handoff drawn": (
        lambda journey, card, noor: operations.describe_handoff(
            make_handoff(journey=journey), label="by slip", **as_now(noor)
        ),
        "by slip",
    ),
    "a persona renamed": (
        lambda journey, card, noor: operations.describe_persona(
            shown(make_persona(workspace=journey.workspace), journey, noor),
            name="Doubter",
            **as_now(noor),
        ),
        "Doubter",
    ),
    "the journey described": (
        lambda journey, card, noor: operations.describe_journey(journey, goal="Arrive dry", **as_now(noor)),
        "Arrive dry",
    ),
    "an owner named": (
        lambda journey, card, noor: operations.describe_journey(journey, owner=noor.user, **as_now(noor)),
        "Owner <b>Noor",
    ),
    "an insight written": (lambda journey, card, noor: add_insight(journey, noor), "Nobody knows the slot"),
    "an insight counted by itself": (
        lambda journey, card, noor: count_insight(journey, noor),
        "1 customer behind it",
    ),
    "an opportunity written": (lambda journey, card, noor: add_opportunity(journey, noor), "Say the slot"),
    "an opportunity moved": (
        lambda journey, card, noor: improvements.move_opportunity(
            add_opportunity(journey, noor), status="doing", **as_now(noor)
        ),
        "Opportunity: being done",
    ),
    "a segment saved": (lambda journey, card, noor: save_segment(journey, noor), '<option value="Payers">'),
    "signals loaded": (
        lambda journey, card, noor: observe(noor.workspace, make_signal(name="Order Placed")),
        "Data as of",
    ),
    "restricted": (
        lambda journey, card, noor: operations.restrict_journey(
            journey, people={noor.user_id: True}, **as_now(noor)
        ),
        "Restricted",
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_every_change_shows_at_the_next_look(client, journey, noor, drawn, what):
    change, says = CHANGES[what]
    card = make_card(steps(journey)[0])
    assert says not in look(client, journey)
    assert look(client, journey)
    assert len(drawn) == 1

    change(journey, card, noor)

    assert says in look(client, journey)


def test_taking_back_and_taking_away_show_too(client, journey, noor):
    card = operations.add_card(
        journey, step=steps(journey)[0], lane="pain", title="It rained", **as_now(noor)
    )
    thread = begin_talk(journey, card, noor)
    assert TALKED in look(client, journey)

    operations.resolve_thread(thread, **as_now(noor))
    assert TALKED not in look(client, journey)

    operations.hide_lane(journey, "pain", **as_now(noor))
    assert "It rained" not in look(client, journey)

    operations.undo(journey, **as_now(noor))
    assert "It rained" in look(client, journey)

    operations.remove_cards([card], **as_now(noor))
    assert "It rained" not in look(client, journey)


def test_what_nobody_changed_is_drawn_once_for_all_who_have_the_same_rights(client, journey, noor, drawn):
    maya, hers = signed_in(noor.workspace, role="owner")

    his, her = look(client, journey), look(hers, journey)

    assert len(drawn) == 1
    assert f'data-me="{maya.user_id}"' in her
    assert f'data-me="{maya.user_id}"' not in his


def test_a_kept_drawing_holds_no_token_and_nobody_who_reads_it(client, journey, monkeypatch):
    kept = []
    draw = drawings._draw
    monkeypatch.setattr(drawings, "_draw", lambda *given: kept.append(draw(*given)) or kept[-1])

    look(client, journey)

    html = "".join(kept[0].parts.values())
    assert "csrf" not in html
    assert "nonce" not in html
    assert "noor" not in html.lower()


def test_a_viewer_is_not_shown_what_an_editor_may_do(client, journey, noor):
    operations.add_step(journey.phases.get(), title="I thank", **as_now(noor))
    maya, hers = signed_in(noor.workspace, role="viewer")
    reader, theirs = signed_in(noor.workspace, role="contributor")
    people = {noor.user_id: True, maya.user_id: False, reader.user_id: False}

    assert "Bind this step" in look(client, journey)
    assert "Bind this step" not in look(hers, journey)

    operations.restrict_journey(journey, people=people, **as_now(noor))
    assert "data-feeling" in look(client, journey)
    assert "data-feeling" not in look(theirs, journey)

    accounts.change_role(reader, role="viewer", **as_now(noor))
    assert "Bind this step" not in look(theirs, journey)

    operations.restrict_journey(journey, people={noor.user_id: True}, **as_now(noor))
    assert theirs.get(journey.get_absolute_url()).status_code == 404


def test_the_title_of_a_journey_that_became_restricted_is_taken_from_the_maps_that_lead_there(
    client, journey, noor
):
    secret = make_journey(workspace=noor.workspace, title="How we let go")
    make_card(steps(journey)[0], linked_journey=secret)
    _, hers = signed_in(noor.workspace, role="owner")
    assert "How we let go" in look(client, journey)

    operations.restrict_journey(secret, people={noor.user_id: True}, **as_now(noor))

    for each in (client, hers):
        assert "How we let go" not in look(each, journey)


def test_a_period_that_ends_today_goes_on_at_midnight(client, journey, noor, monkeypatch):
    evening = datetime(2026, 3, 2, 23, 59, tzinfo=UTC)
    observe(
        noor.workspace,
        make_signal(at=evening),
        make_signal(at=evening + timedelta(minutes=2), external_id="b"),
    )
    monkeypatch.setattr(cache, "minute", lambda: evening)
    monkeypatch.setattr(timezone, "now", lambda: evening)
    assert "to 2 Mar 2026" in look(client, journey)

    for clock in ((cache, "minute"), (timezone, "now")):
        monkeypatch.setattr(*clock, lambda: evening + timedelta(minutes=3))

    assert "to 3 Mar 2026" in look(client, journey)


def test_another_question_is_another_drawing(client, journey, drawn):
    for query in ("", "?view=both", "?period=7", "?window=7", "?phase=2", "?segment=plan+is+pro"):
        look(client, journey, query)

    assert len(drawn) == 6
