import subprocess
import sys
from datetime import timedelta

import ibis
import pytest

from wayline.warehouse import compiled, connect
from wayline.warehouse.embedded import WarehouseHeld
from wayline.warehouse.testing import MONDAY, fill


def test_a_second_process_is_told_who_has_the_file(tmp_path):
    file = tmp_path / "signals.duckdb"
    code = (
        f"import duckdb, sys; c = duckdb.connect({str(file)!r}); print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        holder.stdout.readline()

        with pytest.raises(WarehouseHeld, match=f"process {holder.pid} .*Ask the running server"):
            connect.open(f"duckdb:///{file}")


def test_an_unknown_engine_is_refused_with_what_to_write():
    with pytest.raises(
        connect.WarehouseUnknown, match="must begin with duckdb://, clickhouse:// or spark://"
    ):
        connect.open("oracle://somewhere")


def test_expressions_that_differ_in_their_moments_are_compiled_once(monkeypatch):
    warehouse = connect.open("duckdb://")
    with connect.using(warehouse):
        fill([{"customer": 1, "minute": 0}, {"customer": 2, "minute": 60}])
    queries = compiled.CompiledQueries("duckdb")
    asked_for = []
    to_sql = ibis.to_sql
    monkeypatch.setattr(compiled.ibis, "to_sql", lambda *a, **k: asked_for.append(a) or to_sql(*a, **k))

    def asked(*minutes):
        signals = connect.table("signals")
        first, last = (ibis.literal(MONDAY.replace(tzinfo=None) + timedelta(minutes=m)) for m in minutes)
        return signals.filter(signals.at >= first, signals.at < last, signals.at != last).count().as_table()

    texts = [queries.sql(asked(0, 30)), queries.sql(asked(30, 90)), queries.sql(asked(0, 90))]

    shapes = [each for each in asked_for if "signals" in repr(each)]
    found = [warehouse._cursor().sql(text).fetchall()[0][0] for text in texts]
    assert (len(shapes), found) == (1, [1, 1, 2])
    plain = [to_sql(asked(*each), dialect="duckdb", pretty=False) for each in ((0, 30), (30, 90), (0, 90))]
    assert texts == plain
