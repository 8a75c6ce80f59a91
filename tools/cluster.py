"""Writes deploy/clickhouse-cluster.sql from the layout that the product itself uses."""

import os
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wayline.settings")

REASONS = """\
-- Wayline's tables on a sharded, replicated ClickHouse cluster named "wayline" (WAYLINE_WAREHOUSE_URL ends in
-- ?cluster=wayline). Wayline makes them itself at the first start; they stand here to be read, changed and
-- made beforehand. Written by tools/cluster.py; a test compares. Create the database on every node first.
--
-- What was chosen, and why:
--  * The shard is a hash of workspace and customer, so all signals of a customer are on one shard. Flows,
--    paths, windows and segments look at one customer at a time: each shard answers for its own and only
--    sums travel. By workspace alone one large workspace would be one shard; by signal every window would
--    cross the network.
--  * The order is workspace, customer, time, arrival: what flows read lies together, and one customer's
--    timeline is a few granules.
--  * Two replicas or more of every shard (ReplicatedMergeTree, with ClickHouse Keeper on three nodes).
--    Writes wait for a quorum (insert_quorum = 'auto'), because the journal may be pruned behind them.
--  * `writes` and `removed` are small and whole on every node: their path names no shard, so all nodes
--    are replicas of one table, and every shard filters by the same committed writes.
--  * Dimension columns are Nullable, because lead() and lag() would give '' for none; sort keys are not.
"""


def text() -> str:
    from wayline.warehouse.clickhouse_tables import Layout

    statements = []
    for statement in Layout("wayline").creation():
        head, columns, rest = re.fullmatch(
            r"([^(]*?)(?: \((.*)\))?( (?:ENGINE|AS \w+ ENGINE) = .*)", statement
        ).groups()
        listed = ",\n".join(f"    {each}" for each in re.split(r", (?![^(]*\))", columns)) if columns else ""
        statements.append(head + (f"\n(\n{listed}\n)" if listed else "") + "\n" + rest.strip() + ";\n")
    return REASONS + "\n" + "\n".join(statements)


if __name__ == "__main__":
    (ROOT / "deploy" / "clickhouse-cluster.sql").write_text(text())
