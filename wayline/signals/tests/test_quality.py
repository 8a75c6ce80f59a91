from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from wayline.accounts.testing import make_member, make_workspace
from wayline.signals.models import Finding, NameDay, NameHour, PropertyDay, SignalName, Term
from wayline.signals.quality import operations, queries, typos
from wayline.signals.quality.models import Finding as Same

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 2, 12, 20, tzinfo=UTC)
TODAY = NOW.date()
What = Finding.What


@pytest.fixture
def maya(client):
    member = make_member(role="contributor", name="Maya Brandt")
    client.force_login(member.user)
    return member


def hours(workspace, name: str, *, silent_for: int = 0, times: int = 1, prompt: bool = True) -> None:
    """Nine weeks of thirty signals an hour; the last hours as told."""
    end = NOW.replace(minute=0)
    rows = [
        NameHour(
            workspace=workspace,
            kind="behavior",
            name=name,
            hour=end - timedelta(hours=back),
            count=30 * (times if back <= 6 else 1),
            prompt=30 if prompt else 0,
        )
        for back in range(max(1, silent_for + 1), 24 * 63)
    ]
    NameHour.objects.bulk_create(rows)


def days(workspace, *, n: int = 40, **words) -> None:
    """Four weeks of a name; each word says the days ago on which the property was there, and its type."""
    for back in range(1, 29):
        day = TODAY - timedelta(days=back)
        NameDay.objects.create(
            workspace=workspace,
            kind="behavior",
            name="Order Placed",
            source="web",
            channel="",
            day=day,
            count=n,
        )
        for word, (type_, present) in words.items():
            if back in present:
                counts = dict.fromkeys(("texts", "numbers", "booleans", "times", "structures"), 0)
                PropertyDay.objects.update_or_create(
                    workspace=workspace,
                    kind="behavior",
                    name="Order Placed",
                    property=word.rstrip("_"),
                    day=day,
                    defaults={type_: n},
                    create_defaults=counts | {type_: n},
                )


def counted(workspace, **volumes) -> None:
    for name, count in volumes.items():
        name = name.replace("_", " ")
        Term.objects.create(workspace=workspace, kind="behavior", name=name)
        SignalName.objects.create(
            workspace=workspace,
            kind="behavior",
            name=name,
            source="web",
            first_seen_at=NOW,
            last_seen_at=NOW,
            count=count,
        )


def found(workspace) -> list[tuple[str, str]]:
    operations.check(workspace.pk, now=NOW)
    return sorted(Finding.objects.standing().values_list("what", "name"))


def test_a_name_that_fell_silent_is_found_with_since_when_and_how_much(maya):
    hours(maya.workspace, "Session Started")
    hours(maya.workspace, "Order Placed", silent_for=10)

    assert found(maya.workspace) == [(What.SILENCE, "Order Placed")]
    finding = Finding.objects.get()
    assert finding.since == NOW.replace(minute=0) - timedelta(hours=10)
    assert finding.detail["observed"] == 0 < finding.detail["low"]


def test_a_jump_is_found_and_a_steady_name_is_not(maya):
    hours(maya.workspace, "Session Started")
    hours(maya.workspace, "Order Placed", times=5)

    assert found(maya.workspace) == [(What.JUMP, "Order Placed")]


def test_a_stream_that_stops_is_one_finding_and_not_one_for_each_name(maya):
    hours(maya.workspace, "Session Started", silent_for=10)
    hours(maya.workspace, "Order Placed", silent_for=10)

    assert found(maya.workspace) == [(What.STREAM, "")]


def test_a_file_that_ends_in_the_past_is_no_stream_that_stopped(maya):
    hours(maya.workspace, "Order Placed", silent_for=100, prompt=False)

    assert found(maya.workspace) == []


def test_a_property_that_appears_is_found(maya):
    days(maya.workspace, total=("numbers", range(1, 29)), coupon=("texts", range(1, 4)))

    assert found(maya.workspace) == [(What.NEW_PROPERTY, "Order Placed")]
    finding = Finding.objects.get()
    assert (finding.property_name, finding.since.date()) == ("coupon", TODAY - timedelta(days=3))
    assert finding.detail == {"having": 120, "of": 120, "none_of": 1_000}


def test_a_property_that_vanishes_is_found(maya):
    days(maya.workspace, total=("numbers", range(4, 29)))

    assert found(maya.workspace) == [(What.LOST_PROPERTY, "Order Placed")]
    assert "none of 120 signals has it" in queries.shown(maya, [Finding.objects.get()])[0].sentence


def test_a_property_that_reads_as_another_type_is_found(maya):
    days(maya.workspace, total=("numbers", range(4, 29)), total_=("texts", range(1, 4)))

    assert found(maya.workspace) == [(What.NEW_TYPE, "Order Placed")]
    assert Finding.objects.get().detail["before"] == "number"


def test_a_rare_property_is_no_drift(maya):
    days(maya.workspace, n=1, total=("numbers", range(1, 29)), coupon=("texts", [1]))

    assert found(maya.workspace) == []


def test_a_misspelling_is_found_beside_the_true_name_until_somebody_decides(maya):
    counted(maya.workspace, Order_Completed=1_000, Order_Complted=12, Order_Cancelled=20)

    assert found(maya.workspace) == [(What.TYPO, "Order Complted")]
    assert Finding.objects.get().detail == {"like": "Order Completed", "of": 1_000, "count": 12}
    Term.objects.filter(name="Order Complted").update(status="approved")

    assert found(maya.workspace) == []


@pytest.mark.parametrize(
    ("name", "true", "is_slip"),
    [
        ("Order Complted", "Order Completed", True),
        ("order_completed", "Order Completed", True),
        ("OrderCompleted", "Order Completed", True),
        ("Oredr Placed", "Order Placed", True),
        ("Signed In", "Signed Up", False),
        ("Step 1 Viewed", "Step 2 Viewed", False),
        ("Email Sent", "Email Seen", False),
        ("Opened", "Reopened", False),
        ("Order Placed Twice", "Order Placed", False),
    ],
)
def test_a_slip_of_the_hand_is_told_from_another_name(name, true, is_slip):
    assert typos.is_slip(name, true) is is_slip


def test_what_is_no_longer_so_ends_and_what_comes_back_is_new(maya):
    counted(maya.workspace, Order_Completed=1_000, Order_Complted=12)
    found(maya.workspace)
    SignalName.objects.filter(name="Order Complted").update(count=900)
    found(maya.workspace)
    SignalName.objects.filter(name="Order Complted").update(count=12)

    found(maya.workspace)

    assert Finding.objects.count() == 2
    assert Finding.objects.standing().count() == 1


def test_what_is_muted_is_never_told_again(maya):
    counted(maya.workspace, Order_Completed=1_000, Order_Complted=12)
    found(maya.workspace)
    operations.mute_finding(Finding.objects.get(), by=maya.user, now=NOW)
    SignalName.objects.filter(name="Order Complted").update(count=900)
    found(maya.workspace)
    SignalName.objects.filter(name="Order Complted").update(count=12)
    found(maya.workspace)

    assert list(queries.findings(maya)) == []
    assert queries.findings(maya, "muted").count() == 1


def test_an_ended_finding_needs_no_decision(maya):
    counted(maya.workspace, Order_Completed=1_000, Order_Complted=12)
    found(maya.workspace)
    Finding.objects.update(ended_at=NOW)

    with pytest.raises(operations.FindingEnded):
        operations.acknowledge_finding(Finding.objects.get(), by=maya.user, now=NOW)


def test_a_workspace_is_looked_at_once_in_ten_minutes(maya, monkeypatch):
    counted(maya.workspace, Order_Completed=1_000)
    looked = []
    monkeypatch.setattr(operations, "check", lambda workspace, now: looked.append(workspace))

    operations.check_all(now=NOW)
    operations.check_all(now=NOW + timedelta(minutes=1))
    operations.check_all(now=NOW + timedelta(minutes=11))

    assert looked == [maya.workspace_id] * 2


def test_a_finding_is_acknowledged_and_opened_again_by_its_buttons(client, maya):
    counted(maya.workspace, Order_Completed=1_000, Order_Complted=12)
    found(maya.workspace)
    finding = Same.objects.get()
    page = reverse("signals:quality", args=[maya.workspace.slug])

    assert "Looks like Order Completed, misspelled" in client.get(page).content.decode()
    client.post(reverse("signals:acknowledge_finding", args=[maya.workspace.slug, finding.pk]))
    assert "Nothing unusual" in client.get(page).content.decode()
    client.post(reverse("signals:reopen_finding", args=[maya.workspace.slug, finding.pk]))

    assert "misspelled" in client.get(page).content.decode()
    assert "1 noticed" in client.get(reverse("signals:index", args=[maya.workspace.slug])).content.decode()


def test_findings_of_another_workspace_are_not_shown(maya):
    counted(make_workspace(slug="theirs"), Order_Completed=1_000, Order_Complted=12)
    operations.check_all(now=NOW)

    assert list(queries.findings(maya)) == []
