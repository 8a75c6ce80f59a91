"""The page on which analysts ask: what it shows, what it refuses, who may open it."""

import pytest
from django.urls import reverse

from wayline.accounts.testing import make_member, make_workspace
from wayline.audit.models import Activity
from wayline.exports.snapshots import asking
from wayline.signals.rights import tombstones
from wayline.signals.testing import make_signal, observe

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("warehouse", "own_files")]
EMAIL = "ines.duarte@example.com"


@pytest.fixture
def own_files(settings, tmp_path):
    settings.DATA_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "files"
    tombstones.known.forget()


@pytest.fixture
def noor(client):
    member = make_member(role="contributor")
    observe(member.workspace, make_signal(email=EMAIL, text=f"=1+1 {EMAIL}", properties={"size": "XL"}))
    client.force_login(member.user)
    return member


def page(member, name: str = "ask") -> str:
    return reverse(f"exports:{name}", args=[member.workspace.slug])


def test_a_contributor_asks_and_sees_rows_masked_with_when(client, noor):
    before = client.get(page(noor)).content.decode()
    answer = client.post(page(noor), {"sql": 'SELECT name, "text", properties FROM signals'})
    example = client.get(page(noor) + "?example=0").content.decode()

    shown = answer.content.decode()
    assert "None is kept now" in before
    assert "information" in client.get(page(noor) + "?example=3").content.decode()
    assert "FROM answers" in example
    assert "=1+1 [e-mail]" in shown
    assert "{&quot;size&quot;: &quot;XL&quot;}" in shown
    assert "personal data masked" in shown
    assert "no-store" in answer["Cache-Control"]


def test_more_rows_than_a_page_holds_are_said(client, noor):
    answer = client.post(page(noor), {"sql": "SELECT * FROM range(201)"})

    assert "The first 200 rows; there are more" in answer.content.decode()
    assert len(answer.context["rows"]) == 200


@pytest.mark.parametrize(
    ("sql", "sentence"),
    [
        ("", "This field is required"),
        ("SELEC 1", "syntax error"),
        ("SELECT nothing FROM signals", "nothing"),
        ("DELETE FROM signals", "Write one SELECT"),
        ("SELECT * FROM read_text('/etc/passwd')", "disabled"),
        ("SELECT 1; SELECT 2", "Write one SELECT"),
    ],
)
def test_what_is_not_answered_says_why_beside_the_question(client, noor, sql, sentence):
    answer = client.post(page(noor, "ask" if sql else "download_answer"), {"sql": sql})

    assert answer.status_code == 422
    assert sentence in str(answer.context["form"].errors["sql"])


def test_a_long_question_is_stopped(client, noor, monkeypatch):
    monkeypatch.setattr("wayline.exports.snapshots.views.SECONDS", 0.2)

    answer = client.post(page(noor), {"sql": "SELECT count(*) FROM range(9999999) a, range(99999) b"})

    assert "was stopped" in str(answer.context["form"].errors["sql"])


def test_the_file_runs_nothing_in_a_spreadsheet(client, noor):
    sql = 'SELECT "text", -5 AS "=cmd()", [1, 2] AS parts FROM signals'

    answer = client.post(page(noor, "download_answer"), {"sql": sql})

    header, row = b"".join(answer.streaming_content).decode().splitlines()
    assert header == "text,'=cmd(),parts"
    assert row == '\'=1+1 [e-mail],-5,"[1, 2]"'


def test_clear_data_only_for_who_has_the_right(client, noor):
    body = {"sql": 'SELECT "text" FROM signals', "is_clear": "on"}
    masked = client.post(page(noor), body).content.decode()
    owner = make_member(role="owner", workspace=noor.workspace)
    client.force_login(owner.user)

    clear = client.post(page(noor), body).content.decode()

    assert "[e-mail]" in masked
    assert EMAIL not in masked
    assert EMAIL in clear
    assert Activity.objects.filter(name="snapshot.opened_clear").count() == 1


def test_the_snapshot_is_written_anew_and_taken_away(client, noor):
    client.post(page(noor), {"sql": "SELECT 1"})
    observe(noor.workspace, make_signal(email=EMAIL, text="later"))

    client.post(page(noor, "write_snapshot"))
    told = client.post(page(noor), {"sql": "SELECT count(*) AS n FROM signals"}).context["rows"]
    taken = b"".join(client.get(page(noor, "download_snapshot")).streaming_content)

    assert told == [[2]]
    assert taken[8:12] == b"DUCK"
    assert len(asking.kept(noor.workspace.pk)) == 1


@pytest.mark.parametrize("name", ["ask", "download_answer", "download_snapshot", "write_snapshot", "start"])
def test_viewers_strangers_and_others_do_not_ask(client, noor, name):
    post = name in {"download_answer", "write_snapshot"}
    call = client.post if post else client.get
    wrong = client.get if post else client.delete

    assert wrong(page(noor, name)).status_code == 405
    client.force_login(make_member(role="viewer", workspace=noor.workspace).user)
    assert call(page(noor, name)).status_code == 403
    client.force_login(make_member(role="owner", workspace=make_workspace(slug="theirs")).user)
    assert call(page(noor, name)).status_code == 404
    client.logout()
    assert call(page(noor, name)).status_code == 302


def test_the_area_opens_where_the_member_may(client, noor):
    to_sql = client.get(page(noor, "start"))["Location"]
    client.force_login(make_member(role="manager", workspace=noor.workspace).user)

    assert (to_sql, client.get(page(noor, "start"))["Location"]) == (page(noor), page(noor, "schedules"))
