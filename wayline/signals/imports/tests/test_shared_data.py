"""The examples on real data give the values that are known of it, through the whole pipeline."""

from pathlib import Path

import duckdb
import pytest

from wayline.accounts.testing import make_workspace
from wayline.signals.imports.testing import make_import, run_import

HERE = Path(__file__).resolve().parents[4]
SHARED = HERE.parent / "shared" / "data"

pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.django_db(transaction=True, databases="__all__"),
    pytest.mark.skipif(not SHARED.is_dir(), reason="the real data sets are not in ../shared/data"),
]


def load(example: str, file: str, *, beside: tuple[str, ...] = (), workspace=None):
    path = SHARED / file
    others = [(name, (path.parent / name).read_bytes()) for name in beside]
    run = make_import(content=path.read_bytes(), name=path.name, beside=others, workspace=workspace)
    run = run_import(run, (HERE / "examples" / f"{example}.yaml").read_text())
    assert (run.state, run.error) == ("finished", "")
    return run


def ask(warehouse, sql: str) -> list[tuple]:
    """What SQL says of the signals; real numbers rounded to two digits."""
    with duckdb.connect() as engine:
        engine.register("s", warehouse.run(warehouse.table("signals")))
        rows = engine.sql(sql).fetchall()
    return [tuple(round(v, 2) if isinstance(v, float) else v for v in row) for row in rows]


EDGES = """
    SELECT a, b, count(*) AS n FROM (
        SELECT name AS a, lead(name) OVER (PARTITION BY subject ORDER BY "at", seq) AS b FROM s
    ) WHERE b IS NOT NULL GROUP BY a, b ORDER BY n DESC, a, b
"""


def test_the_running_example_has_its_16_edges(warehouse):
    run = load("running_example", "log_running_example/running-example.csv")

    edges = ask(warehouse, EDGES)

    assert (run.accepted, run.refused, len(edges)) == (42, 0, 16)
    assert edges[:2] == [("check ticket", "decide", 6), ("examine casually", "check ticket", 4)]
    assert ("decide", "reject request", 3) in edges


def test_the_running_example_as_xes_is_the_same(warehouse):
    load("running_example", "log_running_example/running-example.xes")

    assert len(ask(warehouse, EDGES)) == 16


@pytest.mark.slow
def test_the_receipt_log(warehouse):
    run = load("receipt", "log_receipt/receipt.csv")

    edges = ask(warehouse, EDGES)

    assert (run.accepted, len(edges)) == (8577, 99)
    assert ask(
        warehouse, "SELECT count(DISTINCT customer) AS cases, count(DISTINCT name) AS names FROM s"
    ) == [(1434, 27)]
    assert ask(
        warehouse, "SELECT count(*) AS n FROM s WHERE channel = 'Internet' AND name LIKE 'Confirm%'"
    ) == [(1250,)]
    assert edges[1][2] == 1177 or edges[0][2] == 1177


@pytest.mark.slow
def test_olist_orders_late_and_on_time(warehouse):
    run = load(
        "olist_orders",
        "olist_sample/olist_orders_dataset.csv",
        beside=(
            "olist_customers_dataset.csv",
            "olist_order_payments_dataset.csv",
            "olist_order_reviews_dataset.csv",
        ),
    )

    late = ask(
        warehouse,
        "SELECT 100 * avg(CASE WHEN properties['late'] = 'yes' THEN 1.0 ELSE 0.0 END) AS late, "
        "count(*) AS n FROM s "
        "WHERE name = 'Order delivered' AND properties['status'] = 'delivered'",
    )
    scores = ask(
        warehouse,
        "SELECT properties['late'] AS late, avg(score) AS mean FROM s WHERE name = 'Order review' "
        "AND properties['status'] = 'delivered' AND properties['late'] IS NOT NULL GROUP BY 1 ORDER BY 1",
    )

    assert (run.accepted, run.refused) == (44796, 0)
    assert late == [(8.02, 5164)]
    assert scores == [("no", 4.28), ("yes", 2.5)]
    assert ask(warehouse, "SELECT count(DISTINCT customer) AS people FROM s") == [(8016,)]


@pytest.mark.slow
def test_the_airport_survey_over_eight_years(warehouse):
    workspace = make_workspace()
    for path in sorted((SHARED / "sfo_airport_survey").glob("2*.csv")):
        load("sfo_airport_survey", f"sfo_airport_survey/{path.name}", workspace=workspace)

    top_two = ask(
        warehouse,
        "SELECT properties['year'] AS year, "
        "round(100 * avg(CASE WHEN score >= 4 THEN 1.0 ELSE 0.0 END), 1) AS top FROM s "
        "WHERE scale = 'csat5' GROUP BY 1 ORDER BY 1",
    )
    promoting = "CASE WHEN score >= 9 THEN 100.0 WHEN score <= 6 THEN -100.0 ELSE 0.0 END"
    nps = ask(
        warehouse,
        f"SELECT avg({promoting}) AS nps, sum({promoting} * weight) / sum(weight) AS weighted, count(*) AS n "
        "FROM s WHERE scale = 'nps'",
    )

    assert [share for _, share in top_two] == [75.4, 75.4, 78.8, 79.3, 78.9, 80.0, 81.0, 82.1]
    assert nps == [(39.84, 40.4, 2746)]


@pytest.mark.slow
def test_servicenow_incidents(warehouse):
    run = load("servicenow_incidents", "servicenow_incidents/incident_event_log.zip")

    settled = ask(
        warehouse,
        "SELECT round(100 * avg(CASE WHEN properties['sla_met'] = 'true' THEN 1.0 ELSE 0.0 END), 1) AS met, "
        "sum(CASE WHEN properties['reopened'] = 'yes' THEN 1 ELSE 0 END) AS reopened, count(*) AS n, "
        "round(median(value) / 3600, 1) AS hours FROM s WHERE name = 'Incident settled'",
    )

    assert run.refused == 0
    assert [tuple(map(float, settled[0]))] == [(63.4, 275.0, 24918.0, 22.1)]


@pytest.mark.slow
def test_twitter_support(warehouse):
    run = load("twitter_support", "twcs_sample/twcs.csv")

    replies = ask(
        warehouse,
        "SELECT count(*) AS n, round(median(value) / 60, 1) AS minutes FROM s WHERE name = 'Company replied'",
    )
    verizon = ask(
        warehouse,
        "SELECT round(median(value) / 60, 1) AS m FROM s WHERE properties['company'] = 'VerizonSupport'",
    )

    assert (run.position, run.refused) == (5001, 0)
    assert replies == [(2188, 12.1)]
    assert verizon == [(3.6,)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("example", "file", "events", "cases"),
    [
        ("bpic2013_incidents", "log_bpic2013_incidents/bpic2013_incidents.xes.gz", 65_533, 7_554),
        ("bpic2012_loans", "log_bpic2012_loans/bpic2012.xes.gz", 262_200, 13_087),
    ],
)
def test_large_event_logs(warehouse, example, file, events, cases):
    run = load(example, file)

    assert (run.accepted, run.refused) == (events, 0)
    assert ask(warehouse, "SELECT count(DISTINCT customer) AS cases FROM s") == [(cases,)]


@pytest.mark.slow
def test_a_file_in_a_broken_encoding_is_read_as_it_was_meant(warehouse):
    mapping = (
        "name: airline tweets\nsignals:\n"
        "  - {kind: message, name: Customer wrote, at: tweet_created, external_id: name, text: text, "
        "id: [_unit_id]}\n"
    )
    content = (SHARED / "airline_tweets" / "Airline-Sentiment-2-w-AA.csv").read_bytes()

    run = run_import(make_import(content=content, name="tweets.csv"), mapping)

    assert (run.accepted, run.refused) == (14640, 0)
    assert run.repaired > 500
    assert ask(
        warehouse, "SELECT count(*) AS n FROM s WHERE text LIKE '%I fly VX this “ear worm%won’t%'"
    ) == [(1,)]
