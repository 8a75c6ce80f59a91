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

CREATE TABLE IF NOT EXISTS signals_rows_local ON CLUSTER wayline
(
    workspace Int64,
    customer Int64,
    at DateTime64(6, 'UTC'),
    seq Int64,
    profile Int64,
    received_at DateTime64(6, 'UTC'),
    key String,
    kind String,
    name String,
    channel Nullable(String),
    source Nullable(String),
    subject Nullable(String),
    step Nullable(String),
    score Nullable(Float64),
    scale Nullable(String),
    weight Nullable(Float64),
    text Nullable(String),
    value Nullable(Float64),
    properties Map(String, String),
    batch Int64 CODEC(Delta, ZSTD)
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/signals_rows', '{replica}') ORDER BY (workspace, customer, at, seq);

CREATE TABLE IF NOT EXISTS signals_rows ON CLUSTER wayline
AS signals_rows_local ENGINE = Distributed(wayline, currentDatabase(), signals_rows_local, cityHash64(workspace, customer));

CREATE TABLE IF NOT EXISTS customers_rows_local ON CLUSTER wayline
(
    workspace Int64,
    customer Int64,
    first_seen_at DateTime64(6, 'UTC'),
    traits Map(String, String),
    facts Map(String, String),
    batch Int64 CODEC(Delta, ZSTD),
    is_gone UInt8
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/customers_rows', '{replica}') ORDER BY (workspace, customer, batch);

CREATE TABLE IF NOT EXISTS customers_rows ON CLUSTER wayline
AS customers_rows_local ENGINE = Distributed(wayline, currentDatabase(), customers_rows_local, cityHash64(workspace, customer));

CREATE TABLE IF NOT EXISTS writes ON CLUSTER wayline
(
    number Int64,
    token String,
    state LowCardinality(String),
    marks Map(String, Int64),
    at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/all/writes', '{shard}-{replica}') ORDER BY (number);

CREATE TABLE IF NOT EXISTS removed ON CLUSTER wayline
(
    kind LowCardinality(String),
    workspace Int64,
    id Int64,
    batch Int64,
    number Int64
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/all/removed', '{shard}-{replica}') ORDER BY (kind, workspace, id, batch);
