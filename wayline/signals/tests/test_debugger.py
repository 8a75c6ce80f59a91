import json
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from wayline.accounts.testing import make_member, make_workspace
from wayline.signals import journal, load, queries, registry
from wayline.signals.debugger import lines, replay
from wayline.signals.debugger import queries as refusals
from wayline.signals.debugger.lines import Sought
from wayline.signals.journal import Refused
from wayline.signals.models import JournalEntry, RefusedSignal, Term
from wayline.signals.names import operations as names
from wayline.signals.testing import make_signal, observe
from wayline.warehouse import connect

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("warehouse")]
NOW = timezone.now()
CALL = {"type": "track", "userId": "ines", "messageId": "m1", "event": "Order Placed"}


@pytest.fixture
def maya(client):
    member = make_member(role="manager", name="Maya Brandt")
    client.force_login(member.user)
    return member


def lately(**fields):
    return make_signal(**({"at": NOW} | fields))


def outcomes(member, **sought) -> list[tuple[str, str]]:
    return [(line.name, line.outcome) for line in lines.look(member, Sought(**sought)).lines]


def stored() -> list[str]:
    signals = connect.current().table("signals")
    return sorted(connect.current().run(signals.select("name"))["name"].to_pylist())


def refused_call(workspace, **wrong) -> RefusedSignal:
    """A call that was refused on arrival, as the Segment API keeps it."""
    text = json.dumps(CALL | wrong)
    item = Refused(0, "The scale 'stars' is not known.", text)
    journal.append(workspace.pk, "key:1", [], received_at=NOW, refused=[item], digest=str(len(text)))
    load.drain()
    return RefusedSignal.objects.latest("pk")


def test_every_signal_shows_what_became_of_it(maya):
    observe(
        maya.workspace,
        lately(name="Stored"),
        lately(name="Again", key="same"),
        lately(name="Too Much", score=11.0, scale="nps"),
        lately(kind="identify", name="Identify", traits={"plan": "pro"}),
    )
    observe(maya.workspace, lately(name="Again", key="same"))
    journal.append(maya.workspace_id, "test", [lately(name="Not Loaded")], received_at=NOW)

    assert outcomes(maya) == [
        ("Not Loaded", "waiting"),
        ("Again", "duplicate"),
        ("Identify", "fact"),
        ("Too Much", "refused"),
        ("Again", "accepted"),
        ("Stored", "accepted"),
    ]


def test_late_and_unknown_ones_are_accepted_and_say_so(maya):
    observe(maya.workspace, lately(name="Known"), lately(name="New", at=NOW - timedelta(days=3)))
    assert not any(line.is_unknown for line in lines.look(maya, Sought()).lines)
    names.approve_name(Term.objects.get(name="Known"), by=maya.user, now=NOW)

    assert outcomes(maya, outcome="late") == outcomes(maya, outcome="unknown") == [("New", "accepted")]


@pytest.mark.parametrize(
    "sought", [{"name": "place"}, {"kind": "page"}, {"customer": "KIM"}, {"source": "import:9"}], ids=str
)
def test_arrivals_are_narrowed(maya, sought):
    observe(maya.workspace, lately(name="Other", external_id="tom"))
    wanted = {"name": "Order Placed", "external_id": "kim-9"}
    observe(maya.workspace, lately(kind="page", **wanted), source="import:9")

    assert outcomes(maya, **sought) == [("Order Placed", "accepted")]


def test_a_paused_look_stands_still(maya):
    observe(maya.workspace, lately(name="Before"))
    until = lines.look(maya, Sought()).newest
    observe(maya.workspace, lately(name="After"))

    assert outcomes(maya, until=until) == [("Before", "accepted")]


def test_a_look_is_bounded_however_much_is_there(maya):
    observe(maya.workspace, *[lately() for _ in range(30)])
    observe(maya.workspace, *[lately() for _ in range(30)])

    seen = lines.look(maya, Sought(name="nothing"), examined=40)

    assert (seen.lines, seen.examined, seen.is_all) == ([], 40, False)


def test_arrivals_of_another_workspace_are_not_shown(maya):
    observe(make_workspace(slug="theirs"), lately())

    assert outcomes(maya) == []


def test_a_refused_signal_is_replayed_once_after_the_fix(maya):
    observe(maya.workspace, lately())
    names.block_name(Term.objects.get(), by=maya.user, now=NOW)
    observe(maya.workspace, lately(key="late order"))
    refused = RefusedSignal.objects.get()
    chosen = refusals.replayable(maya, reason=refused.reason)

    early = replay.replay_signals(maya.workspace, chosen, by=maya.user, now=NOW)
    names.unblock_name(Term.objects.get(), by=maya.user, now=NOW)
    first = replay.replay_signals(maya.workspace, chosen, by=maya.user, now=NOW)
    # Somebody whose page is old, or whose server died before the mark was made, asks again.
    second = replay.replay_signals(maya.workspace, chosen, by=maya.user, now=NOW)

    assert (early.sent, list(early.left)) == (0, ["The name Order Placed is blocked. Unblock it first."])
    assert (first.sent, second.sent) == (1, 1)
    assert stored() == ["Order Placed"] * 2
    assert refusals.replayable(maya, reason=refused.reason) == []
    assert queries.account(maya).missing == 0


def test_a_call_refused_on_arrival_is_corrected_and_counts_once(maya):
    refused = refused_call(maya.workspace, properties={"score": 4, "scale": "stars"})
    assert json.loads(replay.written(refused))["messageId"] == "m1"

    with pytest.raises(replay.StillRefused, match="scale"):
        replay.replay_corrected(refused, text=replay.written(refused), by=maya.user, now=NOW)
    fixed = replay.written(refused).replace('"stars"', '"stars5"')
    replay.replay_corrected(refused, text=fixed, by=maya.user, now=NOW)
    observe(maya.workspace, lately(key="m1"))

    assert stored() == ["Order Placed"]


def test_a_signal_refused_while_loading_is_corrected(maya):
    observe(maya.workspace, lately(score=11.0, scale="nps"))
    refused = RefusedSignal.objects.get()
    text = replay.written(refused).replace("11.0", "10.0")

    replay.replay_corrected(refused, text=text, by=maya.user, now=NOW)

    assert stored() == ["Order Placed"]
    with pytest.raises(replay.NotReplayable, match="already"):
        replay.replay_corrected(RefusedSignal.objects.get(), text=text, by=maya.user, now=NOW)


@pytest.mark.parametrize("text", ["", "[]", '{"kind": 1}', "\ud800"])
def test_what_is_no_signal_is_refused_again_with_a_sentence(maya, text):
    observe(maya.workspace, lately(score=11.0, scale="nps"))

    with pytest.raises(replay.StillRefused):
        replay.replay_corrected(RefusedSignal.objects.get(), text=text, by=maya.user, now=NOW)


def test_a_declined_customer_is_not_observed_by_a_replay(maya):
    observe(maya.workspace, lately(kind="identify", name="Identify", traits={"consent": "denied"}))
    observe(maya.workspace, lately())

    with pytest.raises(replay.NotReplayable, match="declined"):
        replay.written(RefusedSignal.objects.get())


def test_what_the_journal_no_longer_has_says_so(maya):
    observe(maya.workspace, lately(score=11.0, scale="nps"))
    JournalEntry.objects.all().delete()

    with pytest.raises(replay.NotReplayable, match="journal no longer"):
        replay.written(RefusedSignal.objects.get())


def test_what_refused_signals_said_is_let_go_after_a_while(maya):
    observe(maya.workspace, lately(score=11.0, scale="nps"))

    registry.forget_excerpts(now=NOW + timedelta(days=91))

    assert RefusedSignal.objects.get().excerpt == ""


def page(name, member, *args) -> str:
    return reverse(f"signals:{name}", args=[member.workspace.slug, *args])


def test_the_page_asks_again_every_two_seconds_unless_it_is_paused(client, maya):
    observe(maya.workspace, lately(score=11.0, scale="nps"))

    shown = client.get(page("live", maya)).content.decode()
    paused = client.get(page("live", maya) + "?until=1").content.decode()

    assert "every 2s" in shown
    assert "Correct and replay" in shown
    assert "every 2s" not in paused


@pytest.mark.parametrize("query", ["until=x", "outcome=nonsense", "until=99999999999999999999", "kind=x"])
def test_an_odd_address_is_no_error(client, maya, query):
    assert client.get(f"{page('live', maya)}?{query}").status_code == 200


def test_an_export_runs_nothing_in_a_spreadsheet(client, maya):
    observe(maya.workspace, lately(name="=HYPERLINK(1)"))

    sheet = b"".join(client.get(page("live_csv", maya)).streaming_content).decode()
    text = b"".join(client.get(page("live_jsonl", maya)).streaming_content).decode()

    assert ",'=HYPERLINK(1)," in sheet
    assert json.loads(text)["name"] == "=HYPERLINK(1)"


def test_the_chosen_are_replayed_and_the_others_say_why_not(client, maya):
    observe(maya.workspace, lately(score=11.0, scale="nps"))
    refused = RefusedSignal.objects.get()
    where = page("refused_one", maya, refused.pk)

    answer = client.post(page("replay_refused", maya), {"id": [refused.pk]}, follow=True)
    assert "1 left: The score 11 is outside" in answer.content.decode()
    assert client.post(where, {"text": "{"}).status_code == 422
    text = replay.written(refused).replace("11.0", "9.0")
    client.post(where, {"text": text})

    assert stored() == ["Order Placed"]
    assert "Replayed" in client.get(page("refused", maya)).content.decode()


def test_replaying_nothing_says_what_to_choose(client, maya):
    answer = client.post(page("replay_refused", maya), {"id": ["x"]}, follow=True)

    assert "Choose the refused signals" in answer.content.decode()
