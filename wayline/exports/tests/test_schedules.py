"""Tables written again and again: when, of what, for whom, and safe to open."""

import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from wayline.accounts.testing import bearer, make_key, make_member, make_workspace
from wayline.audit.models import Activity
from wayline.customers.models import Identity
from wayline.exports.models import Schedule, ScheduledFile
from wayline.exports.schedules import operations, times
from wayline.kit.tasks.asked import State
from wayline.kit.tasks.models import Job
from wayline.kit.tasks.worker import Worker
from wayline.signals.models import Segment
from wayline.signals.rights import tombstones
from wayline.signals.rights.testing import erase_now
from wayline.signals.testing import make_segment, make_signal, observe

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("warehouse", "own_files")]
EMAIL = "ines.duarte@example.com"
WEDNESDAY = datetime(2026, 11, 18, 9, tzinfo=UTC)


@pytest.fixture
def own_files(settings, tmp_path):
    settings.DATA_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "files"
    tombstones.known.forget()


@pytest.fixture
def maya():
    """A manager without the right to personal data, and a workspace with two signals of the day before."""
    member = make_member(role="manager", workspace=make_workspace(timezone="Europe/Berlin"))
    yesterday = WEDNESDAY - timedelta(days=1)
    observe(
        member.workspace,
        make_signal(kind="identify", name="Identify", email=EMAIL, traits={"name": "Ines", "plan": "pro"}),
        make_signal(email=EMAIL, at=yesterday, text=f"=HYPERLINK(1) {EMAIL}", value=-12.0),
        make_signal(email=EMAIL, at=WEDNESDAY, text="today, so not yet"),
    )
    return member


def make(member, *, now=WEDNESDAY, **fields) -> Schedule:
    given = {
        "name": "Complaints", "what": "feedback", "said": {}, "every": "day", "hour": 6, "kept_days": 30,
        "is_clear": False, "tells": False,
    } | fields  # fmt: skip
    return operations.create_schedule(member.workspace, **given, member=member, by=member.user, now=now)


def written(schedule, now=WEDNESDAY) -> ScheduledFile:
    file = operations.run_schedule(schedule, by=None, now=now)
    return operations.write(file, now=now)


def table(file) -> list[list[str]]:
    assert file.state == State.FINISHED, file.error
    return list(csv.reader(io.StringIO(file.path.read_text(encoding="utf-8"))))


@pytest.mark.parametrize(
    ("every", "now", "expected"),
    [
        ("day", datetime(2026, 11, 18, 4, tzinfo=UTC), datetime(2026, 11, 18, 5, tzinfo=UTC)),
        ("day", datetime(2026, 11, 18, 5, tzinfo=UTC), datetime(2026, 11, 19, 5, tzinfo=UTC)),
        ("week", datetime(2026, 11, 18, 5, tzinfo=UTC), datetime(2026, 11, 23, 5, tzinfo=UTC)),
        ("month", datetime(2026, 12, 31, 5, tzinfo=UTC), datetime(2027, 1, 1, 5, tzinfo=UTC)),
        ("day", datetime(2026, 6, 1, 0, tzinfo=UTC), datetime(2026, 6, 1, 4, tzinfo=UTC)),
    ],
)
def test_the_next_run_is_at_the_hour_of_the_workspaces_clock(every, now, expected):
    assert times.next_run(every, 6, timezone="Europe/Berlin", now=now) == expected


@pytest.mark.parametrize("hour", [0, 2, 3])
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Santiago", "Australia/Lord_Howe", "UTC"])
def test_every_day_of_a_year_has_one_run_even_where_clocks_change(zone, hour):
    now, runs = datetime(2026, 1, 1, tzinfo=UTC), []
    while now < datetime(2027, 1, 1, tzinfo=UTC):
        now = times.next_run("day", hour, timezone=zone, now=now)
        runs.append(now)

    days = [times.covered("day", timezone=zone, now=each)[1] for each in runs]
    assert all(later - earlier == timedelta(days=1) for earlier, later in zip(days, days[1:], strict=False))


@pytest.mark.parametrize(
    ("every", "days"),
    [
        ("day", (date(2026, 11, 17), date(2026, 11, 17))),
        ("week", (date(2026, 11, 9), date(2026, 11, 15))),
        ("month", (date(2026, 10, 1), date(2026, 10, 31))),
    ],
)
def test_a_file_speaks_of_the_last_whole_day_week_or_month(every, days):
    assert times.covered(every, timezone="Europe/Berlin", now=WEDNESDAY) == days


def test_feedback_is_masked_and_no_cell_runs(maya):
    header, row = table(written(make(maya)))

    said = dict(zip(header, row, strict=True))
    assert said["text"] == "'=HYPERLINK(1) [e-mail]"
    assert said["at"].startswith("2026-11-17T09:00")


def test_signals_of_a_name_come_with_everything_they_said(maya):
    schedule = make(maya, what="signals", said={"names": ["Order Placed"]})

    header, *rows = table(written(schedule))

    assert len(rows) == 1
    assert dict(zip(header, rows[0], strict=True))["value"] == "-12.0"  # a number stays a number


def test_answers_of_a_metric(maya):
    header, whole, *_ = table(written(make(maya, what="metric", said={"metric": "nps", "by": "channel"})))

    assert (header[:3], whole[:2]) == (["metric", "group", "value"], ["nps", "(all)"])


def test_customers_of_a_segment_and_who_may_see_them(maya):
    segment = make_segment(workspace=maya.workspace)
    owner = make_member(role="owner", workspace=maya.workspace)
    masked = written(make(maya, what="segment", said={"segment": segment.pk}))
    clear = written(make(owner, what="segment", said={"segment": segment.pk}, is_clear=True))

    assert table(masked)[1][1:4] == ["[masked]", "[masked]", ""]
    assert table(clear)[1][2] == EMAIL
    with pytest.raises(operations.NotForEverybody):
        operations.download(clear, member=maya, by=maya.user, now=WEDNESDAY)
    assert operations.download(clear, member=owner, by=owner.user, now=WEDNESDAY).is_file()
    with pytest.raises(operations.NotForEverybody):
        make(maya, is_clear=True)


def test_whoever_lost_the_right_gets_masked_files(maya):
    owner = make_member(role="owner", workspace=maya.workspace)
    schedule = make(owner, is_clear=True)
    owner.role = "viewer"
    owner.save()

    assert not written(schedule).is_clear


def change(schedule, member, *, now=WEDNESDAY, **fields) -> None:
    given = {name: getattr(schedule, name) for name in (
        "name", "what", "said", "every", "hour", "kept_days", "is_clear", "tells",
    )} | fields  # fmt: skip
    operations.change_schedule(schedule, **given, member=member, by=member.user, now=now)


def test_a_changed_schedule_writes_the_other_thing_at_the_other_time(maya):
    schedule = make(maya)
    before = schedule.next_at

    change(schedule, maya, what="metric", said={"metric": "nps"}, every="week", hour=7, name=" NPS ")

    assert (schedule.name, schedule.said, schedule.next_at > before) == ("NPS", {"metric": "nps"}, True)
    assert table(written(schedule))[0][:2] == ["metric", "group"]
    assert Activity.objects.get(name="schedule.changed").details["changed"] == [
        "every", "hour", "name", "said", "what",
    ]  # fmt: skip


def test_a_change_is_held_to_the_same_rules_and_leaves_the_schedule_as_it_was(maya):
    schedule = make(maya)

    with pytest.raises(operations.ScheduleUnclear, match="hour"):
        change(schedule, maya, hour=24)
    with pytest.raises(operations.NotForEverybody):
        change(schedule, maya, is_clear=True)
    operations.delete_schedule(schedule, by=None, now=WEDNESDAY)
    with pytest.raises(operations.ScheduleGone):
        change(schedule, maya, hour=5)

    assert Schedule.objects.get().hour == 6
    assert not Activity.objects.filter(name="schedule.changed").exists()


def test_who_has_the_right_vouches_for_clear_data_until_somebody_without_it_saves(maya):
    owner = make_member(role="owner", workspace=maya.workspace)
    schedule = make(maya)

    change(schedule, owner, is_clear=True)
    clear = written(schedule)
    change(schedule, maya, is_clear=False)
    masked = written(schedule)

    assert (clear.is_clear, masked.is_clear) == (True, False)


def test_it_runs_when_its_time_has_come_and_once(maya):
    schedule = make(maya)
    early, late = schedule.next_at - timedelta(seconds=1), schedule.next_at + timedelta(days=3)

    assert operations.run_due(now=early) == 0
    assert operations.run_due(now=late) == 1  # a server that was away writes the latest only
    assert operations.run_due(now=late) == 0
    assert ScheduledFile.objects.get().last_on == late.date() - timedelta(days=1)
    assert Schedule.objects.get().next_at > late
    assert Job.objects.filter(task=operations.WRITE).count() == 1


def test_paused_and_deleted_it_does_not_run_and_comes_back(maya):
    schedule, now = make(maya), WEDNESDAY + timedelta(days=9)

    operations.pause_schedule(schedule, by=maya.user, now=WEDNESDAY)
    assert operations.run_due(now=now) == 0
    operations.resume_schedule(schedule, by=maya.user, now=now)
    operations.delete_schedule(schedule, by=maya.user, now=now)
    assert operations.run_due(now=now + timedelta(days=2)) == 0
    operations.restore_schedule(schedule, by=maya.user, now=now)
    with pytest.raises(operations.ScheduleGone):
        operations.restore_schedule(schedule, by=maya.user, now=now)
    assert operations.run_due(now=now + timedelta(days=2)) == 1


def test_what_failed_says_why_and_can_be_tried_again(maya):
    segment = make_segment(workspace=maya.workspace)
    schedule = make(maya, what="segment", said={"segment": segment.pk})
    Segment.objects.all().delete()

    failed = written(schedule)
    assert (failed.state, failed.folder) == (State.FAILED, "")
    assert failed.error.startswith("The segment was deleted.")

    operations.retry(failed, by=maya.user, now=WEDNESDAY)
    with pytest.raises(operations.NotFailed):
        operations.retry(failed, by=maya.user, now=WEDNESDAY)


def test_files_are_kept_for_their_days(maya):
    file = written(make(maya, kept_days=2))
    path = file.path

    with pytest.raises(operations.FileGone):
        operations.download(file, member=maya, by=maya.user, now=WEDNESDAY + timedelta(days=2))
    assert operations.remove_expired(now=WEDNESDAY + timedelta(days=2)) == 1
    assert not path.exists()
    assert ScheduledFile.objects.get().rows == 1


def test_erasing_somebody_removes_files_with_people_in_them(maya):
    people, numbers = written(make(maya)), written(make(maya, what="metric", said={"metric": "nps"}))

    erase_now(Identity.objects.get(value=EMAIL).customer, now=timezone.now())

    assert not people.path.exists()
    assert numbers.path.exists()


def test_webhooks_hear_of_a_file_when_they_are_to(maya):
    written(make(maya))
    assert not Activity.objects.filter(name="scheduled_file.written").exists()

    written(make(maya, tells=True))

    told = Activity.objects.get(name="scheduled_file.written")
    assert told.details["rows"] == 1
    assert told.workspace_id == maya.workspace.pk


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": " "}, "a name"),
        ({"hour": 24}, "between 0 and 23"),
        ({"kept_days": 0}, "1 to 365"),
        ({"what": "everything"}, "Choose what"),
        ({"what": "metric", "said": {"metric": "no"}}, "metric of the catalog"),
        ({"what": "metric", "said": {"metric": "nps", "by": "moon"}}, "no dimension moon"),
        ({"what": "segment", "said": {"segment": 10**9}}, "a segment of this workspace"),
        ({"what": "signals", "said": {}}, "which kind or name"),
        ({"what": "signals", "said": {"kinds": ["x"]}}, "no kind x"),
    ],
)
def test_what_cannot_be_written_is_refused(maya, wrong, sentence):
    with pytest.raises(operations.ScheduleUnclear, match=sentence):
        make(maya, **wrong)


def work():
    worker = Worker()
    while worker.run_next():
        pass


def test_a_manager_makes_runs_pauses_and_deletes_on_the_page(client, maya):
    client.force_login(maya.user)
    page = reverse("exports:schedules", args=[maya.workspace.slug])
    fields = {"name": "Complaints", "what": "feedback", "every": "day", "hour": 6, "kept_days": 30}

    wrong = client.post(f"{page}create/", fields | {"what": "signals"})
    client.post(f"{page}create/", fields)
    schedule = Schedule.objects.get()
    client.post(f"{page}{schedule.pk}/run/")
    work()
    told = client.get(page).content.decode()
    taken = client.get(f"{page}written/{ScheduledFile.objects.get().pk}/")
    client.post(f"{page}{schedule.pk}/pause/")
    paused = client.get(page).content.decode()
    client.post(f"{page}{schedule.pk}/resume/")
    client.post(f"{page}{schedule.pk}/delete/")
    deleted = client.get(page).content.decode()
    client.post(f"{page}{schedule.pk}/restore/")

    assert wrong.status_code == 422
    assert "which kind or name" in wrong.content.decode()
    assert "Download" in told
    assert "Personal data as it is" not in told
    assert b"".join(taken.streaming_content).startswith(b"at,customer,")
    assert taken["Content-Disposition"].startswith('attachment; filename="complaints-')
    assert "paused" in paused
    assert "Bring Complaints back" in deleted
    assert Schedule.objects.get().deleted_at is None


def test_a_manager_changes_a_schedule_on_its_page(client, maya):
    client.force_login(maya.user)
    names = {"kinds": ["answer", "review"], "names": ["Order Placed"]}
    schedule = make(maya, what="signals", said=names)
    address = reverse("exports:change_schedule", args=[maya.workspace.slug, schedule.pk])

    shown = client.get(address).content.decode()
    fields = {
        "name": "Orders",
        "what": "signals",
        "kind": ["answer", "review"],
        "signal": "A\nB",
        "every": "week",
    }
    wrong = client.post(address, fields | {"hour": "25", "kept_days": "7"})
    saved = client.post(address, fields | {"hour": "5", "kept_days": "7"})

    schedule.refresh_from_db()
    assert '<option value="answer" selected>' in shown
    assert (wrong.status_code, saved.status_code) == (422, 302)
    assert (schedule.name, schedule.hour, schedule.said["names"]) == ("Orders", 5, ["A", "B"])
    assert schedule.said["kinds"] == ["answer", "review"]


def test_a_program_does_the_same(client, maya):
    key = bearer(make_key(role="manager", workspace=maya.workspace))
    api, how = "/api/v1/exports/schedules", "application/json"
    body = {"name": "Orders", "what": "signals", "said": {"names": ["Order Placed"]}, "every": "week"}

    made = client.post(f"{api}/create", body, how, **key).json()
    wrong = client.post(f"{api}/create", body | {"said": {}}, how, **key)
    run = client.post(f"{api}/{made['id']}/run", **key).json()
    work()

    assert (wrong.status_code, made["every"]) == (422, "week")
    assert [each["state"] for each in client.get(f"{api}/written", **key).json()] == ["finished"]
    assert client.get(f"{api}/written/{run['id']}/download", **key).status_code == 200
    assert client.post(f"{api}/{made['id']}/pause", **key).json()["is_paused"]
