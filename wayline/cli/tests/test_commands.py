import io
import json
import socket
import sqlite3

import pytest
from django.conf import settings

from wayline import cli
from wayline.accounts.models import Membership, User
from wayline.accounts.testing import make_member, make_workspace
from wayline.cli import client, serving
from wayline.signals.testing import make_signal, observe

pytestmark = pytest.mark.django_db


@pytest.fixture
def data_dir(tmp_path, settings):
    settings.DATA_DIR = tmp_path
    return tmp_path


@pytest.fixture
def typed(monkeypatch):
    """Put text into the standard input."""
    return lambda text: monkeypatch.setattr("sys.stdin", io.StringIO(text))


def test_help_tells_of_every_command(capsys):
    with pytest.raises(SystemExit) as left:
        cli.main(["--help"])

    told = capsys.readouterr().out
    assert left.value.code == 0
    for command in ["init", "serve", "demo", "import", "export", "answer", "flow", "createuser", "doctor"]:
        assert f"\n    {command}" in told


def test_a_user_is_created_with_a_workspace_of_their_own(data_dir, typed, capsys):
    typed("clouds over Kiel\n")

    code = cli.main(["createuser", "Maya@northwind.test", "--name", "Maya", "--workspace", "northwind"])

    member = Membership.objects.get()
    assert code == 0
    assert (member.user.email, member.workspace.slug, member.role) == (
        "maya@northwind.test",
        "northwind",
        "owner",
    )
    assert capsys.readouterr().out == "maya@northwind.test can sign in and is owner of Northwind.\n"


def test_who_came_with_a_workspace_gets_a_password_and_keeps_the_role(data_dir, typed, capsys):
    member = make_member(role="manager")
    member.user.set_unusable_password()
    member.user.save()
    typed("clouds over Kiel\n")

    code = cli.main(["createuser", member.user.email, "--workspace", member.workspace.slug])

    member.user.refresh_from_db()
    assert code == 0
    assert member.user.check_password("clouds over Kiel")
    assert "can sign in and is manager of" in capsys.readouterr().out
    assert cli.main(["createuser", member.user.email]) == 1
    assert "exists already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("email", "password", "sentence"),
    [
        ("nobody", "clouds over Kiel", "“nobody” is not an e-mail address."),
        ("a@b.test", "short", "This password is too short. It must contain at least 10 characters."),
    ],
)
def test_a_refusal_is_one_sentence(data_dir, typed, capsys, email, password, sentence):
    typed(password + "\n")

    code = cli.main(["createuser", email])

    assert (code, capsys.readouterr().err) == (1, f"wayline: {sentence}\n")
    assert not User.objects.exists()


def test_a_taken_port_is_named(data_dir):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        with pytest.raises(serving.CannotServe, match=f"Port {port} is taken"):
            serving.listen("127.0.0.1", port)


def test_the_announcement_is_for_this_account_only_and_goes_away(data_dir):
    with serving.announced("127.0.0.1", 8400):
        path = serving.announcement()
        assert path.stat().st_mode & 0o777 == 0o600
        assert set(json.loads(path.read_text())) == {"pid", "url", "token"}

    assert not path.exists()


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("0.0.0.0", "http://127.0.0.1:8400"),
        ("192.0.2.7", "http://192.0.2.7:8400"),
        ("::1", "http://[::1]:8400"),
    ],
)
def test_a_server_is_announced_where_it_listens(data_dir, host, url):
    with serving.announced(host, 8400):
        assert json.loads(serving.announcement().read_text())["url"] == url


def test_what_a_killed_server_left_behind_does_not_count(data_dir):
    found = {"pid": 2**22 + 1, "url": "http://127.0.0.1:1", "token": "x"}
    serving.announcement().write_text(json.dumps(found))

    assert client.running() is None


def test_without_a_server_a_command_asks_within_the_process(data_dir):
    make_workspace(slug="northwind", name="Northwind")

    answer = client.ask("GET", "/accounts/workspace", workspace=None)

    assert answer["name"] == "Northwind"


def test_what_the_api_refuses_is_a_sentence(data_dir):
    make_workspace(slug="northwind")

    with pytest.raises(client.ServerRefused, match="body.role"):
        client.ask(
            "POST", "/accounts/invitations/invite", workspace=None, body={"email": "a@b.c", "role": "king"}
        )


def test_several_workspaces_ask_for_a_choice(data_dir, capsys):
    make_workspace(slug="one")
    make_workspace(slug="two")

    with pytest.raises(Exception, match="Say which with --workspace"):
        client.ask("GET", "/accounts/workspace", workspace=None)


def test_doctor_finds_a_sound_installation_sound(data_dir, warehouse, capsys):
    code = cli.main(["doctor"])

    told = capsys.readouterr().out
    assert "✗" not in told, told
    assert code == 0
    assert f"SQLite {sqlite3.sqlite_version}" in told


def test_doctor_says_what_is_wrong(data_dir, warehouse, capsys, monkeypatch):
    monkeypatch.setattr("wayline.health.DISK_FLOOR_BYTES", 10**18)

    code = cli.main(["doctor"])

    assert code == 1
    assert f"MB are free in {settings.DATA_DIR}" in capsys.readouterr().out


def test_doctor_finds_signals_that_are_gone_from_the_warehouse(data_dir, warehouse, capsys):
    workspace = make_workspace()
    observe(workspace, *(make_signal() for _ in range(3)))
    once = make_signal()
    observe(workspace, once, once)
    cli.main(["doctor"])
    sound = capsys.readouterr().out
    with warehouse.writing() as writer:
        writer.forget_source(workspace.pk, "test")

    cli.main(["doctor"])

    assert "5 received = 4 stored, 0 facts about customers, 1 known already" in sound
    assert "4 unexplained" in capsys.readouterr().out


@pytest.mark.parametrize("wrong", [["demo", "--customers", "9"], ["demo", "--port", "99999"]])
def test_what_cannot_be_is_said_before_anything_starts(data_dir, capsys, wrong):
    with pytest.raises(SystemExit):
        cli.main(wrong)

    assert "choose one from" in (said := capsys.readouterr().err) or "fewer than 200" in said
