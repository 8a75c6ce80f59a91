import pytest
from django.utils import timezone

from wayline.accounts.testing import make_member, make_user
from wayline.audit.models import Activity
from wayline.journeys import operations, queries
from wayline.journeys.models import Journey, Step
from wayline.journeys.operations import refusals
from wayline.journeys.testing import make_journey, make_step
from wayline.metrics.observed import ObservedName
from wayline.signals.conditions import SignalIs

pytestmark = pytest.mark.django_db


@pytest.fixture
def by():
    return {"by": make_user(), "now": timezone.now()}


def titles(journey) -> list[str]:
    return [step.title for step in queries.steps_of(Journey.objects.with_steps().get(pk=journey.pk))]


def seen(*names) -> list[ObservedName]:
    now = timezone.now()
    return [ObservedName("behavior", name, 10, 10, now, now) for name in names]


def activity() -> str:
    return Activity.objects.order_by("-pk").first().name


def test_a_journey_from_a_template_binds_to_the_names_that_exist(by):
    workspace = make_member().workspace

    journey = operations.create_journey(
        workspace, template="order-to-delivery", observed=seen("order_placed", "Shipped", "Noise"), **by
    )

    bound = {step.key: step.condition["names"] for step in queries.steps_of(journey) if step.is_bound}
    assert bound == {"order-placed": ["order_placed"], "order-shipped": ["Shipped"]}
    assert (journey.follow, journey.window_days) == ("subject", 90)
    assert activity() == "journey.created"


def test_a_blank_journey_has_one_phase_and_needs_a_title(by):
    workspace = make_member().workspace

    journey = operations.create_journey(workspace, title="  I move   house ", **by)

    assert (journey.title, journey.phases.count()) == ("I move house", 1)
    with pytest.raises(refusals.TitleMissing):
        operations.create_journey(workspace, title=" ", **by)


def test_an_unknown_template_names_the_known_ones(by):
    with pytest.raises(refusals.TemplateUnknown, match="saas-onboarding"):
        operations.create_journey(make_member().workspace, template="moon-landing", **by)


def test_describing_keeps_what_was_and_what_is(by):
    journey = make_journey()

    operations.describe_journey(journey, title="I buy", window_days=None, **by)

    journey.refresh_from_db()
    assert (journey.title, journey.window) == ("I buy", None)
    changed = Activity.objects.get().details["changed"]
    assert changed == {"title": ["I order something", "I buy"], "window_days": ["30", "None"]}


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"title": ""}, refusals.TitleMissing),
        ({"title": "x" * 161}, refusals.TitleTooLong),
        ({"window_days": 0}, refusals.WindowOutOfRange),
        ({"start": "last"}, refusals.ChoiceUnknown),
    ],
)
def test_a_description_that_makes_no_sense_is_refused(by, change, refusal):
    with pytest.raises(refusal):
        operations.describe_journey(make_journey(), **change, **by)


def test_only_members_own_a_journey(by):
    journey = make_journey()
    with pytest.raises(refusals.OwnerNotHere, match="Omar"):
        operations.describe_journey(journey, owner=make_user(name="Omar"), **by)


def test_a_deleted_journey_is_gone_until_it_is_restored(by):
    member = make_member()
    journey = make_journey(workspace=member.workspace)

    operations.delete_journey(journey, **by)
    assert not Journey.objects.visible_to(member).exists()
    with pytest.raises(refusals.AlreadyDeleted):
        operations.delete_journey(journey, **by)
    with pytest.raises(refusals.AlreadyDeleted):
        operations.add_phase(journey, name="Return", **by)

    operations.restore_journey(journey, **by)
    assert Journey.objects.visible_to(member).get() == journey
    with pytest.raises(refusals.NotDeleted):
        operations.restore_journey(journey, **by)


def test_phases_move_and_keep_one_order(by):
    journey = make_journey(steps=())
    second = operations.add_phase(journey, name="Return", question="Is it easy?", **by)

    operations.move_phase(second, places=-1, **by)

    assert [phase.name for phase in journey.phases.kept()] == ["Return", "Order"]
    assert activity() == "phase.moved"


def test_a_phase_with_steps_asks_before_it_goes_and_comes_back_with_them(by):
    journey = make_journey()
    order = journey.phases.get()
    operations.add_phase(journey, name="Return", **by)

    with pytest.raises(refusals.PhaseHasSteps, match="3 steps"):
        operations.delete_phase(order, **by)
    operations.delete_phase(order, confirmed=True, **by)
    assert titles(journey) == []

    operations.restore_phase(order, **by)
    assert titles(journey) == ["Order Placed", "Order Shipped", "Order Delivered"]


def test_the_last_phase_stays(by):
    journey = make_journey(steps=())
    with pytest.raises(refusals.LastPhase):
        operations.delete_phase(journey.phases.get(), **by)


def test_a_step_gets_a_key_of_its_own_and_keeps_it(by):
    phase = make_journey(steps=()).phases.get()

    first = operations.add_step(phase, title="I ask", **by)
    second = operations.add_step(phase, title="I ask", **by)
    operations.rename_step(second, title="I ask again", **by)

    second.refresh_from_db()
    assert (first.key, second.key, second.title) == ("i-ask", "i-ask-2", "I ask again")


def test_a_step_moves_along_the_journey_across_phases(by):
    journey = make_journey(steps=("A", "B"))
    later = operations.add_phase(journey, name="Later", **by)
    operations.add_step(later, title="C", **by)
    b = Step.objects.get(title="B")

    operations.move_step(b, places=1, **by)
    assert (b.phase, titles(journey)) == (later, ["A", "B", "C"])
    operations.move_step(b, places=1, **by)
    assert titles(journey) == ["A", "C", "B"]
    operations.move_step(b, phase=journey.phases.first(), position=0, **by)
    assert titles(journey) == ["B", "A", "C"]


def test_a_step_never_moves_into_another_journey(by):
    step, elsewhere = make_step(), make_journey().phases.get()
    with pytest.raises(refusals.AlreadyDeleted):
        operations.move_step(step, phase=elsewhere, **by)


def test_binding_stores_a_condition_and_refuses_what_is_none(by):
    step = make_step()

    operations.bind_step(step, condition=SignalIs(names=("Order Placed",)), **by)

    step.refresh_from_db()
    assert step.condition["names"] == ["Order Placed"]
    with pytest.raises(refusals.ConditionNotUnderstood):
        operations.bind_step(step, condition={"type": "weather"}, **by)
    with pytest.raises(refusals.ConditionNotUnderstood, match="at least one signal"):
        operations.bind_step(step, condition=SignalIs(), **by)

    operations.unbind_step(step, **by)
    assert not step.is_bound


def test_marks_change_only_what_is_said(by):
    step = make_step(is_moment=True)

    operations.mark_step(step, is_required=False, **by)

    step.refresh_from_db()
    assert (step.is_required, step.is_repeatable, step.is_moment) == (False, False, True)


def test_an_assumed_feeling_lies_between_minus_two_and_two(by):
    step = make_step()

    operations.assume_feeling(step, feeling=-1.5, **by)

    assert Step.objects.get().assumed_feeling == -1.5
    with pytest.raises(refusals.FeelingOutOfRange):
        operations.assume_feeling(step, feeling=3, **by)


def test_a_step_deleted_meanwhile_cannot_be_changed(by):
    step = make_step()
    operations.delete_step(Step.objects.get(pk=step.pk), **by)

    with pytest.raises(refusals.AlreadyDeleted):
        operations.rename_step(step, title="I wait", **by)

    operations.restore_step(step, **by)
    operations.rename_step(step, title="I wait", **by)
    assert Step.objects.get().title == "I wait"


def test_touchpoints_come_go_and_come_back(by):
    step = make_step()
    mail = operations.add_touchpoint(step, name="Mail", channel="email", **by)
    shop = operations.add_touchpoint(step, name="Shop", **by)

    operations.move_touchpoint(shop, places=-1, **by)
    operations.rename_touchpoint(mail, name="Letter", **by)
    assert [str(each) for each in step.touchpoints.kept()] == ["Shop", "Letter"]

    operations.delete_touchpoint(mail, **by)
    assert [str(each) for each in step.touchpoints.kept()] == ["Shop"]
    operations.restore_touchpoint(mail, **by)
    assert step.touchpoints.kept().count() == 2
