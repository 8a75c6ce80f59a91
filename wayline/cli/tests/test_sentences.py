"""What the command line says of set-ups that are broken, and of numbers that lack something."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from django.db.utils import DatabaseError, OperationalError

from wayline import cli
from wayline.accounts.testing import make_workspace
from wayline.cli import client, demo, doctor, sentences
from wayline.kit import schema, upgrading
from wayline.signals import journal
from wayline.signals.testing import make_signal, observe
from wayline.warehouse import connect
from wayline.warehouse.engine import WarehouseDamaged, WarehouseFailing

pytestmark = pytest.mark.django_db

AWAY = "ClickHouse does not answer: HTTPConnectionPool(host='h', port=1): Max retries exceeded (Caused by X)"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (DatabaseError("no such table: accounts_user"), "Run: wayline init"),
        (DatabaseError("file is not a database"), "is damaged (file is not a database). Restore a backup"),
        (DatabaseError("database disk image is malformed"), "Restore a backup"),
        (OperationalError("connection failed: refused"), "Check that it runs, and WAYLINE_DATABASE_URL."),
        (OperationalError("database or disk is full"), "The disk is full. Free some space"),
        (OSError("IO Error: No space left on device"), "The disk is full. Free some space"),
        (WarehouseDamaged("It is damaged."), "It is damaged. wayline serve puts the file aside"),
        (
            WarehouseFailing(AWAY),
            "(host='h', port=1). Check that the engine runs and that WAYLINE_WAREHOUSE_URL",
        ),
        (PermissionError(13, "no", "/srv/data"), "/srv/data may not be used. Give yourself the right"),
        (FileNotFoundError(2, "no", "a.csv"), "There is no a.csv"),
        (KeyError("x"), "KeyError: 'x' (WAYLINE_DEBUG=1 shows where.)"),
    ],
)
def test_what_went_wrong_is_a_sentence_that_says_what_to_do(error, said):
    assert said in sentences.of(error)


def test_doctor_goes_on_where_the_engine_is_away():
    def warehouse(server):
        raise WarehouseFailing(AWAY)

    found = doctor._found(warehouse, None)

    assert found.is_wrong
    assert found.sentence.startswith("Warehouse: ClickHouse does not answer")


def test_a_step_nobody_here_has_heard_of_is_of_a_newer_version(monkeypatch):
    old, new, gone = (
        ("journeys", "0001_initial"),
        ("journeys", "0999_future"),
        ("an_area_long_gone", "0001_x"),
    )
    squashed = ("journeys", "0001_b")
    loader = SimpleNamespace(
        disk_migrations={old: SimpleNamespace(replaces=[squashed])},
        applied_migrations={old: 1, new: 1, gone: 1, squashed: 1},
        migrated_apps={"journeys"},
    )
    monkeypatch.setattr(upgrading, "MigrationLoader", lambda connection: loader)

    assert upgrading.unknown("default") == ["journeys.0999_future"]


@pytest.mark.parametrize("command", [["serve", "--port", "9"], ["worker"], ["doctor"], ["init"], ["demo"]])
def test_a_database_of_a_newer_version_is_left_alone(
    command, tmp_path, settings, warehouse, capsys, monkeypatch
):
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(upgrading, "unknown", lambda name: ["journeys.0999_future"])

    code = cli.main(command)

    told = "".join(capsys.readouterr())
    assert code == 1
    assert "are of a newer version of Wayline (they know journeys.0999_future and 1 more). Start" in told


def test_nothing_is_changed_under_a_running_server(tmp_path, settings, warehouse, capsys, monkeypatch):
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(schema, "lacking", lambda: {"default": ["journeys.0999_mood"]})
    monkeypatch.setattr(client, "running", lambda: client.Server(4711, "http://127.0.0.1:9", "token"))

    code = cli.main(["init"])

    assert code == 1
    assert "The server (process 4711) still runs on these databases. Stop it" in capsys.readouterr().err


def test_a_number_says_what_it_leaves_out(tmp_path, settings, warehouse, capsys):
    settings.DATA_DIR = tmp_path
    workspace = make_workspace()
    observe(workspace, make_signal())
    journal.append(workspace.pk, "key:1", [make_signal()], received_at=datetime.now(UTC))

    code = cli.main(["answer", "signals", "--json"])

    told = capsys.readouterr()
    assert code == 0
    assert told.out.startswith("{")
    assert told.err.startswith("wayline: batches that wait in the journal (1) are not counted here.")


def test_the_demo_says_beforehand_how_much_room_it_needs(tmp_path, settings, capsys, monkeypatch):
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr("wayline.cli.preparing.collect_static", lambda: None)
    monkeypatch.setattr(demo, "BYTES_EACH", 10**12)

    code = cli.main(["demo", "--no-serve", "--customers", "1000"])

    assert code == 1
    assert "The demo company needs about 1000000200 MB, and " in capsys.readouterr().err


def test_a_file_that_a_full_disk_left_empty_is_made_anew(tmp_path, settings):
    file = tmp_path / "signals.duckdb"
    file.touch()
    settings.WAREHOUSE_URL = f"duckdb:///{file}"

    with connect.using(None):
        connect.current()
        connect.close()

    assert file.stat().st_size
