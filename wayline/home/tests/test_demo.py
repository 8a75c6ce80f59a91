"""Every planted truth is found again by the product's own questions, inside its interval."""

import re
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.db import connections, transaction
from django.urls import reverse

from wayline.accounts.testing import bearer, make_key, make_member, make_workspace
from wayline.customers.models import Customer, Duplicate, Merge
from wayline.home.demo import company, truth
from wayline.journeys import queries as journeys
from wayline.journeys.models import Journey, PersonaFeeling, Placement, Step
from wayline.journeys.queries import gaps, handoffs, leading, moments
from wayline.journeys.tests.numbers import counted_links, disagreements
from wayline.kit import numbers
from wayline.metrics import answers, flows
from wayline.metrics.catalog import METRICS
from wayline.metrics.questions import Period, Question
from wayline.signals.conditions import NotCustomer, SignalIs, Test, TraitIs
from wayline.signals.derived.models import DerivedRule
from wayline.signals.quality.models import Finding
from wayline.statistics import proportions
from wayline.warehouse import connect

NOW = datetime(2026, 11, 18, 15, 30, tzinfo=UTC)
DAY = timedelta(days=1)
EVERYTHING = Period(NOW - 365 * DAY, NOW)
pytestmark = [pytest.mark.slow, pytest.mark.django_db(databases="__all__")]


@dataclass(frozen=True)
class Founded:
    workspace: object
    loaded: int


@pytest.fixture(scope="module")
def northwind(django_db_setup, django_db_blocker):
    """The demo company with 2,000 customers, loaded once for this module and rolled back after it."""
    with ExitStack() as stack:
        stack.enter_context(django_db_blocker.unblock())
        fresh = connect.open("duckdb://")
        stack.callback(fresh.close)
        stack.enter_context(connect.using(fresh))
        for alias in connections:
            stack.enter_context(transaction.atomic(using=alias))
            stack.callback(transaction.set_rollback, True, using=alias)
        workspace = make_workspace(name="Northwind Cloud", is_demo=True)
        yield Founded(workspace, company.create(workspace, customers=2_000, now=NOW))


def ask(northwind, metric: str, period: Period = EVERYTHING, **asked):
    return answers.answer(Question(workspace=northwind.workspace.pk, metric=metric, period=period, **asked))


def onboarding(northwind, period: Period, **asked):
    journey = Journey.objects.get(workspace=northwind.workspace, title="I get value from my new software")
    return flows.flow(journeys.flow_question(journey, period=period, **asked), now=NOW)


def trait(name: str, value: str) -> TraitIs:
    return TraitIs(test=Test(field=name, op="is", value=value))


def holds(estimate, planted: float) -> bool:
    return estimate.low <= planted <= estimate.high


def test_a_year_of_signals_is_about_fifty_for_each_customer(northwind):
    assert 80_000 < northwind.loaded < 125_000


def test_the_last_90_days_lose_45_percent_of_those_who_sign_up(northwind):
    found = onboarding(northwind, Period(NOW - 90 * DAY, NOW))

    assert holds(found.conversion, 1 - truth.ABANDONS_SETUP)


def test_a_year_without_the_treated_loses_as_many(northwind):
    untreated = NotCustomer(of=trait("pilot", truth.FIX.treated))

    assert holds(onboarding(northwind, EVERYTHING, segment=untreated).conversion, 1 - truth.ABANDONS_SETUP)


def test_the_losses_split_60_25_15_over_the_three_sub_steps(northwind):
    found = onboarding(northwind, Period(NOW - 180 * DAY, NOW))

    steps = {step.key: step for step in found.steps}
    for planted in truth.SUB_STEPS:
        assert holds(steps[planted.key].loss_share, planted.share_of_losses), planted.key
    assert max(found.steps, key=lambda step: step.dropped or 0).key == truth.SUB_STEPS[0].key


def test_setup_completed_and_activated_are_two_events(northwind):
    window = timedelta(days=truth.ONBOARDING_WINDOW_DAYS)
    asked = {"of": SignalIs(names=(truth.SIGNED_UP,)), "within": window}
    period = Period(NOW - 180 * DAY, NOW)

    completed = ask(northwind, "rate", period, then=SignalIs(names=(truth.SETUP_COMPLETED,)), **asked)
    activated = ask(northwind, "rate", period, then=SignalIs(names=(truth.ACTIVATED,)), **asked)

    assert holds(completed.total.estimate, truth.SETUP_COMPLETED_RATE)
    assert holds(activated.total.estimate, 1 - truth.ABANDONS_SETUP)


def test_the_fix_raised_activation_for_those_who_had_it(northwind):
    period = Period(NOW - (truth.FIX.starts_days_ago + 1) * DAY, NOW - truth.FIX.ends_days_ago * DAY)

    treated = onboarding(northwind, period, segment=trait("pilot", truth.FIX.treated)).conversion
    control = onboarding(northwind, period, segment=trait("pilot", truth.FIX.control)).conversion

    assert holds(treated, truth.FIX.activation_after)
    assert holds(control, truth.FIX.activation_before)
    assert proportions.change(treated, control).verdict == "up"


def test_the_two_last_quarters_do_not_differ(northwind):
    journey = Journey.objects.get(workspace=northwind.workspace, title="I get value from my new software")
    question = journeys.flow_question(journey, period=Period(NOW - 90 * DAY, NOW))

    found = flows.flow(question, compare=True, now=NOW)

    assert found.conversion_change.verdict == "within noise"


def test_twelve_people_complained_about_what_was_fixed(northwind):
    complaint = SignalIs(
        where=(Test(field="problem", op="is", value=truth.COMPLAINT_PROBLEM),), kinds=("contact",)
    )
    before = Period(EVERYTHING.start, NOW - truth.FIX.starts_days_ago * DAY)

    complained = ask(northwind, "customers", where=complaint).total.estimate

    assert complained.value == truth.COMPLAINERS
    assert ask(northwind, "customers", before, where=complaint).total.estimate.value == truth.COMPLAINERS


@pytest.mark.parametrize(
    ("title", "outcome", "step", "sign"),
    [
        ("I get value from my new software", "completed", "connect-data", "looped"),
        ("I order and receive what I ordered", "score:stars5", "order-shipped", "slow"),
        ("I get help with a problem", "score:csat5", "asked-for-help", "slow"),
    ],
)
def test_the_moment_that_was_planted_is_proposed_first(northwind, title, outcome, step, sign):
    journey = Journey.objects.with_steps().get(workspace=northwind.workspace, title=title)
    reading = journeys.usual_reading(journey, now=NOW)

    first = moments.ranking(journey, reading, moments.outcome_of(outcome)).candidates[0]

    assert (first.step.key, first.best.sign, first.best.difference.verdict) == (step, sign, "down")
    assert first.best.at_stake.low > 0


def test_three_places_say_three_things_and_one_delivery_in_ten_is_slower_than_all(northwind):
    stated = ask(
        northwind, "signals", where=SignalIs(names=("Delivery Time Stated",)), by=("property:source",)
    )
    shown = ask(northwind, "signals", where=SignalIs(names=("Product",)), by=("property:delivery",))
    order = Journey.objects.get(workspace=northwind.workspace, follow="subject", title__startswith="I order")
    found = flows.flow(journeys.flow_question(order, period=Period(NOW - 300 * DAY, NOW - 60 * DAY)), now=NOW)

    assert {row.key[0] for row in stated.rows} == {each.source for each in truth.SHIPPING_STATEMENTS[1:]}
    assert [row.key[0] for row in shown.rows] == ["3 to 5 days"]
    assert holds(found.median_time, truth.DELIVERY_MEDIAN_DAYS * 86_400)


@pytest.mark.parametrize("department", ["sales", "support"])
def test_sales_answers_mail_in_a_day_and_support_in_a_week(northwind, department):
    where = SignalIs(
        kinds=("contact",), channels=("email",), where=(Test(field="department", op="is", value=department),)
    )

    # Of the contacts of the last weeks only the quick replies are known.
    settled = Period(EVERYTHING.start, NOW - 30 * DAY)

    found = ask(northwind, "response_time_median", settled, where=where, segment=trait("language", "en"))

    planted = truth.FIRST_REPLY_MEDIAN_DAYS[department, "email"] * 86_400
    assert holds(found.total.estimate, planted)


def test_who_writes_in_spanish_waits_longer_on_the_same_channel(northwind):
    where = SignalIs(
        kinds=("contact",), channels=("email",), where=(Test(field="department", op="is", value="support"),)
    )

    found = ask(northwind, "response_time_median", where=where, by=("trait:language",))

    waits = {row.key[0]: row.estimate for row in found.rows}
    assert waits[truth.DISPARITY_LANGUAGE].low > waits["en"].high
    assert waits[truth.DISPARITY_LANGUAGE].value / waits["en"].value == pytest.approx(
        truth.DISPARITY_TIMES, rel=0.2
    )


def test_a_third_of_contacts_are_followed_by_another(northwind):
    found = ask(northwind, "repeat_contact").total.estimate

    assert found.value == pytest.approx(truth.CONTACTED_AGAIN + 0.025, abs=0.03)


def test_refunds_by_post_are_slower_since_the_policy_changed(northwind):
    changed = NOW - truth.POLICY_CHANGE.days_ago * DAY
    back = SignalIs(names=("Order Returned",), channels=("carrier",))
    asked = {"of": back, "then": SignalIs(names=("Refund Issued",))}

    after = ask(northwind, "duration_median", Period(changed, NOW - 20 * DAY), **asked).total.estimate
    before = ask(northwind, "duration_median", Period(EVERYTHING.start, changed), **asked).total.estimate

    assert holds(after, truth.POLICY_CHANGE.refund_median_days_after * 86_400)
    assert holds(before, truth.POLICY_CHANGE.refund_median_days_before * 86_400)


def test_what_people_answer_comes_out_as_planted(northwind):
    assert holds(ask(northwind, "nps").total.estimate, truth.NPS)
    assert holds(ask(northwind, "csat_top_box").total.estimate, truth.CSAT_TOP_BOX)
    assert holds(ask(northwind, "ces_mean").total.estimate, truth.CES_MEAN)


def test_visits_before_the_sign_up_belong_to_the_customer(northwind):
    looked = ask(northwind, "customers", where=SignalIs(kinds=("page",), names=("Pricing",))).total.estimate

    assert looked.value > 300
    assert Customer.objects.filter(workspace=northwind.workspace, merged_into=None).count() == 2_000


def test_second_addresses_are_merged_with_a_reason(northwind):
    merges = Merge.objects.filter(workspace=northwind.workspace, reason__contains="Email Confirmed")

    assert merges.count() > 10
    assert all("e-mail" in merge.reason for merge in merges)


def test_the_quality_page_finds_the_planted_faults_and_nothing_else(northwind, client):
    standing = Finding.objects.filter(workspace=northwind.workspace)

    found = {(each.what, each.kind, each.name, each.property_name) for each in standing}
    assert found == {(each.what, each.kind, each.name, each.property_name) for each in truth.FAULTS}
    for fault in truth.FAULTS:
        since = standing.get(what=fault.what).since
        assert abs(NOW - since - fault.since_days_ago * DAY) <= 1.5 * DAY, fault.name
    client.force_login(make_member(workspace=northwind.workspace).user)
    page = client.get(reverse("signals:quality", args=[northwind.workspace.slug])).content.decode()
    assert all(fault.name in page for fault in truth.FAULTS)


def test_one_person_with_two_profiles_is_the_only_probable_duplicate(northwind):
    pair = Duplicate.objects.get(workspace=northwind.workspace)

    assert pair.one.name == pair.other.name
    assert {pair.one.email.split("@")[0]} == {pair.other.email.split("@")[0]}
    assert pair.other.email.endswith(truth.TWIN_DOMAIN) != pair.one.email.endswith(truth.TWIN_DOMAIN)


def test_what_was_found_out_stands_on_steps_that_are_measured(northwind):
    placed = Placement.objects.filter(step__phase__journey__workspace=northwind.workspace)

    titles = set(placed.values_list("card__title", flat=True))
    assert {
        "I cannot connect my data without an engineer",
        "Connect a source step by step, without an engineer",
    } <= titles
    assert "Tell customers on the day a parcel is late" in titles


def test_a_rule_concludes_who_asked_again_within_three_days(northwind):
    rule = DerivedRule.objects.get(workspace=northwind.workspace)
    concluded = ask(northwind, "signals", where=SignalIs(kinds=("derived",))).total.estimate

    assert rule.is_on
    assert concluded.value > 50


@pytest.mark.parametrize(
    "query", ["", "?period=365&window=none&start=first", "?segment=plan+is+pro&against=plan+is+team"]
)
def test_every_number_on_every_map_is_the_number_of_the_list_behind_it(northwind, client, query):
    member = make_member(workspace=northwind.workspace)
    client.force_login(member.user)
    for journey in Journey.objects.filter(workspace=northwind.workspace):
        address = reverse("journeys:map", args=[northwind.workspace.slug, journey.pk])
        is_small = Step.objects.filter(phase__journey=journey).count() < 5
        if is_small and query:
            continue  # the questions are the same, and the large maps ask all of them
        page = " ".join(client.get(f"{address}{query}").content.decode().split())

        assert is_small or len(set(counted_links(page))) > 20
        assert disagreements(client, page) == []


def test_the_lifecycle_holds_journeys_and_has_gaps_to_be_found(northwind):
    member = make_member(workspace=northwind.workspace, role="owner")

    found = gaps.gaps(member)

    levels = dict(Journey.objects.filter(workspace=northwind.workspace).values_list("title", "level"))
    assert levels["I am a customer of Northwind"] == 0
    assert levels["I get value from my new software"] == 1
    assert levels["I connect my data"] == 2
    assert "Hear of it" in [phase.name for phase in found.unmapped]
    assert [(pair.first.title, pair.second.title) for pair in found.overlaps] == [
        ("I get help with a problem", "I write to support")
    ]
    assert "I stay or I leave" in [journey.title for journey in (*found.unbound, *found.ownerless)]
    answered = Step.objects.get(phase__journey__title="I get help with a problem", key="first-answer")
    assert [lead.journey.title for lead in leading.leading_to(answered, member)] == ["I answer who asks"]


# What the pages show is what `wayline answer` and `wayline flow` tell a program.
READINGS = [("", {"days": 90}), ("?period=28", {"days": 28}), ("?period=all", "all")]


def words(html: str) -> str:
    """What the reader reads, in a row."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def between(page: str, begin: str, end: str) -> str:
    _, found, after = page.partition(begin)
    assert found, f"{begin} is not on the page"
    return words(after.partition(end)[0])


def shown(estimate: dict, unit: str, digits: int) -> str:
    """How a page writes the value."""
    return " ".join(numbers.split_unit(estimate["value"], unit, digits)[0].split())


def whole(count: int) -> str:
    return " ".join(numbers.whole(count).split())


@pytest.fixture
def told(client, northwind):
    """Signs Maya in; what a program is told over the API, as the command line asks it."""
    client.force_login(make_member(workspace=northwind.workspace, role="viewer").user)
    key = make_key(workspace=northwind.workspace)

    def ask(path: str, body: dict) -> dict:
        answer = client.post(f"/api/v1/{path}", body, content_type="application/json", **bearer(key))
        assert answer.status_code == 200, answer.content
        return answer.json()

    return ask


def opened(client, name: str, northwind, *arguments, query: str = "") -> str:
    address = reverse(name, args=[northwind.workspace.slug, *arguments])
    answer = client.get(address + query)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize(("query", "period"), READINGS)
def test_the_catalog_and_the_overview_show_what_a_program_is_told(client, northwind, told, query, period):
    catalog = opened(client, "metrics:catalog", northwind, query=query)
    overview = opened(client, "home:overview", northwind, query=query)

    for metric in METRICS.values():
        if metric.requires:
            continue
        estimate = told("metrics/answer", {"metric": metric.slug, "period": period})["total"]["estimate"]
        if estimate["value"] is None:
            continue
        row = between(catalog, f"/metrics/{metric.slug}/", "</tr>")
        assert whole(estimate["n"]) in row, metric.slug
        assert shown(estimate, metric.unit, metric.digits) in row, metric.slug
        headline = f'/metrics/{metric.slug}/{query}">'
        stats = overview.partition('aria-label="Headline scores"')[2].partition("</section>")[0]
        if headline in stats:
            stat = between(stats, headline, "</div>")
            assert shown(estimate, metric.unit, min(metric.digits, 1)) in stat, metric.slug
            assert f"n {whole(estimate['n'])}" in stat, metric.slug


@pytest.mark.parametrize(("query", "period"), READINGS)
def test_journeys_show_what_a_program_is_told(client, northwind, told, query, period):
    overview = opened(client, "home:overview", northwind, query=query)
    body = {"period": "all"} if period == "all" else period

    for journey in Journey.objects.filter(workspace=northwind.workspace):
        flow = told(f"journeys/{journey.pk}/flow", body)
        row = between(
            overview, f'<th scope="row"><a href="/{northwind.workspace.slug}/journeys/{journey.pk}/', "</tr>"
        )
        if not any(step["entered"] is not None for step in flow["steps"]):
            assert "No step is bound" in row or "Only holds others" in row
            continue
        # Where no window is over yet there is no share to show.
        if flow["conversion"]["value"] is not None:
            assert shown(flow["conversion"], "%", 0) in row
        assert whole(flow["conversion"]["n"]) in row
        page = opened(client, "journeys:map", northwind, journey.pk, query=query or "?period=90")
        counts = between(page, '<dl class="counts">', "</dl>")
        assert all(whole(flow[name]) in counts for name in ("entered", "completed", "in_progress", "dropped"))
        for step in flow["steps"]:
            if step["entered"] is not None:
                assert whole(step["entered"]) in words(page), step["key"]


@pytest.mark.parametrize("by", ["channel", "property:topic"])
def test_a_split_shows_what_a_program_is_told(client, northwind, told, by):
    page = opened(client, "metrics:metric", northwind, "csat_mean", query=f"?by={by}")
    answer = told("metrics/answer", {"metric": "csat_mean", "period": {"days": 90}, "by": [by]})

    split = between(page, 'id="breakdown"', "</section>")

    assert answer["rows"]
    for row in answer["rows"][:30]:
        if row["estimate"]["value"] is not None:
            assert shown(row["estimate"], "", 2) in split
            assert whole(row["estimate"]["n"]) in split


def test_what_the_team_wrote_is_answered_by_the_signals(northwind):
    """Personas who are somebody, waits that are kept and not kept, a change that is late."""
    member = make_member(workspace=northwind.workspace)
    orders = Journey.objects.get(workspace=northwind.workspace, title="I order and receive what I ordered")
    read = journeys.usual_reading(orders, now=NOW)

    waits = {found.handoff.label: found.verdict for found in handoffs.of_journey(orders, read)}
    late = [found.change.what for found in moments.changes(member, today=NOW.date()) if found.is_late]

    assert waits["Goods back to the refund"] == handoffs.LATE
    assert waits["Paid order to the warehouse"] == handoffs.IN_TIME
    assert late == ["One promise of a day, from the product page to support"]
    assert {feeling.persona.short_name for feeling in PersonaFeeling.objects.drawn()} == {
        "Diego",
        "Nuria",
        "Petra",
    }
