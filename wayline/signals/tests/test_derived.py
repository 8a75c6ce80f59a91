import json
import random
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from wayline.accounts.testing import make_member
from wayline.signals import load
from wayline.signals import operations as signals
from wayline.signals.conditions import SignalIs, Test
from wayline.signals.derived import applying, operations, queries, words
from wayline.signals.derived.rules import PRESETS, RULE, Changed, Falling, Followed, Repeat, Silent
from wayline.signals.filters import TestUnclear
from wayline.signals.models import DerivedRule, SignalName
from wayline.signals.names import uses
from wayline.signals.testing import make_signal, observe
from wayline.warehouse import connect

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("warehouse")]
NOW = timezone.now()
START = datetime(2026, 6, 1, 9, tzinfo=UTC)  # a Monday
CONTACT = SignalIs(kinds=("contact",))
ORDER = SignalIs(kinds=("behavior",), names=("Order Placed",))
USED = SignalIs(kinds=("behavior",), names=("Used",))


@pytest.fixture
def maya(client):
    member = make_member(role="contributor", name="Maya Brandt")
    client.force_login(member.user)
    return member


def at(hours: float = 0, *, days: float = 0) -> datetime:
    return START + timedelta(hours=hours, days=days)


def contact(hours: float, **fields):
    return make_signal(**({"kind": "contact", "name": "Asked", "at": at(hours)} | fields))


def switched_on(workspace, rule, name: str = "Derived") -> DerivedRule:
    made = operations.create_rule(workspace, name=name, rule=rule, by=None, now=NOW)
    operations.switch_on_rule(made, by=None, now=NOW)
    applying.apply(made, now=NOW)
    made.refresh_from_db()
    return made


def derived() -> list[datetime]:
    table = connect.current().table("signals")
    rows = connect.current().run(table.filter(table.kind == "derived").select("at")).to_pylist()
    return sorted(row["at"].replace(tzinfo=UTC) for row in rows)


def derived_by(maya, rule, *observed) -> list[datetime]:
    observe(maya.workspace, *observed)
    switched_on(maya.workspace, rule)
    return derived()


def test_a_second_contact_within_the_time_is_a_repeat_and_says_what_made_it(maya):
    found = derived_by(maya, Repeat(of=CONTACT), contact(0), contact(71, channel="phone"), contact(200))

    assert found == [at(71)]
    table = connect.current().table("signals")
    (row,) = connect.current().run(table.filter(table.kind == "derived")).to_pylist()
    said = dict(row["properties"])
    keys = connect.current().run(table.filter(table.kind == "contact").order_by("at").select("key"))
    assert said["made_of"] == ", ".join(keys["key"].to_pylist()[:2])
    assert said["because"] == "Asked, 1 Jun 2026 09:00 UTC; then Asked, 4 Jun 2026 08:00 UTC, phone"
    assert (row["name"], row["channel"], row["source"][:5]) == ("Derived", "phone", "rule:")


def test_a_repeat_on_another_channel_looks_past_the_same_channel(maya):
    rule = Repeat(of=CONTACT, on_another_channel=True)
    mail, phone = {"channel": "mail"}, {"channel": "phone"}

    found = derived_by(maya, rule, contact(0, **mail), contact(1, **phone), contact(2, **phone), contact(3))

    assert found == [at(1), at(2)]


def test_what_concerns_another_subject_or_customer_is_no_repeat(maya):
    rule = Repeat(of=CONTACT, about="subject")
    other = contact(2, subject="1", external_id="kim")

    assert derived_by(maya, rule, contact(0, subject="1"), contact(1, subject="2"), other, contact(3)) == []


def test_only_the_first_return_follows_an_order(maya):
    rule = Followed(of=ORDER, then=SignalIs(names=("Returned",)), within_hours=48)
    order = make_signal(at=at(0), subject="1")
    returns = [make_signal(name="Returned", at=at(hours), subject="1") for hours in (-1, 10, 20)]

    assert derived_by(maya, rule, order, *returns) == [at(10)]


def test_a_ticket_in_other_hands_is_transferred(maya):
    rule = Changed(of=SignalIs(kinds=("message",)), field="agent")
    messages = [
        make_signal(
            kind="message",
            name="Said",
            at=at(hours),
            subject="T1",
            properties={"agent": agent} if agent else {},
        )
        for hours, agent in ((0, "noor"), (1, ""), (2, "noor"), (3, "omar"))
    ]

    assert derived_by(maya, rule, *messages) == [at(3)]


def test_silence_is_concluded_when_its_time_has_passed_and_not_before(maya):
    rule = Silent(of=ORDER, then=CONTACT, days=30)
    observed = [
        make_signal(at=at(days=0)),
        contact(24, external_id="tom"),
        make_signal(at=at(), external_id="tom"),
    ]
    observe(maya.workspace, *observed, make_signal(name="Other", at=at(days=29), external_id="kim"))
    made = switched_on(maya.workspace, rule)
    assert derived() == []

    observe(maya.workspace, make_signal(name="Other", at=at(days=31), external_id="kim"))
    applying.apply(made, now=NOW)

    assert derived() == [at(days=30)]


def test_a_late_signal_withdraws_what_it_disproves(maya):
    observe(
        maya.workspace, make_signal(at=at()), make_signal(name="Other", at=at(days=40), external_id="kim")
    )
    made = switched_on(maya.workspace, Silent(of=ORDER, then=CONTACT, days=30))
    assert derived() == [at(days=30)]

    observe(maya.workspace, contact(48))
    applying.apply(made, now=NOW)

    assert derived() == []
    assert not SignalName.objects.filter(kind="derived").exists()


def daily(days: range, **fields) -> list:
    return [make_signal(name="Used", at=at(days=day), **fields) for day in days]


def test_usage_that_stops_after_daily_weeks_is_a_fall_told_once(maya):
    others = [one for who in ("kim", "tom", "eva") for one in daily(range(70), external_id=who)]

    found = derived_by(maya, Falling(of=USED), *daily(range(42)), *others)

    assert found == [datetime(2026, 7, 20, tzinfo=UTC)]


def test_a_holiday_of_all_is_no_fall_of_one(maya):
    days = [*range(42), *range(49, 70)]
    everybody = [one for who in ("ines", "kim", "tom") for one in daily(days, external_id=who)]

    assert derived_by(maya, Falling(of=USED), *everybody) == []


def test_rare_use_makes_no_baseline_to_fall_from(maya):
    rare = daily(range(0, 42, 6))

    assert derived_by(maya, Falling(of=USED), *rare, *daily(range(70), external_id="kim")) == []


@pytest.mark.slow
def test_steady_users_are_seldom_taken_for_falling(maya):
    """The chance is the share of steady weeks taken for a fall."""
    chance = random.Random(1)
    observed = [
        make_signal(name="Used", at=at(days=day), external_id=f"c{who}")
        for who in range(150)
        for day in range(84)
        if chance.random() < 0.3 + 0.7 * (who % 5) / 5
    ]

    found = derived_by(maya, Falling(of=USED, chance=0.01), *observed)

    assert len(found) / (150 * 7) <= 0.015


@pytest.mark.parametrize(
    "rule",
    [
        Repeat(of=CONTACT, on_another_channel=True),
        Followed(of=ORDER, then=CONTACT, within_hours=40, about="customer"),
        Changed(of=CONTACT, field="@channel", about="customer"),
        Silent(of=CONTACT, then=ORDER, days=2),
    ],
    ids=lambda rule: rule.type,
)
@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_arrival_does_not_matter(maya, rule, seed):
    chance = random.Random(seed)
    observed = [
        make_signal(
            kind="contact" if chance.random() < 0.6 else "behavior",
            name=chance.choice(["Asked", "Order Placed"]),
            at=at(chance.randrange(400)),
            external_id=chance.choice(["ines", "kim"]),
            channel=chance.choice(["mail", "phone", None]),
        )
        for _ in range(60)
    ]
    made = switched_on(maya.workspace, rule)
    made.since = at(days=-30)
    made.save()
    for begin in range(0, 60, 12):
        observe(maya.workspace, *observed[begin : begin + 12])
        made.refresh_from_db()
        applying.apply(made, now=NOW)
    by_and_by = derived()

    applying.begin_anew(made)
    applying.apply(made, now=NOW)

    assert derived() == by_and_by
    assert by_and_by == sorted(each.at for each in applying.preview(maya.workspace_id, rule, now=NOW))


def test_applying_again_adds_nothing(maya):
    derived_by(maya, Repeat(of=CONTACT), contact(0), contact(5))
    made = DerivedRule.objects.get()
    version = connect.current().version

    applying.apply(made, now=NOW)
    assert connect.current().version == version
    applying.begin_anew(made)
    applying.catch_up(now=NOW)

    assert derived() == [at(5)]
    assert SignalName.objects.get(kind="derived").count == 1


def test_two_customers_found_to_be_one_repeat_themselves(maya):
    observe(maya.workspace, contact(0, anonymous_id="a1"), contact(5))
    made = switched_on(maya.workspace, Repeat(of=CONTACT))
    assert derived() == []

    alias = make_signal(kind="alias", name="Alias", properties={"previous_id": "a1"}, at=at(6))
    observe(maya.workspace, alias, source="api:1")
    applying.apply(made, now=NOW)

    assert derived() == [at(5)]


def test_a_warehouse_built_anew_gets_its_conclusions_back(maya):
    derived_by(maya, Repeat(of=CONTACT), contact(0), contact(5))

    load.rebuild()
    applying.catch_up(now=NOW)

    assert derived() == [at(5)]


def test_an_undone_import_takes_its_conclusions_along(maya):
    observe(maya.workspace, contact(0), contact(5, external_id="kim"))
    observe(maya.workspace, contact(5), source="import:1")
    switched_on(maya.workspace, Repeat(of=CONTACT))
    assert derived() == [at(5)]

    signals.forget_source(maya.workspace, source="import:1", by=None, now=NOW)
    applying.catch_up(now=NOW)

    assert derived() == []


def test_derived_signals_are_never_derived_from(maya):
    derived_by(maya, Repeat(of=CONTACT), contact(0), contact(5))

    switched_on(maya.workspace, Repeat(of=SignalIs()), name="Anything Again")

    assert derived() == [at(5), at(5)]


def test_what_was_derived_does_not_upset_the_account(maya):
    from wayline.signals.queries import account

    derived_by(maya, Repeat(of=CONTACT), contact(0), contact(5))

    assert (account(maya).stored, account(maya).missing) == (2, 0)


def test_a_rule_switched_off_leaves_or_withdraws_its_signals(maya):
    derived_by(maya, Repeat(of=CONTACT), contact(0), contact(5))
    made = DerivedRule.objects.get()

    operations.switch_off_rule(made, is_withdrawn=False, by=maya.user, now=NOW)
    assert derived() == [at(5)]
    operations.switch_on_rule(made, by=maya.user, now=NOW)
    operations.switch_off_rule(made, is_withdrawn=True, by=maya.user, now=NOW)
    assert derived() == []
    operations.delete_rule(made, by=maya.user, now=NOW)

    assert not DerivedRule.objects.exists()


def test_rules_are_refused_where_they_cannot_work(maya):
    made = operations.create_rule(maya.workspace, name="One", rule=Repeat(of=CONTACT), by=None, now=NOW)
    unclear = Repeat(of=SignalIs(where=(Test(field="@mood", op="exists"),)))

    with pytest.raises(operations.RuleNameTaken):
        operations.create_rule(maya.workspace, name="One", rule=Repeat(of=CONTACT), by=None, now=NOW)
    with pytest.raises(TestUnclear):
        operations.create_rule(maya.workspace, name="Two", rule=unclear, by=None, now=NOW)
    with pytest.raises(operations.RuleIsOff):
        operations.switch_off_rule(made, is_withdrawn=False, by=None, now=NOW)
    operations.switch_on_rule(made, by=None, now=NOW)
    with pytest.raises(operations.RuleIsOn):
        operations.delete_rule(made, by=None, now=NOW)


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_can_be_said_stored_and_tried(maya, preset):
    _, rule = PRESETS[preset]

    assert words.sentence(rule).endswith(".")
    assert RULE.validate_python(json.loads(rule.model_dump_json())) == rule
    assert queries.preview(maya, rule, now=NOW).count == 0


def test_lines_are_read_as_they_are_written():
    text = "behavior: Order Placed\ncontact: *"

    assert words.lines(words.read(text)) == text
    with pytest.raises(words.LineUnclear):
        words.read("derived: Churn")


def page(name, member, *args) -> str:
    return reverse(f"signals:{name}", args=[member.workspace.slug, *args])


def test_a_rule_is_tried_saved_switched_on_and_off_on_its_pages(client, maya):
    observe(maya.workspace, contact(0), contact(5))
    new = page("rule_new", maya) + "?preset=repeat_contact"
    said = {"name": "Again", "of": "contact: *", "within_hours": "24", "about": "customer"}

    assert "Asked, 1 Jun 2026" in client.get(new).content.decode()
    assert client.post(new, said | {"of": "nonsense"}).status_code == 422
    assert "2 hours" in client.post(new, said | {"within_hours": "2", "preview": "1"}).content.decode()
    client.post(new, said)
    made = DerivedRule.objects.get()
    assert made.says.within_hours == 24
    client.post(page("switch_on_rule", maya, made.pk))
    applying.catch_up(now=NOW)
    assert derived() == [at(5)]
    assert "1</span> derived" in client.get(page("rules", maya)).content.decode()
    client.post(page("switch_off_rule", maya, made.pk), {"withdraw": "on"})

    assert derived() == []
    assert [use.label for use in uses.of(maya, "contact", "Asked")["Rules"]] == ["Again"]
