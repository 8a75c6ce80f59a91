from datetime import UTC, date, datetime, timedelta
from itertools import cycle
from urllib.parse import urlencode

import pytest
from django.urls import reverse

from wayline.accounts.testing import make_member, make_workspace
from wayline.audit.models import Activity
from wayline.metrics import queries
from wayline.metrics.catalog import METRICS
from wayline.metrics.models import Baseline, Target
from wayline.signals.conditions import Test, TraitIs
from wayline.signals.models import Segment
from wayline.warehouse.testing import fill

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("warehouse")]
LAST = datetime(2026, 6, 30, 12, tzinfo=UTC)
LONG_AGO = {"period": "dates", "since": "2020-01-01", "until": "2020-02-01"}
NOT_UNDERSTOOD = {"segment": "plan of gold"}


@pytest.fixture
def maya(client):
    """A manager, signed in."""
    member = make_member(role="manager", name="Maya", email="maya@northwind.test")
    client.force_login(member.user)
    return member


def url(name, member, *arguments):
    return reverse(f"metrics:{name}", args=[member.workspace.slug, *arguments])


def fill_answers(member, scores=(10, 9, 8, 3), times=20, **fields):
    rows = [
        {
            "workspace": member.workspace_id,
            "customer": 1 + place,
            "at": LAST - timedelta(days=place % 60),
            "kind": "answer",
            "name": "NPS Answered",
            "score": score,
            "scale": "nps",
            "channel": "email" if place % 2 else "chat",
            "properties": {"topic": "delivery" if place % 3 else "bill"},
        }
        | fields
        for place, score in enumerate(list(scores) * times)
    ]
    customers = [{"customer": row["customer"], "workspace": row["workspace"]} for row in rows]
    plans = ({"plan": plan} for plan in cycle(["pro", "free"]))
    fill(rows, customers=[customer | {"traits": next(plans)} for customer in customers])


def text(answer):
    return " ".join(answer.content.decode().split())


def test_the_catalog_shows_every_metric(client, maya):
    fill_answers(maya)

    page = text(client.get(url("catalog", maya)))

    assert all(metric.name in page for metric in METRICS.values())
    assert ">80</td>" in page
    assert "2 Apr 2026 to 30 Jun 2026" in page


def test_an_empty_workspace_says_what_to_do(client, maya):
    page = text(client.get(url("catalog", maya)))

    assert "Nothing has been measured yet" in page
    assert "Bring signals in" in page
    assert client.get(url("metric", maya, "nps")).status_code == 200


@pytest.mark.parametrize("slug", sorted(METRICS))
def test_every_metric_has_a_page(client, maya, slug):
    fill_answers(maya)

    answer = client.get(url("metric", maya, slug))

    assert answer.status_code == 200
    assert METRICS[slug].name in text(answer)


def test_a_metric_page_shows_value_course_spread_and_definition(client, maya):
    fill_answers(maya)

    page = text(client.get(url("metric", maya, "nps")))

    assert "25" in page
    assert "How the scores spread" in page
    assert "Smallest change that would show" in page
    assert 'value="property:topic"' in page
    assert "plan is pro" in page


def test_a_metric_page_says_how_many_signals_came_late_and_what_they_changed(client, maya):
    fill_answers(maya)
    assert "None of 80 signals: each arrived within a day after it happened." in text(
        client.get(url("metric", maya, "nps"))
    )

    fill_answers(maya, scores=(0,), received_at=datetime(2026, 8, 3, tzinfo=UTC))

    june = {"period": "dates", "since": "2026-06-01", "until": "2026-06-30"}
    page = text(client.get(url("metric", maya, "nps"), june))
    assert "signals arrived more than a day after they happened, all on 3 Aug 2026." in page
    assert "arrived after the period was over; without them the number would be" in page
    exported = client.get(url("export_json", maya, "nps"), june).json()["late"]
    assert exported["after_period"] == exported["late"] == exported["n"] - exported["without"]["n"]


def test_a_metric_is_split_by_what_was_chosen(client, maya):
    fill_answers(maya)

    page = text(client.get(url("metric", maya, "nps"), {"by": "channel"}))

    assert "By channel" in page
    assert ">email<" in page
    assert ">chat<" in page


def test_what_old_signals_say_yes_or_no_to_is_offered_below_a_year_of_new_ones(maya, monkeypatch):
    monkeypatch.setattr(queries, "LOOKED_AT", 9)
    ordered = {"workspace": maya.workspace_id, "name": "Order Delivered"}
    old = [ordered | {"properties": {"late": answer}} for answer in ("yes", "no") * 20]
    new = [ordered | {"name": "Page Viewed", "at": LAST} for _ in range(100)]
    fill([*old, *new])

    offered = queries.outcomes(maya.workspace_id)

    assert offered == (("Order Delivered", "late", "no"), ("Order Delivered", "late", "yes"))


def test_a_rate_first_asks_what_to_measure_and_then_measures_it(client, maya):
    fill_answers(maya)
    fill_answers(maya, scores=(5,), times=1, kind="behavior", name="Signed Up", score=None)

    asked = text(client.get(url("metric", maya, "rate")))
    answered = text(client.get(url("metric", maya, "rate"), {"of": "Signed Up", "then": "NPS Answered"}))

    assert "Choose what to measure" in asked
    assert 'value="Signed Up"' in asked
    assert "Choose what to measure" not in answered


def test_too_few_answers_are_not_called(client, maya):
    fill_answers(maya, times=2)

    assert "too few to say" in text(client.get(url("metric", maya, "nps")))


def test_a_period_without_answers_says_so(client, maya):
    fill_answers(maya)

    page = text(client.get(url("metric", maya, "nps"), LONG_AGO))

    assert "Nothing was measured in this period" in page
    assert "all signals, 2 May 2026 to 30 Jun 2026, hold 80 answers" in page
    assert 'href="?period=all">Show all signals</a>' in page
    assert "Clear filters" in page


def test_a_metric_that_no_signal_speaks_of_does_not_send_elsewhere(client, maya):
    fill_answers(maya)

    page = text(client.get(url("metric", maya, "csat_mean"), LONG_AGO))

    assert "No signal that has come in is one that this metric reads" in page
    assert "Show all signals" not in page


def test_a_catalog_beside_the_signals_says_where_they_are(client, maya):
    fill_answers(maya)

    page = text(client.get(url("catalog", maya), LONG_AGO))

    assert "No signal lies between 1 Jan 2020 and 1 Feb 2020" in page
    assert "from 2 May 2026 to 30 Jun 2026" in page
    assert 'href="?period=all">Show all signals</a>' in page


@pytest.mark.parametrize("page", ["catalog", "metric"])
def test_all_signals_reach_from_the_first_to_the_last_and_are_compared_with_nothing(client, maya, page):
    fill_answers(maya)
    fill_answers(maya, scores=(10,), times=1, at=LAST - timedelta(days=4_000))

    shown = text(client.get(url(page, maya, *(["nps"] if page == "metric" else [])), {"period": "all"}))

    assert "2015" in shown
    assert "all signals there are" in shown
    assert "days before" not in shown
    assert "n 81" in shown or ">81</td>" in shown
    assert 'class="delta' not in shown


def test_the_days_of_a_page_are_those_of_the_workspace(client, maya):
    type(maya.workspace).objects.update(timezone="America/Sao_Paulo")
    fill_answers(maya, scores=(10,), times=1, at=datetime(2026, 7, 1, 1, tzinfo=UTC))

    page = text(client.get(url("metric", maya, "nps"), {"period": "all"}))

    assert "30 Jun to 30 Jun 2026" in page


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        (
            {"period": "dates", "since": "2026-06-30", "until": "2026-06-01"},
            "The last day must not lie before the first.",
        ),
        ({"period": "dates", "until": "2026-06-30"}, "Choose the first day of the period too."),
        ({"period": "dates", "since": "0001-01-01"}, "Choose a day after 1900."),
        ({"period": "dates", "since": "2026-01-01", "until": "9999-12-31"}, "Choose a day before 2200."),
        ({"period": "12"}, "12 is not one of the available choices"),
        ({"segment": "plan=gold"}, "“plan=gold” is not understood"),
    ],
)
def test_a_question_that_is_not_understood_says_what_to_do(client, maya, query, sentence):
    fill_answers(maya)

    answer = client.get(url("catalog", maya), query)

    assert answer.status_code == 422
    assert sentence in text(answer)


def test_choosing_dates_offers_two_days_to_fill_in(client, maya):
    fill_answers(maya)

    answer = client.get(url("catalog", maya), {"period": "dates"})

    assert answer.status_code == 200
    assert 'name="since" value="2026-04-02"' in text(answer)


def test_a_segment_narrows_every_metric(client, maya):
    fill_answers(maya)

    assert ">40</td>" in text(client.get(url("catalog", maya), {"segment": "plan is pro"}))


def test_a_saved_segment_can_be_chosen(client, maya):
    fill_answers(maya)
    pro = TraitIs(test=Test(field="plan", op="is", value="pro"))
    Segment.objects.create(
        workspace=maya.workspace, name="Our best", condition=pro.model_dump(), created_at=LAST
    )

    page = text(client.get(url("metric", maya, "signals"), {"segment": "Our best"}))

    assert "Our best" in page
    assert "n 40" in page


def test_a_manager_sets_a_target_in_the_unit_people_read(client, maya):
    fill_answers(maya)

    answer = client.post(url("set_target", maya, "bad_share"), {"value": "20", "due_on": "2026-12-31"})

    assert answer.status_code == 302
    target = Target.objects.get()
    assert (target.value, target.direction, target.due_on, target.set_by) == (
        0.2,
        "at_most",
        date(2026, 12, 31),
        maya.user,
    )
    page = text(client.get(url("metric", maya, "bad_share")))
    assert "At most 20%" in page
    assert "Cannot be told yet" in page


def test_a_target_that_cannot_be_is_refused(client, maya):
    answer = client.post(url("set_target", maya, "csat_top_box"), {"value": "120"})

    assert answer.status_code == 409
    assert "between 0 and 100 percent" in text(answer)


def test_a_target_beyond_its_scale_is_refused(client, maya):
    answer = client.post(url("set_target", maya, "csat_mean"), {"value": "9"})

    assert answer.status_code == 409
    assert "lies between 1 and 7" in text(answer)


def test_a_baseline_is_taken_away_and_what_it_said_is_kept(client, maya):
    fill_answers(maya)
    client.post(url("freeze_baseline", maya, "nps"), {"name": "By mistake"})
    baseline = Baseline.objects.get()
    page = text(client.get(url("metric", maya, "nps")))
    assert "Take this baseline away?" in page
    assert "Not compared: the period above shares days with it." in page

    answer = client.post(url("remove_baseline", maya, baseline.pk), follow=True)

    assert "“By mistake” is taken away." in text(answer)
    told = Activity.objects.get(name="baseline.removed")
    assert (told.subject_label, told.details["n"]) == ("By mistake", baseline.answered.total.estimate.n)
    assert client.post(url("remove_baseline", maya, baseline.pk)).status_code == 404


def test_a_baseline_is_compared_with_other_days(client, maya):
    fill_answers(maya)
    may = {"period": "dates", "since": "2026-05-01", "until": "2026-05-31"}
    client.post(f"{url('freeze_baseline', maya, 'nps')}?{urlencode(may)}", {"name": "May"})

    assert "Since then:" in text(client.get(url("metric", maya, "nps"), {"period": "7"}))


def test_a_target_without_a_number_is_asked_again(client, maya):
    fill_answers(maya)

    assert client.post(url("set_target", maya, "nps"), {"value": "soon"}).status_code == 422


def test_a_target_is_taken_away(client, maya):
    client.post(url("set_target", maya, "nps"), {"value": "30"})

    client.post(url("remove_target", maya, "nps"))

    assert not Target.objects.exists()
    assert list(Activity.objects.values_list("name", flat=True)) == ["target.removed", "target.set"]


def test_a_baseline_is_frozen_with_its_question_and_compared_with_now(client, maya):
    fill_answers(maya)

    answer = client.post(
        url("freeze_baseline", maya, "nps") + "?period=28", {"name": "Before the slot picker"}
    )

    assert answer.status_code == 302
    baseline = Baseline.objects.get()
    assert baseline.is_intact
    assert baseline.answered.total.estimate.n == 48
    assert baseline.asked.period.end - baseline.asked.period.start == timedelta(days=28)
    assert "Before the slot picker" in text(client.get(url("metric", maya, "nps")))


def test_an_altered_baseline_shows(client, maya):
    fill_answers(maya)
    client.post(url("freeze_baseline", maya, "nps"), {})
    kept = Baseline.objects.get()

    Baseline.objects.update(answer=kept.answer | {"notes": ["Better than it was"]})

    assert "altered since" in text(client.get(url("metric", maya, "nps")))


@pytest.mark.parametrize("name", ["export_csv", "export_json"])
def test_what_is_not_understood_is_neither_exported_nor_frozen(client, maya, name):
    fill_answers(maya)

    assert client.get(url(name, maya, "nps"), NOT_UNDERSTOOD).status_code == 422
    frozen = client.post(url("freeze_baseline", maya, "nps") + "?segment=plan+of+gold", {})
    assert frozen.status_code == 422
    assert not Baseline.objects.exists()


def test_there_is_nothing_to_freeze_without_answers(client, maya):
    assert client.post(url("freeze_baseline", maya, "nps"), {}).status_code == 409


def test_exports_hold_the_same_numbers(client, maya):
    fill_answers(maya)

    table = client.get(url("export_csv", maya, "nps"), {"by": "channel"}).content.decode().splitlines()
    whole = client.get(url("export_json", maya, "nps"), {"by": "channel"}).json()

    assert table[1].startswith("nps,(all),25.0,")
    assert [line.split(",")[1] for line in table[2:]] == ["chat", "email"]
    assert whole["total"]["estimate"]["value"] == 25.0
    assert [row["key"] for row in whole["rows"]] == [["chat"], ["email"]]


def test_exported_groups_never_run_as_formulas(client, maya):
    fill_answers(maya, channel="=HYPERLINK(1)")

    table = client.get(url("export_csv", maya, "nps"), {"by": "channel"}).content.decode()

    assert table.splitlines()[2].startswith("nps,'=HYPERLINK(1),")


@pytest.mark.parametrize("name", ["catalog", "metric", "export_csv", "export_json"])
def test_strangers_sign_in_first_and_others_find_nothing(client, name):
    noor, omar = make_member(), make_member(name="Omar", workspace=make_workspace())
    arguments = [] if name == "catalog" else ["nps"]

    assert client.get(url(name, noor, *arguments)).status_code == 302
    client.force_login(omar.user)
    assert client.get(url(name, noor, *arguments)).status_code == 404


@pytest.mark.parametrize("name", ["set_target", "remove_target", "freeze_baseline"])
def test_a_viewer_reads_and_changes_nothing(client, name):
    noor = make_member(role="viewer")
    client.force_login(noor.user)

    assert client.post(url(name, noor, "nps"), {"value": "3"}).status_code == 403
    assert client.get(url("metric", noor, "nps")).status_code == 200


@pytest.mark.parametrize("name", ["set_target", "remove_target", "freeze_baseline"])
def test_changes_are_posts(client, maya, name):
    assert client.get(url(name, maya, "nps")).status_code == 405


def test_an_unknown_metric_is_not_found(client, maya):
    assert client.get(url("metric", maya, "happiness")).status_code == 404
