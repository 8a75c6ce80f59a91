"""A company's own tables, as files and in PostgreSQL: the same questions, the same answers."""

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from wayline.metrics.tests.conformance import asked, story
from wayline.metrics.tests.conformance.test_engines_agree import differences
from wayline.warehouse import connect, native
from wayline.warehouse.embedded import EmbeddedWarehouse
from wayline.warehouse.own import OwnTables
from wayline.warehouse.testing import fill, make_row

pytestmark = pytest.mark.slow
OWN = ("behavior", "answer")  # the other kinds were sent in
# Every kind of question that fetches differently; all of asked.ALL were tried by hand.
QUESTIONS = (
    "nps by what is often missing, where it was not big",
    "repeat_contact by what is often missing, where it was not big",
    "signals by week, in Kiel, of a segment",
    "retention by week, in Kiel, of a segment",
    "flow with many words, and the period before",
    "flow of a segment",
    "flow of subjects",
    "who said something",
    "whole paths of payers",
    "fields",
    "segment",
    "segments by who told it and when",
    "ends",
    "timeline before",
    "trait names",
)
PROPERTIES = ("amount", "campaign", "agent", "direction")
TRAITS = ("plan", "seats")
MAPPED = {
    "workspace": 1,
    "customer": "who",
    "at": "happened at",
    "key": "n",
    "name_from": "what",
    "columns": {
        "channel": "channel",
        "source": "source",
        "subject": "subject",
        "step": "step",
        "scale": "scale",
        "text": "said",
        "score": "score",
        "weight": "weight",
        "value": "worth",
    },
    "properties": PROPERTIES,
    "traits": TRAITS,
}


def rows_of_company() -> list[dict]:
    """The story as a company would keep it: one wide table for each kind."""
    traits = {each["customer"]: each["traits"] for each in story.CUSTOMERS}
    plain = []
    for row in (make_row(**row) for row in story.signals()):
        kept = {"n": row["seq"], "who": row["customer"], "happened at": row["at"], "what": row["name"]}
        kept |= {MAPPED["columns"][name]: row.get(name) for name in MAPPED["columns"]}
        kept |= {name: row["properties"].get(name) for name in PROPERTIES}
        kept |= {name: traits.get(row["customer"], {}).get(name) for name in TRAITS}
        plain.append(kept | {"kind": row["kind"]})
    return plain


@pytest.fixture(autouse=True)
def nobody_was_erased(erased_people):
    pass


@pytest.fixture(scope="module")
def company(postgresql, tmp_path_factory):
    """What the company keeps, where it puts files, and its PostgreSQL."""
    return rows_of_company(), tmp_path_factory.mktemp("company"), postgresql


@pytest.fixture(scope="module")
def over_files(company):
    rows, folder, _ = company
    tables = []
    for kind in OWN:
        path = folder / f"{kind}.parquet"
        parquet.write_table(in_arrow([row for row in rows if row["kind"] == kind]), path)
        tables.append(native.OwnTable(parquet=str(path), kind=kind, **MAPPED))
    yield from answering(EmbeddedWarehouse(own=OwnTables(tables), threads=1))


@pytest.fixture(scope="module")
def over_postgresql(company):
    import psycopg

    rows, _, url = company
    with psycopg.connect(url) as connection:
        for kind in OWN:
            theirs = in_arrow([row for row in rows if row["kind"] == kind])
            columns = ", ".join(f'"{field.name}" {sort_of(field)}' for field in theirs.schema)
            connection.execute(f'CREATE TABLE "{kind}" ({columns})')
            with connection.cursor().copy(f'COPY "{kind}" FROM STDIN') as copy:
                for row in theirs.to_pylist():
                    copy.write_row(list(row.values()))
    tables = [native.OwnTable(postgresql=kind, kind=kind, **MAPPED) for kind in OWN]
    yield from answering(EmbeddedWarehouse(own=OwnTables(tables, url), threads=1))


def in_arrow(rows: list[dict]) -> pa.Table:
    kinds = {"n": pa.int64(), "who": pa.int32(), "happened at": pa.timestamp("us", "UTC")}
    kinds |= dict.fromkeys(("score", "weight", "worth"), pa.float64())
    return pa.table(
        {
            name: pa.array([row[name] for row in rows], kinds.get(name, pa.string()))
            for name in rows[0]
            if name != "kind"
        }
    )


def sort_of(field: pa.Field) -> str:
    sorts = {"int64": "bigint", "int32": "integer", "double": "double precision", "string": "text"}
    return sorts.get(str(field.type), "timestamptz")


def answering(warehouse):
    """What it answers; what the company does not keep itself was sent in."""

    def answer(question: str):
        with connect.using(warehouse):
            return asked.ALL[question]()

    with connect.using(warehouse):
        fill([row for row in story.signals() if row.get("kind", "behavior") not in OWN])
    yield answer
    warehouse.close()


@pytest.mark.parametrize("question", QUESTIONS)
def test_postgresql_agrees_with_files(question, over_files, over_postgresql):
    assert differences(over_postgresql(question), over_files(question)) == []
