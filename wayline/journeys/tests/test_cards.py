import pytest
from django.utils import timezone

from wayline.accounts.testing import make_member
from wayline.audit.models import Activity
from wayline.journeys import operations
from wayline.journeys.models import Card, Journey, Placement, Step
from wayline.journeys.operations import refusals
from wayline.journeys.queries import board, lanes
from wayline.journeys.testing import make_card, make_journey

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def noor():
    return make_member(role="contributor")


@pytest.fixture
def journey(noor):
    return make_journey(workspace=noor.workspace)


@pytest.fixture
def steps(journey):
    return list(Step.objects.filter(phase__journey=journey))


def titles(journey: Journey, lane: str, step: Step) -> list[str]:
    cells = board.some_cells(journey, {(lane, step.pk)})
    return [standing.title for cell in cells for standing in cell.cards]


def add(journey, step, title, by, lane="pain"):
    return operations.add_card(journey, step=step, lane=lane, title=title, by=by.user, now=NOW)


def test_a_card_takes_the_kind_of_its_lane(journey, steps, noor):
    added = add(journey, steps[0], "  Nobody   answers ", noor, "gain")

    assert (added.card.kind, added.card.title) == ("gain", "Nobody answers")
    assert Activity.objects.get().name == "card.added"


def test_a_lane_that_shows_measurements_takes_no_cards(journey, steps, noor):
    with pytest.raises(refusals.LaneUnknown):
        add(journey, steps[0], "x", noor, "flow")


def test_cards_are_moved_before_others_and_across_steps(journey, steps, noor):
    first, second, third = (add(journey, steps[0], title, noor) for title in ("a", "b", "c"))

    operations.move_cards([third], step=steps[0], before=first, by=noor.user, now=NOW)
    operations.move_cards([second], step=steps[1], by=noor.user, now=NOW)

    assert titles(journey, "pain", steps[0]) == ["c", "a"]
    assert titles(journey, "pain", steps[1]) == ["b"]


def test_a_cell_finds_room_for_ever_more_moves(journey, steps, noor, monkeypatch):
    monkeypatch.setattr("wayline.journeys.operations.cards.GAP", 0.2)
    rows = [add(journey, steps[0], str(number), noor) for number in range(3)]
    for number in range(8):
        moved, last = (rows[1], rows[2]) if number % 2 else (rows[2], rows[1])
        last.refresh_from_db()
        operations.move_cards([moved], step=steps[0], before=last, by=noor.user, now=NOW)

    assert titles(journey, "pain", steps[0]) == ["0", "1", "2"]


def test_several_cards_keep_their_order(journey, steps, noor):
    rows = [add(journey, steps[0], title, noor) for title in ("a", "b", "c")]
    stays = add(journey, steps[1], "x", noor)

    operations.move_cards(rows[1:], step=steps[1], before=stays, by=noor.user, now=NOW)

    assert titles(journey, "pain", steps[1]) == ["b", "c", "x"]


def test_a_step_of_another_map_is_refused(journey, steps, noor):
    elsewhere = make_journey(workspace=noor.workspace).phases.get().steps.first()

    with pytest.raises(refusals.StepElsewhere):
        add(journey, elsewhere, "x", noor)
    moved = add(journey, steps[0], "x", noor)
    with pytest.raises(refusals.StepElsewhere):
        operations.move_cards([moved], step=elsewhere, by=noor.user, now=NOW)


def test_a_card_of_the_library_says_the_same_on_every_map(journey, steps, noor):
    other = make_journey(workspace=noor.workspace)
    there = other.phases.get().steps.first()
    card = add(journey, steps[0], "Too slow", noor).card

    operations.place_card(card, journey=other, step=there, lane="pain", by=noor.user, now=NOW)
    operations.describe_card(card, journey=journey, title="Far too slow", by=noor.user, now=NOW)

    assert titles(other, "pain", there) == ["Far too slow"]
    assert Card.objects.count() == 1
    with pytest.raises(refusals.CardElsewhere):
        operations.place_card(card, journey=other, step=there, lane="pain", by=noor.user, now=NOW)


def test_a_card_changed_meanwhile_is_not_overwritten(journey, steps, noor):
    placement = add(journey, steps[0], "Too slow", noor)
    seen = placement.card.version
    operations.describe_card(placement.card, journey=journey, title="By Maya", by=None, now=NOW, seen=seen)

    with pytest.raises(refusals.ChangedMeanwhile):
        operations.describe_card(
            placement.card, journey=journey, title="Mine", by=noor.user, now=NOW, seen=seen
        )

    assert Card.objects.get().title == "By Maya"


def test_everything_is_undone_in_turn_and_done_again(journey, steps, noor):
    placement = add(journey, steps[0], "Too slow", noor)
    operations.move_cards([placement], step=steps[1], by=noor.user, now=NOW)
    operations.describe_card(placement.card, journey=journey, title="Far too slow", by=noor.user, now=NOW)

    for _ in range(2):
        operations.undo(journey, by=noor.user, now=NOW)
    assert titles(journey, "pain", steps[0]) == ["Too slow"]
    operations.undo(journey, by=noor.user, now=NOW)
    assert titles(journey, "pain", steps[0]) == []

    for _ in range(3):
        operations.redo(journey, by=noor.user, now=NOW)
    assert titles(journey, "pain", steps[1]) == ["Far too slow"]
    with pytest.raises(refusals.NothingToUndo):
        operations.redo(journey, by=noor.user, now=NOW)


def test_undo_takes_back_only_ones_own_changes(journey, steps, noor):
    maya = make_member(workspace=noor.workspace, name="Maya")
    add(journey, steps[0], "Mine", noor)
    add(journey, steps[0], "Hers", maya)

    operations.undo(journey, by=noor.user, now=NOW)

    assert titles(journey, "pain", steps[0]) == ["Hers"]


def test_undo_refuses_what_somebody_built_on_and_goes_on_to_the_one_before(journey, steps, noor):
    maya = make_member(workspace=noor.workspace, name="Maya")
    placement = add(journey, steps[0], "Mine", noor)
    operations.describe_card(placement.card, journey=journey, title="Mine too", by=noor.user, now=NOW)
    operations.describe_card(placement.card, journey=journey, title="Hers", by=maya.user, now=NOW)

    with pytest.raises(refusals.ChangedMeanwhile):
        operations.undo(journey, by=noor.user, now=NOW)
    assert titles(journey, "pain", steps[0]) == ["Hers"]
    operations.undo(journey, by=noor.user, now=NOW)
    assert titles(journey, "pain", steps[0]) == []


def test_a_new_change_ends_what_could_be_done_again(journey, steps, noor):
    add(journey, steps[0], "a", noor)
    operations.undo(journey, by=noor.user, now=NOW)
    add(journey, steps[0], "b", noor)

    with pytest.raises(refusals.NothingToUndo):
        operations.redo(journey, by=noor.user, now=NOW)


def test_moved_steps_and_their_titles_are_undone(journey, steps, noor):
    operations.move_step(steps[0], places=2, by=noor.user, now=NOW)
    operations.rename_step(steps[0], title="I wait", by=noor.user, now=NOW)
    for _ in range(2):
        operations.undo(journey, by=noor.user, now=NOW)

    titles_now = list(Step.objects.values_list("title", flat=True))
    assert titles_now == ["Order Placed", "Order Shipped", "Order Delivered"]


def test_a_block_of_a_spreadsheet_goes_along_the_steps(journey, steps, noor):
    placed = operations.paste_cards(
        journey, step=steps[1], lane="pain", text='a\t"b, with\nbreak"\nc\t\n', by=noor.user, now=NOW
    )

    assert len(placed) == 3
    assert titles(journey, "pain", steps[1]) == ["a", "c"]
    assert titles(journey, "pain", steps[2]) == ["b, with break"]
    operations.undo(journey, by=noor.user, now=NOW)
    assert not board.some_cells(journey, {("pain", steps[1].pk)})[0].cards


def test_a_first_column_of_lanes_sends_rows_to_their_lanes(journey, steps, noor):
    text = "Pain points\ta\nOpportunities\tb"
    operations.paste_cards(journey, step=steps[0], lane="pain", text=text, by=noor.user, now=NOW)

    assert titles(journey, "pain", steps[0]) == ["a"]
    assert titles(journey, "opportunity", steps[0]) == ["b"]


@pytest.mark.parametrize("text", ["", "\t\n", "a\tb\tc\td\te"])
def test_what_cannot_be_pasted_is_refused_whole(journey, steps, noor, text):
    with pytest.raises(refusals.TooManyCards):
        operations.paste_cards(journey, step=steps[0], lane="pain", text=text, by=noor.user, now=NOW)
    assert not Placement.objects.exists()


def test_lanes_are_renamed_hidden_moved_and_undone(journey, noor):
    by = {"by": noor.user, "now": NOW}
    operations.rename_lane(journey, "pain", title="What hurts", **by)
    operations.hide_lane(journey, "score", **by)
    operations.move_lane(journey, "pain", before="step", **by)

    shown = lanes.shown(journey)
    assert (shown[0].key, shown[0].title) == ("pain", "What hurts")
    assert "score" not in [lane.key for lane in shown]
    for _ in range(3):
        operations.undo(journey, by=noor.user, now=NOW)
    assert [lane.key for lane in lanes.shown(journey)] == [
        lane.key for lane in lanes.LANES if not lane.is_hidden and not lane.region
    ]


def test_a_lane_of_ones_own_counts_or_takes_cards(journey, steps, noor):
    by = {"by": noor.user, "now": NOW}
    lane = operations.add_lane(journey, title="How many", kind="summary", card_kind="pain", **by)
    make_card(steps[0])

    counted = [
        cell for cell in board.some_cells(journey, {("pain", steps[0].pk)}) if cell.lane.key == lane.key
    ]
    assert [cell.count for cell in counted] == [1]
    operations.delete_lane(journey, lane.key, **by)
    with pytest.raises(refusals.LaneUnknown):
        operations.delete_lane(journey, "pain", **by)


def test_a_way_back_is_a_loop_and_a_way_on_a_branch(journey, steps, noor):
    by = {"by": noor.user, "now": NOW}

    assert operations.add_edge(steps[2], steps[0], **by).kind == "loop"
    assert operations.add_edge(steps[0], steps[2], label="in a hurry", **by).kind == "branch"
    with pytest.raises(refusals.StepElsewhere):
        operations.add_edge(steps[0], steps[0], **by)
