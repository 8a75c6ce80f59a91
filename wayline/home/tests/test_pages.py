from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from wayline.accounts.testing import make_member, make_workspace
from wayline.audit.models import Activity
from wayline.customers.models import Customer, Merge
from wayline.customers.testing import make_customer
from wayline.journeys import operations as journeys
from wayline.metrics import observed
from wayline.signals.testing import make_signal, observe
from wayline.signals.vocabulary import Kind

pytestmark = [pytest.mark.django_db(databases="__all__"), pytest.mark.usefixtures("warehouse")]
PAGES = ("overview", "start", "search")


@pytest.fixture
def maya(client):
    member = make_member(role="viewer", name="Maya Lindgren")
    client.force_login(member.user)
    return member


def address(name: str, member, *arguments) -> str:
    return reverse(f"home:{name}", args=[member.workspace.slug, *arguments])


def opened(client, name: str, member, *arguments, **asked):
    return client.get(address(name, member, *arguments), asked).content.decode()


def two_days_ago(**later) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) - timedelta(days=2) + timedelta(**later)


def ines_orders(workspace) -> Customer:
    """Ines orders, waits, and says what she thinks of it."""
    observe(
        workspace,
        make_signal(name="Order Placed", at=two_days_ago(), subject="O1", traits={"name": "Ines Duarte"}),
        make_signal(name="Order Delivered", kind=Kind.OPERATION, at=two_days_ago(hours=3), subject="O1"),
        make_signal(
            name="Order Reviewed",
            kind=Kind.ANSWER,
            at=two_days_ago(hours=4),
            score=2,
            scale="stars5",
            text="The box <b>was</b> open.",
            channel="email",
        ),
    )
    return Customer.objects.get(workspace=workspace)


@pytest.mark.parametrize("page", PAGES)
def test_pages_want_a_sign_in(client, page):
    found = client.get(reverse(f"home:{page}", args=[make_workspace().slug]))

    assert found.status_code == 302
    assert "/account/login/" in found["Location"]


@pytest.mark.parametrize("page", PAGES)
def test_pages_of_another_workspace_are_not_found(client, maya, page):
    assert client.get(reverse(f"home:{page}", args=[make_workspace().slug])).status_code == 404


@pytest.mark.parametrize("page", [*PAGES, "customer"])
def test_pages_only_read(client, maya, page):
    arguments = [make_customer(workspace=maya.workspace).pk] if page == "customer" else []

    assert client.post(address(page, maya, *arguments)).status_code == 405


def test_a_customer_of_another_workspace_is_not_found(client, maya):
    omars = make_customer()

    assert client.get(address("customer", maya, omars.pk)).status_code == 404


def test_an_empty_workspace_says_what_to_do_first(client, maya):
    page = opened(client, "overview", maya)

    assert "Nothing observed yet" in page
    for name in ("accounts:keys", "signals:import_new", "journeys:new"):
        assert reverse(name, args=[maya.workspace.slug]) in page


def test_the_overview_never_shows_a_score_without_its_n(client, maya):
    ines_orders(maya.workspace)

    page = opened(client, "overview", maya)

    assert "How it feels to be our customer" in page
    assert page.count('class="stat"') == 4
    assert "nothing to say yet" in page


def test_the_overview_shows_what_was_said_beside_a_low_score_as_it_was_said(client, maya):
    ines = ines_orders(maya.workspace)

    page = opened(client, "overview", maya)

    assert "The box &lt;b&gt;was&lt;/b&gt; open." in page
    assert address("customer", maya, ines.pk) in page


def test_the_overview_lists_a_journey_with_its_conversion(client, maya):
    ines_orders(maya.workspace)
    journeys.create_journey(
        maya.workspace,
        by=maya.user,
        now=timezone.now(),
        template="order-to-delivery",
        observed=observed.names(maya.workspace.pk),
    )

    page = opened(client, "overview", maya)

    assert "I order and receive what I ordered" in page
    assert "No owner" in page


def test_a_segment_nobody_can_read_is_refused_with_a_sentence(client, maya):
    ines_orders(maya.workspace)

    found = client.get(address("overview", maya), {"segment": "plan resembles pro"})

    assert found.status_code == 422
    assert "Write it like" in found.content.decode()


def test_an_unknown_period_is_refused(client, maya):
    ines_orders(maya.workspace)

    assert client.get(address("overview", maya), {"period": "forever"}).status_code == 422


def test_the_story_tells_what_happened_and_how_it_felt(client, maya):
    ines = ines_orders(maya.workspace)

    page = opened(client, "customer", maya, ines.pk)

    for words in (
        "Ines Duarte",
        "Order Placed",
        "Order Delivered",
        "of 5",
        "The box &lt;b&gt;was&lt;/b&gt; open.",
    ):
        assert words in page


def test_the_story_says_how_far_the_customer_is_on_a_journey(client, maya):
    ines = ines_orders(maya.workspace)
    journeys.create_journey(
        maya.workspace,
        by=maya.user,
        now=timezone.now(),
        template="order-to-delivery",
        observed=observed.names(maya.workspace.pk),
    )

    page = opened(client, "customer", maya, ines.pk)

    assert "completed" in page
    assert "Last step reached: I receive my parcel" in page


def test_a_customer_without_signals_has_an_empty_story(client, maya):
    page = opened(client, "customer", maya, make_customer(workspace=maya.workspace).pk)

    assert "Nothing on the timeline" in page
    assert "Has not begun any of your journeys." in page


def test_older_moments_are_a_link_and_a_fragment(client, maya):
    observe(maya.workspace, *[make_signal(name=f"Step {n}", at=two_days_ago(minutes=n)) for n in range(75)])
    ines = Customer.objects.get(workspace=maya.workspace)
    first = client.get(address("customer", maya, ines.pk))
    before = first.context["past"].before

    older = opened(client, "customer", maya, ines.pk, before=before)
    part = client.get(address("customer", maya, ines.pk), {"before": before}, headers={"HX-Request": "true"})

    assert "Step 74<" in first.content.decode()
    assert "Step 14<" not in first.content.decode()
    assert "Step 14<" in older
    assert "Step 0<" in older
    assert "<html" in older
    assert "Step 14<" in part.content.decode()
    assert "<html" not in part.content.decode()


def test_nonsense_instead_of_a_place_in_the_timeline_shows_the_latest(client, maya):
    ines = ines_orders(maya.workspace)

    assert "Order Reviewed" in opened(client, "customer", maya, ines.pk, before="yesterday")


def ines_from_two_addresses(workspace) -> Merge:
    """Ines asks from an address nobody knew, and confirms it later."""
    home = "ines@home.example"
    observe(
        workspace,
        make_signal(name="Help Requested", kind=Kind.CONTACT, email=home, at=two_days_ago()),
        make_signal(name="Signed Up", external_id="ines", at=two_days_ago(minutes=1)),
        make_signal(name="Email Confirmed", external_id="ines", email=home, at=two_days_ago(hours=1)),
    )
    return Merge.objects.get(workspace=workspace)


def test_the_story_gives_the_reason_of_a_merge(client, maya):
    merge = ines_from_two_addresses(maya.workspace)

    page = opened(client, "customer", maya, merge.kept_id)

    assert "Found to be the same person" in page
    assert merge.reason in page
    assert address("undo_merge", maya, merge.pk) not in page


def test_a_contributor_undoes_a_merge_with_one_click(client):
    noor = make_member(role="contributor")
    client.force_login(noor.user)
    merge = ines_from_two_addresses(noor.workspace)
    assert address("undo_merge", noor, merge.pk) in opened(client, "customer", noor, merge.kept_id)

    found = client.post(address("undo_merge", noor, merge.pk))

    assert found["Location"] == address("customer", noor, merge.kept_id)
    assert Customer.objects.visible_to(noor).count() == 2
    assert Activity.objects.get().name == "merge.undone"


def test_a_viewer_may_not_undo_a_merge(client, maya):
    merge = ines_from_two_addresses(maya.workspace)

    assert client.post(address("undo_merge", maya, merge.pk)).status_code == 403


def test_nobody_undoes_a_merge_of_another_workspace(client):
    omar = make_member(role="contributor")
    client.force_login(omar.user)
    merge = ines_from_two_addresses(make_workspace())

    assert client.post(address("undo_merge", omar, merge.pk)).status_code == 404


def test_the_address_of_a_merged_profile_leads_to_the_one_kept(client, maya):
    kept = make_customer(workspace=maya.workspace)
    merged = make_customer(workspace=maya.workspace, merged_into=kept)

    found = client.get(address("customer", maya, merged.pk))

    assert found.status_code == 302
    assert found["Location"] == address("customer", maya, kept.pk)


def test_search_finds_customers_journeys_metrics_and_pages(client, maya):
    ines = make_customer(workspace=maya.workspace)
    journey = journeys.create_journey(maya.workspace, by=maya.user, now=timezone.now(), title="I renew")

    assert address("customer", maya, ines.pk) in opened(client, "search", maya, q="duarte")
    assert reverse("journeys:map", args=[maya.workspace.slug, journey.pk]) in opened(
        client, "search", maya, q="renew"
    )
    assert "Net Promoter Score" in opened(client, "search", maya, q="promoter")
    assert reverse("accounts:settings", args=[maya.workspace.slug]) in opened(
        client, "search", maya, q="workspace"
    )


def test_search_finds_a_customer_by_an_id(client, maya):
    ines = make_customer(workspace=maya.workspace, external_id="crm-4711")

    assert address("customer", maya, ines.pk) in opened(client, "search", maya, q="crm-4711")


def test_search_keeps_to_the_workspace(client, maya):
    make_customer(name="Omar’s Ines")

    page = opened(client, "search", maya, q="Omar’s")

    assert "No match for" in page


def test_the_palette_gets_only_the_answers(client, maya):
    make_customer(workspace=maya.workspace)

    part = client.get(address("search", maya), {"q": "ines"}, headers={"HX-Request": "true"}).content.decode()

    assert "Ines Duarte" in part
    assert "<html" not in part


def test_only_the_customers_own_words_are_quoted(client, maya):
    sentences = {"What I asked": {}, "What we answered": {"agent": "Noor"}}
    observe(
        maya.workspace,
        *[
            make_signal(name="Wrote", kind=Kind.MESSAGE, text=text, properties=who, at=two_days_ago())
            for text, who in sentences.items()
        ],
    )

    page = opened(client, "customer", maya, Customer.objects.get(workspace=maya.workspace).pk)

    assert '<blockquote class="voice">What I asked</blockquote>' in page
    assert '<p class="told">What we answered</p>' in page


def answers_of(workspace, plan: str, score: int, text: str, n: int = 40) -> None:
    observe(
        workspace,
        *(
            make_signal(
                kind=Kind.ANSWER,
                name="NPS Answered",
                external_id=f"{plan}-{number}",
                at=two_days_ago(weeks=-(number % 4), minutes=number),
                traits={"plan": plan},
                channel="email" if number % 2 else "chat",
                score=score,
                scale="nps",
                text=text,
            )
            for number in range(n)
        ),
    )


def test_the_words_are_those_of_the_segment(client, maya):
    answers_of(maya.workspace, "pro", 2, "It broke again.")
    answers_of(maya.workspace, "free", 2, "I cannot log in.")

    page = opened(client, "overview", maya, segment="plan is pro")

    assert "It broke again." in page
    assert "I cannot log in." not in page


def test_nps_rolls_over_four_weeks_and_says_each_weeks_own_n(client, maya):
    answers_of(maya.workspace, "pro", 10, "Fine.")

    shown = client.get(address("overview", maya)).context["overview"].course

    last = shown.chart["rows"][-1]
    own = [row["own_n"] for row in shown.chart["rows"][-5:]]
    assert (last["value"], last["n"], sum(own)) == (100.0, sum(own[1:]), 40)
    assert max(own) <= 20


def test_a_smallest_detectable_change_stands_beside_the_trend(client, maya):
    answers_of(maya.workspace, "pro", 10, "Fine.")
    answers_of(maya.workspace, "free", 2, "Not fine.")

    page = opened(client, "overview", maya)

    assert "Smallest change between two separate stretches that would show" in page


def test_bad_experiences_stand_beside_the_means(client, maya):
    answers_of(maya.workspace, "pro", 10, "Fine.", n=80)
    answers_of(maya.workspace, "free", 2, "Not fine.", n=20)

    spread = client.get(address("overview", maya)).context["overview"].spreads[0]

    assert (spread.bad.estimate.value, spread.bad.estimate.n) == (0.2, 100)
    assert [each.value for each in (spread.scores.p10, spread.scores.median, spread.scores.p90)] == [
        2,
        10,
        10,
    ]
    assert spread.worst.estimate.n == 50
