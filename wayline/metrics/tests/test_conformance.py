"""The same questions on the embedded engine and on ClickHouse's own engine, and the same answers."""

from datetime import timedelta

import ibis
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from wayline.metrics import flows, observed, paths, people
from wayline.metrics.questions import FlowQuestion, FlowStep, Period
from wayline.signals.conditions import AnySignal, Did, NotCustomer, NotSignal, SignalIs, Test, TraitIs
from wayline.warehouse import connect, tables
from wayline.warehouse.testing import MONDAY, fill

chdb = pytest.importorskip("chdb", reason="ClickHouse's engine is not installed here")
pytestmark = pytest.mark.slow

NOW = MONDAY + timedelta(days=60)
PERIOD = Period(MONDAY, MONDAY + timedelta(days=30))
PRO = TraitIs(test=Test(field="plan", op="is", value="pro"))
BIG = SignalIs(names=("paid",), where=(Test(field="amount", op="over", value=50),))
STEPS = (
    FlowStep("start", "Start", SignalIs(kinds=("behavior",), names=("signed up",))),
    FlowStep("look", "Look", SignalIs(kinds=("page",)), is_required=False),
    FlowStep("pay", "Pay", AnySignal(of=(BIG, SignalIs(names=("invoiced",), channels=("mail",))))),
    FlowStep("stay", "Stay", NotSignal(of=SignalIs(names=("signed up", "paid", "invoiced", "asked")))),
)


class ClickHouse:
    """A warehouse of what another one holds, read by ClickHouse's engine in this process."""

    def __init__(self, other, folder):
        from chdb import session

        self.version = connect.next_version()
        self._session = session.Session()
        self._session.query("CREATE DATABASE IF NOT EXISTS conformance")
        self._session.query("USE conformance")
        for name in ("signals", "customers"):
            file = folder / f"{name}.parquet"
            parquet.write_table(other.run(other.table(name)), file)
            columns = ", ".join(f'"{column}" {_type_of(kind)}' for column, kind in tables.ALL[name].items())
            self._session.query(f"CREATE TABLE {name} ({columns}) ENGINE = Memory")
            self._session.query(f"INSERT INTO {name} SELECT * FROM file('{file}', Parquet)")

    def table(self, name):
        return connect.table(name)

    def run(self, expression):
        expression = expression.as_table()
        sql = ibis.to_sql(expression, dialect="clickhouse")
        rows = self._session.query(f"{sql} SETTINGS output_format_arrow_string_as_string = 1", "ArrowStream")
        found = pa.ipc.open_stream(rows.bytes()).read_all()
        wanted = [field.with_nullable(True) for field in expression.schema().to_pyarrow()]
        return found.cast(pa.schema(wanted))

    def close(self):
        self._session.close()


def _type_of(kind) -> str:
    plain = {"Int64": "Int64", "Float64": "Float64", "String": "String", "Timestamp": "DateTime64(6, 'UTC')"}
    if kind.is_map():
        return "Map(String, String)"
    name = plain[type(kind).__name__]
    return f"Nullable({name})" if kind.nullable else name


QUESTIONS = {
    "flow": lambda: flows.flow(FlowQuestion(1, STEPS, PERIOD, timedelta(days=9)), compare=True, now=NOW),
    "flow of a segment": lambda: flows.flow(
        FlowQuestion(1, STEPS, PERIOD, timedelta(days=9), segment=PRO), now=NOW
    ),
    "flow of those who did not": lambda: flows.flow(
        FlowQuestion(1, STEPS, PERIOD, None, segment=NotCustomer(of=Did(signal=BIG, at_least=2))), now=NOW
    ),
    "flow of subjects": lambda: flows.flow(FlowQuestion(1, STEPS, PERIOD, None, follow="subject"), now=NOW),
    "people": lambda: people.behind(FlowQuestion(1, STEPS, PERIOD), "start", "dropped", now=NOW),
    "graph": lambda: paths.directly_follows(1, PERIOD),
    "paths": lambda: paths.frequent_paths(1, PERIOD, start=STEPS[0].condition, end=BIG),
    "names": lambda: observed.names(1),
    "preview": lambda: observed.preview(1, BIG, PERIOD),
    "segment": lambda: observed.customers_in(1, PRO, now=NOW),
    "ends": lambda: (observed.first_at(1), observed.last_at(1)),
}


def story_of(who: int) -> list[dict]:
    """A customer's signals: who they are decides what they do."""
    order = {"customer": who, "subject": f"order {who % 7}"}
    answer = {"kind": "answer", "score": who % 11, "scale": "nps", "text": f"“{who}”"}
    amount = {"properties": {"amount": str(who * 3)}}
    story = [order | {"minute": who}, order | {"minute": 2500, "name": "asked"} | answer]
    story += [order | {"minute": 90, "kind": "page", "name": "pricing"}] * (who % 3 == 0)
    story += [order | {"minute": 2000, "name": "paid"} | amount] * (who % 2)
    story += [{"customer": who, "minute": 3000, "name": "invoiced", "channel": "mail"}] * (who % 5 == 0)
    story += [order | {"minute": 9000, "name": "renewed"}] * (who % 4 == 0)
    return story


@pytest.fixture
def both(warehouse, tmp_path):
    """The embedded warehouse and ClickHouse's, with the same signals."""
    fill(
        [row for who in range(60) for row in story_of(who)],
        customers=[{"customer": who, "traits": {"plan": ("pro", "free")[who % 2]}} for who in range(50)],
    )
    other = ClickHouse(warehouse, tmp_path)
    yield warehouse, other
    other.close()


@pytest.mark.parametrize("question", QUESTIONS)
def test_engines_agree(both, question):
    answers = []
    for engine in both:
        with connect.using(engine):
            answers.append(QUESTIONS[question]())

    assert answers[0] == answers[1]
