"""A company's PostgreSQL tables and views, read as signals where they lie: a real server, and real errors."""

from datetime import UTC, datetime, timedelta
from hashlib import md5

import ibis
import psycopg
import pytest

from wayline.warehouse import connect, native
from wayline.warehouse.embedded import EmbeddedWarehouse
from wayline.warehouse.own import OwnTables
from wayline.warehouse.postgresql import OwnTableUnreadable, Server
from wayline.warehouse.tables import NUMBER, stored
from wayline.warehouse.testing import fill

pytestmark = pytest.mark.slow
FIRST = datetime(2026, 3, 2, 9)
MAPPED = {
    "workspace": 1,
    "postgresql": "sales.orders",
    "customer": "buyer",
    "at": "placed at",
    "key": "id",
    "name_from": "what",
    "columns": {"channel": "shop", "value": "total", "subject": "note"},
    "properties": ("coupon", "lines", "since", "is new", "pieces", "size", "customer"),
    "traits": ("country",),
}
TABLE = """
CREATE SCHEMA sales;
CREATE TYPE sales.country AS ENUM ('DE', 'DK');
CREATE TABLE sales.orders (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), buyer text, "placed at" timestamptz, what text,
    shop varchar(10), total numeric(10, 2), note text, coupon text, lines jsonb, since date,
    "is new" boolean, country sales.country, secret text, pieces bigint, size text, customer text
);
INSERT INTO sales.orders
    (buyer, "placed at", what, shop, total, note, coupon, lines, since, "is new", country, pieces, size,
    customer)
SELECT (ARRAY['ines', '41', ' 7 ', NULL, 'it''s "Ö"'])[1 + n % 5],
    CASE WHEN n = 21 THEN 'infinity' ELSE timestamptz '2026-03-02 10:00+01' + n * interval '1 hour' END,
    (ARRAY['Order Placed', 'Order Returned', 'Back\\slash'])[1 + n % 3], (ARRAY['web', NULL])[1 + n % 2],
    n / 7.0, repeat('line' || chr(10), n % 2), (ARRAY['SPRING', NULL, ''])[1 + n % 3], '[1, "a"]',
    date '2026-01-01', n % 2 = 0, (ARRAY['DE', 'DK'])[1 + n % 2]::sales.country, nullif(n % 7, 0),
    (ARRAY['7', '1e1', ' 7', '٣', '.5', '1e999', '5.', '-8', 'x', '', NULL])[1 + n % 11], 'ines'
FROM generate_series(0, 29) n;
CREATE VIEW sales.recent AS SELECT * FROM sales.orders;
"""


@pytest.fixture(scope="module")
def company(postgresql):
    """A database with orders, and a role that may read them only."""
    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute(TABLE)
        connection.execute("CREATE ROLE reader LOGIN PASSWORD 's3cr3t/pass'")
        connection.execute("GRANT USAGE ON SCHEMA sales TO reader")
        connection.execute("GRANT SELECT ON sales.orders, sales.recent TO reader")
    return postgresql


@pytest.fixture
def reader(company, erased_people):
    """The address with the reader's role."""
    return company.replace("wayline@", "reader:s3cr3t%2Fpass@")


@pytest.fixture
def opened(reader):
    """Opens a warehouse over the orders, or over what the changed mapping says."""
    warehouses = []

    def over(url: str = reader, **changed) -> EmbeddedWarehouse:
        own = native.OwnTable(**MAPPED | changed)
        warehouses.append(EmbeddedWarehouse(own=OwnTables([own], url), threads=1))
        return warehouses[-1]

    yield over
    for each in warehouses:
        each.close()


@pytest.fixture
def statements(monkeypatch):
    """What the server was asked for rows."""
    asked, read = [], Server.read

    def noted(self, own, statement):
        if "pg_attribute" not in statement:
            asked.append(statement)
        return read(self, own, statement)

    monkeypatch.setattr(Server, "read", noted)
    return asked


def number(text: str) -> int:
    return int(md5(text.encode()).hexdigest()[:15], 16)


def test_its_rows_are_signals_beside_our_own(opened):
    warehouse = opened()
    with connect.using(warehouse):
        fill([{"name": "signed up", "customer": 41}])

    rows = warehouse.run(warehouse.table("signals").order_by("at", "name")).to_pylist()

    assert len(rows) == 1 + 30 - 6 - 1  # six have no customer, one no end
    assert {row["customer"] for row in rows} == {41, 7, number("ines"), number('it\'s "Ö"')}
    first = next(row for row in rows if row["name"] == "Order Placed")
    told = {name: first[name] for name in ("at", "kind", "channel", "value", "subject", "workspace")}
    assert told == {
        "at": FIRST, "kind": "behavior", "channel": "web", "value": 0.0, "subject": "", "workspace": 1
    }  # fmt: skip
    kept = dict(first["properties"])
    told = {"coupon": "SPRING", "lines": '[1, "a"]', "since": "2026-01-01", "is new": "true"}
    assert kept == told | {"size": "7", "customer": "ines"}
    assert {row["name"] for row in rows} == {"Order Placed", "Order Returned", "Back\\slash", "signed up"}


def test_customers_have_the_traits_of_their_latest_row(opened):
    warehouse = opened()

    rows = warehouse.run(warehouse.table("customers").order_by("customer")).to_pylist()

    assert [(row["customer"], dict(row["traits"]), row["first_seen_at"]) for row in rows][:2] == [
        (7, {"country": "DK"}, FIRST + timedelta(hours=2)),
        (41, {"country": "DE"}, FIRST + timedelta(hours=1)),
    ]
    only = warehouse.table("customers").select("customer").order_by("customer")
    assert warehouse.run(only)["customer"].to_pylist() == [row["customer"] for row in rows]


def at(hours: int):
    return stored((FIRST + timedelta(hours=hours)).replace(tzinfo=UTC))


def as_number(text):
    """As conditions read the numbers among texts."""
    is_number = text.re_search(NUMBER).fill_null(False)
    return ibis.ifelse(is_number, text, ibis.null("string")).try_cast("float64")


CONDITIONS = {
    "a period": lambda s: (s["at"] >= at(3)) & (s["at"] < at(9)),
    "a moment, said the other way round": lambda s: at(5) > s["at"],
    "names": lambda s: s.name.isin(["Order Placed", "Back\\slash", "it's"]).fill_null(False),
    "another name": lambda s: s.name != "Order Placed",
    "no channel": lambda s: s.channel.isnull(),
    "not a channel that may be missing": lambda s: ~(s.channel == "web").fill_null(False),
    "unknown is not no": lambda s: ~(s.channel == "web"),
    "a value": lambda s: (s.value > 2) & (s.value <= 3.5),
    "a source that no row has": lambda s: (s.source == "key:1") | (s.value < 1),
    "a customer by text": lambda s: s.customer == number("ines"),
    "customers by number": lambda s: s.customer.isin([41, 7, 2**62]),
    "not a customer": lambda s: s.customer != 41,
    "a property": lambda s: (s.properties.get("coupon") == "").fill_null(False),
    "no property": lambda s: s.properties.get("coupon").isnull(),
    "not a property": lambda s: ~(s.properties.get("coupon") == "SPRING").fill_null(False),
    "a property that nobody mapped": lambda s: ~(s.properties.get("color") == "red").fill_null(False),
    "a property called like a field": lambda s: (s.properties.get("customer") == "ines").fill_null(False),
    "one of a property's values": lambda s: s.properties.get("pieces").isin(["1", "6"]).fill_null(False),
    "truth": lambda s: (s.properties.get("is new") == "true").fill_null(False),
    "a day": lambda s: (s.properties.get("since") == "2026-01-01").fill_null(False),
    "a document": lambda s: s.properties.get("lines").contains('"a"').fill_null(False),
    "a part of a text": lambda s: s.properties.get("coupon").contains("PRI").fill_null(False),
    "nothing is part of every text": lambda s: s.properties.get("coupon").contains("").fill_null(False),
    "how a text begins": lambda s: s.properties.get("coupon").startswith("SP").fill_null(False),
    "a whole number": lambda s: (as_number(s.properties.get("pieces")) >= 3).fill_null(False),
    "not a number in a text": lambda s: ~(as_number(s.properties.get("size")) > 6).fill_null(False),
    "a number in a text": lambda s: (as_number(s.properties.get("size")) == 7.0).fill_null(False),
    "not all of it": lambda s: ~((s.name == "Order Placed") & (s.properties.get("coupon") == "SPRING")),
    "a later row of each": lambda s: ibis.row_number().over(group_by="customer", order_by="at") > 1,
    "of those who once did": lambda s: s.customer.isin(s.filter(s.value > 3.9).customer),
    "a text with a line": lambda s: s.subject.contains("\n"),
}


@pytest.fixture(scope="module")
def everything(company):
    """All of its rows in a table of ours."""
    ours = EmbeddedWarehouse(threads=1)
    theirs = EmbeddedWarehouse(own=OwnTables([native.OwnTable(**MAPPED)], company), threads=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("wayline.warehouse.own.ErasedPeople.of", lambda *_: ())
        rows = theirs.run(theirs.table("signals"))
    with ours.writing() as writer:
        writer.append("signals", rows)
    theirs.close()
    yield ours
    ours.close()


def test_what_is_asked_of_the_server_finds_what_ours_would(opened, everything):
    signals = connect.table("signals")
    of_us, warehouse = signals.filter(signals.workspace == 1), opened()
    asked = {
        name: of_us.filter(condition(of_us)).select("seq", "customer").order_by("seq")
        for name, condition in CONDITIONS.items()
    }

    found = {name: warehouse.run(each).to_pylist() for name, each in asked.items()}

    assert found == {name: everything.run(each).to_pylist() for name, each in asked.items()}


def test_only_the_rows_and_columns_of_the_question_are_fetched_and_only_once(opened, statements):
    warehouse, signals = opened(), connect.table("signals")
    of_us = signals.filter(signals.workspace == 1, signals.name == "Order Placed", signals["at"] >= at(3))

    counted = [warehouse.run(of_us.group_by("channel").agg(n=of_us.count())).num_rows for _ in range(2)]
    warehouse.run(signals.filter(signals.workspace == 2).count())
    warehouse.run(signals.filter(signals.workspace == 1, signals.kind == "answer").count())
    warehouse.run(connect.table("marks"))

    (statement,) = statements
    assert counted == [2, 2]
    assert "\"what\" = 'Order Placed'" in statement
    assert "\"placed at\" >= '2026-03-02 12:00:00+00'::timestamptz" in statement
    assert "coupon" not in statement


def test_no_more_rows_are_fetched_than_a_list_shows(opened, everything, statements):
    warehouse, signals = opened(), connect.table("signals")
    chosen = signals.filter(signals.workspace == 1, signals.properties.get("coupon") == "SPRING")
    latest = chosen.order_by(chosen["at"].desc(), chosen.seq.desc()).limit(3).select("seq", "at")
    by_value = signals.order_by("value", "seq").limit(2).select("seq")

    found = [warehouse.run(each).to_pylist() for each in (latest, by_value)]
    any_row = warehouse.run(signals.filter(signals.name == "Order Placed").select("customer").limit(1))

    assert found == [everything.run(each).to_pylist() for each in (latest, by_value)]
    assert any_row.num_rows == 1
    ends = [statement[-60:] for statement in statements]
    assert ends[0].endswith('"placed at" DESC FETCH FIRST 3 ROWS WITH TIES')
    assert not {"LIMIT", "FETCH"} & set(ends[1].split())
    assert ends[2].endswith("LIMIT 1")


def test_the_ends_are_asked_for_as_ends(opened, statements):
    warehouse, signals = opened(), connect.table("signals")
    of_us = signals.filter(signals.workspace == 1)

    found = warehouse.run(of_us.agg(first=of_us["at"].min(), last=of_us["at"].max())).to_pylist()

    assert found == [{"first": FIRST, "last": FIRST + timedelta(hours=29)}]
    assert statements[0].count("LIMIT 1") == 2


def test_who_was_erased_is_not_shown(opened, erased_people):
    erased_people |= {"ines": datetime(2026, 3, 2, 20, tzinfo=UTC), "41": datetime(2027, 1, 1, tzinfo=UTC)}
    warehouse = opened()
    signals, customers = connect.table("signals"), connect.table("customers")

    theirs = warehouse.run(signals.filter(signals.customer == number("ines")))["at"].to_pylist()
    known = {row["customer"]: row for row in warehouse.run(customers).to_pylist()}
    ends = warehouse.run(signals.agg(first=signals["at"].min(), last=signals["at"].max()))

    assert min(theirs) == FIRST + timedelta(hours=15)
    assert known.keys() == {7, number("ines"), number('it\'s "Ö"')}
    assert known[number("ines")]["first_seen_at"] == FIRST + timedelta(hours=15)
    assert ends["first"][0].as_py() == FIRST + timedelta(hours=2)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"postgresql": "sales.gone"}, "no table or view sales.gone .* Bring it back"),
        ({"properties": ("color", "coupon")}, "has no column color. .* There are: buyer, country"),
        ({"at": "what"}, "what of sales.orders holds text, and a moment is needed"),
    ],
)
def test_a_mapping_that_is_not_so_is_refused_with_what_to_do(opened, changed, sentence):
    with pytest.raises(OwnTableUnreadable, match=sentence) as refused:
        opened(**changed).run(connect.table("signals").count())
    assert refused.value.status == 503


def test_a_table_that_may_not_be_read_is_refused_with_the_grant(opened, company):
    with psycopg.connect(company, autocommit=True) as connection:
        connection.execute("CREATE TABLE sales.hidden AS SELECT * FROM sales.orders")

    with pytest.raises(OwnTableUnreadable, match="GRANT SELECT ON sales.hidden"):
        opened(postgresql="sales.hidden").run(connect.table("signals").count())


def test_a_server_that_is_away_is_named_without_the_password(opened, reader):
    away = reader.replace(reader.rpartition(":")[2], "1/postgres")

    with pytest.raises(
        OwnTableUnreadable, match="127.0.0.1:1 cannot be reached.*Connection refused"
    ) as refused:
        opened(away).run(connect.table("signals").count())

    assert "s3cr3t" not in str(refused.value)
    assert "s3cr3t" not in repr(refused.value.__cause__)


def test_a_view_that_disappears_is_told_and_found_again(opened, company):
    warehouse, signals = opened(postgresql="sales.recent"), connect.table("signals")
    of_us = signals.filter(signals.name == "Order Placed")
    at_first = warehouse.run(signals.count())[0][0].as_py()

    with psycopg.connect(company, autocommit=True) as connection:
        connection.execute("DROP VIEW sales.recent")
        with pytest.raises(OwnTableUnreadable, match="no table or view sales.recent"):
            warehouse.run(of_us.count())
        connection.execute("CREATE VIEW sales.recent AS SELECT * FROM sales.orders")
        connection.execute("GRANT SELECT ON sales.recent TO reader")
    found = warehouse.run(of_us.count())[0][0].as_py()

    assert (at_first, found > 0) == (23, True)


def test_a_row_that_cannot_be_read_half_way_is_told(opened, company):
    with psycopg.connect(company, autocommit=True) as connection:
        connection.execute(
            "CREATE OR REPLACE VIEW sales.broken AS SELECT *, "
            "1 / (extract(hour FROM \"placed at\" AT TIME ZONE 'UTC') - 15)::int AS n FROM sales.orders"
        )
        connection.execute("GRANT SELECT ON sales.broken TO reader")

    with pytest.raises(OwnTableUnreadable, match="sales.broken cannot be read .*division by zero"):
        opened(postgresql="sales.broken", columns={"value": "n"}).run(connect.table("signals").value.sum())


def test_nothing_can_be_written_whatever_the_role_may(company):
    server, own = Server(company), native.OwnTable(**MAPPED)

    with pytest.raises(OwnTableUnreadable, match="read-only"), server.read(own, "DELETE FROM sales.orders"):
        pass

    assert server.may_write(own)
    server.close()
    with psycopg.connect(company) as connection:
        assert connection.execute("SELECT count(*) FROM sales.orders").fetchall() == [(30,)]


def test_a_reader_s_role_is_told_from_one_that_may_write(reader):
    server = Server(reader)

    assert not server.may_write(native.OwnTable(**MAPPED))
    server.close()


def test_a_postgresql_table_without_an_address_is_refused(opened):
    with pytest.raises(native.MappingUnclear, match="WAYLINE_OWN_TABLES_URL"):
        opened("")
