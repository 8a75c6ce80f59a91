from datetime import timedelta

import pytest
from django.utils import timezone

from wayline.accounts.testing import make_user, make_workspace
from wayline.audit.models import Activity
from wayline.customers.models import Customer
from wayline.kit.tasks.models import Job
from wayline.signals.imports import run as runs
from wayline.signals.imports.mapping import MappingNotUnderstood
from wayline.signals.imports.models import Import
from wayline.signals.imports.testing import MAPPING, ORDERS, make_import, run_import

pytestmark = [
    pytest.mark.django_db(transaction=True, databases="__all__"),
    pytest.mark.usefixtures("warehouse"),
]

MANY = "id,who,at\n" + "".join(f"{n},customer {n % 7},2026-03-01 10:{n % 60:02d}:00\n" for n in range(25))
MANY_MAPPING = "signals:\n  - {kind: behavior, name: Visited, at: at, external_id: who, id: [id]}\n"


def rows(warehouse) -> list[dict]:
    return sorted(warehouse.run(warehouse.table("signals")).to_pylist(), key=lambda row: row["seq"])


def test_a_file_becomes_signals_and_customers(warehouse):
    run = run_import(make_import())

    assert (run.state, run.position, run.accepted, run.duplicates, run.refused) == ("finished", 3, 7, 0, 0)
    assert [row["name"] for row in rows(warehouse)] == [
        "Order placed", "Order delivered", "Delivery rated", "Order placed",
        "Order placed", "Order delivered", "Delivery rated",
    ]  # fmt: skip
    assert [row["score"] for row in rows(warehouse) if row["kind"] == "answer"] == [5, 2]
    assert {row["source"] for row in rows(warehouse)} == {f"import:{run.pk}"}
    assert sorted(Customer.objects.values_list("email", flat=True)) == [
        "ines@example.com",
        "otto@example.com",
    ]


def test_the_same_file_again_adds_nothing(warehouse):
    workspace = make_workspace()
    run_import(make_import(workspace=workspace))

    again = run_import(make_import(workspace=workspace))

    assert (again.accepted, again.duplicates) == (0, 7)
    assert len(rows(warehouse)) == 7


def test_without_id_columns_the_same_file_is_recognised_by_its_content(warehouse):
    workspace, mapping = make_workspace(), MANY_MAPPING.replace(", id: [id]", "")
    run_import(make_import(content=MANY, workspace=workspace), mapping)

    again = run_import(make_import(content=MANY, workspace=workspace), mapping)
    longer = run_import(make_import(content=MANY + "99,ines,2026-04-01\n", workspace=workspace), mapping)

    assert (again.accepted, longer.accepted) == (0, 26)


def test_a_cut_off_import_goes_on_where_it_stopped(warehouse, monkeypatch):
    monkeypatch.setattr(runs, "ROWS_PER_STEP", 10)
    run = make_import(content=MANY)
    runs.begin(run, mapping=MANY_MAPPING, by=None, now=timezone.now())

    runs.advance(run, now=timezone.now(), steps=1)
    stopped_at = run.position
    runs.advance(run, now=timezone.now())

    assert stopped_at == 10
    assert (run.state, run.position, run.accepted, len(rows(warehouse))) == ("finished", 25, 25, 25)


def test_a_kill_between_journal_and_position_adds_nothing_twice(warehouse, monkeypatch):
    monkeypatch.setattr(runs, "ROWS_PER_STEP", 10)
    run = make_import(content=MANY + "x,,2026-03-01\n")
    runs.begin(run, mapping=MANY_MAPPING, by=None, now=timezone.now())
    killed = []

    def die_once(*arguments, **keywords):
        if not killed:
            killed.append(True)
            raise KeyboardInterrupt
        return bulk_create(*arguments, **keywords)

    bulk_create = runs.ImportRefusal.objects.bulk_create
    monkeypatch.setattr(runs.ImportRefusal.objects, "bulk_create", die_once)
    with pytest.raises(KeyboardInterrupt):
        runs.advance(run, now=timezone.now())
    run.refresh_from_db()
    runs.advance(run, now=timezone.now())

    assert (run.state, run.accepted, run.refused, run.refusals.count()) == ("finished", 25, 1, 1)
    assert len(rows(warehouse)) == 25


def test_a_worker_whose_lease_ran_out_stops_when_another_one_went_on(warehouse, monkeypatch):
    monkeypatch.setattr(runs, "ROWS_PER_STEP", 10)
    run = make_import(content=MANY)
    runs.begin(run, mapping=MANY_MAPPING, by=None, now=timezone.now())
    settle, others = runs._settle, []

    def late_settle(late, *arguments):
        if not others:
            others.append(Import.objects.get(pk=run.pk))
            runs.advance(others[0], now=timezone.now(), steps=1)
        return settle(late, *arguments)

    monkeypatch.setattr(runs, "_settle", late_settle)
    runs.advance(run, now=timezone.now())
    stopped = (run.state, run.position, run.made)
    runs.advance(run, now=timezone.now())

    assert stopped == ("running", 10, 10)
    assert (run.state, run.position, run.made, run.accepted, len(rows(warehouse))) == (
        "finished",
        25,
        25,
        25,
        25,
    )


def test_undoing_takes_signals_and_customers_away_and_the_file_may_come_again(warehouse):
    workspace, maya = make_workspace(), make_user(name="Maya")
    run = run_import(make_import(workspace=workspace))

    runs.undo(run, by=maya, now=timezone.now())
    left = (rows(warehouse), Customer.objects.count())
    again = run_import(make_import(workspace=workspace))

    assert left == ([], 0)
    assert (run.state, run.undone_by) == ("undone", maya)
    assert (again.accepted, len(rows(warehouse))) == (7, 7)


def test_undoing_twice_is_refused():
    run = run_import(make_import())
    runs.undo(run, by=None, now=timezone.now())

    with pytest.raises(runs.ImportStateConflict, match="finished or failed"):
        runs.undo(run, by=None, now=timezone.now())


def test_refused_rows_are_kept_with_line_reason_and_cells():
    run = run_import(make_import(content=ORDERS + "4,ines,,yesterday,,,\n5,,,2026-03-01,,,\n6,too,short\n"))

    assert run.refused == 3
    assert [(one.line, one.reason, one.raw[0]) for one in run.refusals.all()] == [
        (5, "placed: 'yesterday' is not a date.", "4"),
        (6, "customer is empty, so nobody knows whose it is.", "5"),
        (
            7,
            "The row has 3 fields, the header 7. Most often a quote is missing around a text that holds the "
            "delimiter or a line break.",
            "6",
        ),
    ]


def test_starting_needs_a_mapping_that_fits():
    run = make_import()

    with pytest.raises(MappingNotUnderstood, match="no column 'plcaed'. Did you mean 'placed'"):
        runs.begin(run, mapping=MAPPING.replace("at: placed", "at: plcaed"), by=None, now=timezone.now())

    run.refresh_from_db()
    assert (run.state, Job.objects.count()) == ("draft", 0)


def test_ambiguous_dates_refuse_the_import_until_settled(warehouse):
    content = "who,when\nines,03/04/2018\notto,05/06/2018 10:00\n"
    mapping = "signals:\n  - {kind: behavior, name: Visited, at: when, external_id: who}\n"
    run = make_import(content=content)

    with pytest.raises(
        MappingNotUnderstood, match=r"dates, when: '03/04/2018' and '05/06/2018 10:00' can be"
    ):
        runs.begin(run, mapping=mapping, by=None, now=timezone.now())
    run_import(run, mapping + "day_first: true\n")

    assert [row["at"].isoformat() for row in rows(warehouse)] == [
        "2018-04-03T00:00:00",
        "2018-06-05T10:00:00",
    ]


def test_times_without_a_zone_are_the_workspaces(warehouse):
    workspace = make_workspace(timezone="Europe/Berlin")

    run_import(make_import(content="who,at\nines,2026-07-01 12:00\n", workspace=workspace),
               MANY_MAPPING.replace(", id: [id]", ""))  # fmt: skip

    assert rows(warehouse)[0]["at"].isoformat() == "2026-07-01T10:00:00"


def test_a_file_that_breaks_off_fails_with_its_reason_and_can_be_undone(warehouse):
    content = MANY + '26,"' + "x" * 10_000_100 + "\n"
    run = make_import(content=MANY)
    runs.begin(run, mapping=MANY_MAPPING, by=None, now=timezone.now())
    run.path.write_text(content)

    runs.advance(run, now=timezone.now())
    failed = (run.state, run.error)
    runs.undo(run, by=None, now=timezone.now() + timedelta(minutes=1))

    assert failed[0] == "failed"
    assert failed[1].startswith("Line 27: a field is longer than 10,000,000 characters.")
    assert run.state == "undone"


def test_what_was_done_is_written_down():
    noor = make_user(name="Noor")

    run = run_import(make_import(by=noor))
    runs.undo(run, by=noor, now=timezone.now())

    names = list(Activity.objects.order_by("id").values_list("name", flat=True))
    assert names == [
        "import.stored",
        "import.started",
        "import.finished",
        "source.forgotten",
        "import.undone",
    ]


def test_a_draft_can_be_thrown_away_with_its_files(files):
    run = make_import()

    runs.discard(run)

    assert not Import.objects.exists()
    assert not [path for path in files.rglob("*") if path.is_file()]


def test_larger_files_than_allowed_are_refused(settings, files):
    settings.UPLOAD_LIMIT_BYTES = 10

    with pytest.raises(runs.FileTooLarge, match="orders.csv is larger than"):
        make_import()

    assert not [path for path in files.rglob("*") if path.is_file()]
