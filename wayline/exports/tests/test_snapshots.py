"""SQL for analysts: what it answers, and every way out of it that we know, closed."""

from datetime import timedelta

import duckdb
import pytest
from django.utils import timezone

from wayline.accounts.testing import bearer, make_key, make_member, make_workspace
from wayline.audit.models import Activity
from wayline.customers.models import Identity
from wayline.exports.snapshots import asking
from wayline.journeys.testing import make_journey
from wayline.signals.rights import tombstones
from wayline.signals.rights.testing import erase_now
from wayline.signals.testing import make_segment, make_signal, observe
from wayline.warehouse.snapshots import QueryRefused, QueryTooLong

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("warehouse", "own_files")]
EMAIL = "ines.duarte@example.com"


@pytest.fixture
def own_files(settings, tmp_path):
    settings.DATA_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "files"
    tombstones.known.forget()


@pytest.fixture
def noor():
    """A contributor of a workspace beside another one."""
    member = make_member(role="contributor", workspace=make_workspace(slug="northwind"))
    make_journey(workspace=member.workspace)
    make_segment(workspace=member.workspace, name="Pro")
    observe(
        member.workspace,
        make_signal(kind="identify", name="Identify", email=EMAIL, traits={"name": "Ines", "plan": "pro"}),
        make_signal(email=EMAIL, text=f"Write to {EMAIL}", score=9, scale="nps", properties={"size": "XL"}),
    )
    observe(make_workspace(slug="theirs"), make_signal(text="a secret of others"))
    return member


def asked(member, sql: str, **how):
    given = {"rows": 100, "seconds": 20, "is_masked": True} | how
    return asking.ask(member.workspace, sql=sql, member=member, by=member.user, now=timezone.now(), **given)


def test_analysts_find_the_products_words(noor):
    (signal,) = asked(noor, "SELECT name, score, properties['size'] AS size FROM answers a JOIN signals USING"
                            " (signal, score)").rows.to_pylist()  # fmt: skip
    tables = asked(noor, "SELECT table_name FROM information_schema.tables ORDER BY 1").rows
    comments = asked(noor, "SELECT count(*) AS n FROM information_schema.columns").rows
    (about,) = asked(noor, "FROM about").rows.to_pylist()

    assert signal == {"name": "Order Placed", "score": 9.0, "size": "XL"}
    assert tables["table_name"].to_pylist() == [
        "about", "answers", "customers", "days", "feedback", "journeys", "segments", "signals", "steps",
    ]  # fmt: skip
    assert comments["n"][0].as_py() > 40
    assert about["is_masked"] is True
    assert asked(noor, "SELECT title FROM steps").rows.num_rows == 3


def test_every_column_says_what_it_means(noor):
    path = asking.snapshot(noor.workspace, is_masked=True, member=noor, by=None, now=timezone.now())

    with duckdb.connect(str(path), read_only=True) as opened:
        silent = opened.execute(
            "SELECT table_name, column_name FROM duckdb_columns() WHERE comment IS NULL AND NOT internal"
            " AND table_name IN (SELECT table_name FROM duckdb_tables())"
        ).fetchall()

    assert silent == []


def test_nothing_of_another_workspace_is_in_the_file(noor):
    path = asking.snapshot(noor.workspace, is_masked=True, member=noor, by=None, now=timezone.now())

    assert b"a secret of others" not in path.read_bytes()
    assert asked(noor, "SELECT * FROM signals").rows.num_rows == 1


def test_personal_data_is_masked_for_who_has_no_right_to_it(noor):
    text = asked(noor, 'SELECT "text", traits FROM feedback JOIN customers USING (customer)').rows.to_pylist()
    with pytest.raises(asking.NotForEverybody):
        asked(noor, "SELECT 1", is_masked=False)
    owner = make_member(role="owner", workspace=noor.workspace)
    clear = asked(owner, 'SELECT "text" FROM feedback', is_masked=False).rows.to_pylist()

    assert text == [
        {
            "text": "Write to [e-mail]",
            "traits": [("name", "[masked]"), ("email", "[masked]"), ("plan", "pro")],
        }
    ]
    assert clear == [{"text": f"Write to {EMAIL}"}]
    assert Activity.objects.filter(name="snapshot.opened_clear").count() == 1


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_blob('/proc/self/environ')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM glob('/*')",
        "SELECT * FROM read_parquet('https://example.com/x')",
        "COPY signals TO '/tmp/out.csv'",
        "COPY (SELECT 1) TO '/tmp/out.csv'",
        "EXPORT DATABASE '/tmp/out'",
        "ATTACH '/tmp/other.duckdb' AS other",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "RESET lock_configuration",
        "PRAGMA database_list",
        "SELECT * FROM pragma_database_list()",
        "SELECT * FROM duckdb_settings()",
        "SELECT * FROM duckdb_secrets()",
        "SELECT current_setting('temp_directory')",
        "SELECT getenv('HOME')",
        "SELECT * FROM query('SELECT 1')",
        "SELECT * FROM query_table('signals')",
        "SELECT 1; SELECT 2",
        "SELECT 1; COPY signals TO '/tmp/out.csv'",
        "CREATE TABLE mine AS SELECT 1",
        "INSERT INTO segments VALUES (1, 'x')",
        "DELETE FROM signals",
        "DROP TABLE signals",
        "UPDATE segments SET name = 'x'",
        "CALL pragma_version()",
        "EXPLAIN ANALYZE SELECT 1",
        "WITH gone AS (DELETE FROM signals RETURNING *) SELECT * FROM gone",
        "SELECT * FROM sqlite_scan('/x', 'y')",
        "SELECT * FROM wayline.sqlite3",
        "",
        "SELEC 1",
        "SELECT * FROM nowhere",
    ],
)
def test_there_is_no_way_out(noor, sql):
    with pytest.raises(QueryRefused) as refused:
        asked(noor, sql)

    assert len(str(refused.value)) > 10
    assert "\n" not in str(refused.value)


def test_the_file_itself_is_not_changed_by_asking(noor):
    path = asking.snapshot(noor.workspace, is_masked=True, member=noor, by=None, now=timezone.now())
    before = path.read_bytes()

    asked(noor, "SELECT count(*) FROM signals")

    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_long_query_is_stopped(noor):
    with pytest.raises(QueryTooLong, match="was stopped"):
        asked(
            noor,
            "SELECT count(*) FROM range(100000000) a, range(100000) b WHERE a.range % 7 = 3",
            seconds=0.3,
        )


def test_more_rows_than_asked_for_are_said(noor):
    found = asked(noor, "SELECT * FROM range(50)", rows=10)

    assert (found.rows.num_rows, found.has_more) == (10, True)
    assert not asked(noor, "SELECT * FROM range(10)", rows=10).has_more


def test_a_snapshot_is_kept_for_some_minutes_and_not_past_an_erasure(noor):
    now = timezone.now()
    first = asking.snapshot(noor.workspace, is_masked=True, member=noor, by=None, now=now)
    written_at = first.stat().st_mtime_ns
    asking.snapshot(noor.workspace, is_masked=True, member=noor, by=None, now=now)
    assert first.stat().st_mtime_ns == written_at
    asking.snapshot(noor.workspace, is_masked=True, member=noor, by=None, now=now + timedelta(minutes=11))
    assert first.stat().st_mtime_ns != written_at

    erase_now(Identity.objects.get(value=EMAIL).customer, now=now)

    assert asking.kept(noor.workspace.pk) == []


def test_programs_ask_with_their_role(client, noor):
    body = {"sql": "SELECT count(*) AS n, max(score) AS best FROM signals"}
    key = bearer(make_key(role="contributor", workspace=noor.workspace))

    answer = client.post("/api/v1/exports/sql", body, "application/json", **key)
    clear = client.post("/api/v1/exports/sql", body | {"clear": True}, "application/json", **key)

    told = answer.json()
    assert (told["columns"], told["rows"], told["is_masked"]) == (["n", "best"], [[1, 9.0]], True)
    assert clear.status_code == 403
