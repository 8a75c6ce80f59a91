"""The same questions asked of pandas, Polars and ClickHouse's engine in this process, as their users would.

All have their columns in memory or in a sorted table of their own before the clock starts.
"""

import sys
from pathlib import Path

from benchmarks import timing
from benchmarks.synthetic import DAY, FUNNEL

WINDOW = 30 * DAY


def pandas(measure: str, folder: Path):
    import pandas as pd

    log = pd.read_parquet(folder / "signals.parquet").sort_values(["customer", "at"], kind="stable")
    log["name"] = log["name"].astype("category")

    def funnel():
        reached = log.loc[log.name == FUNNEL[0], ["customer", "at"]].sort_values("at")
        reached = reached.assign(start=reached["at"])
        for name in FUNNEL[1:]:
            step = log.loc[log.name == name, ["customer", "at"]].sort_values("at")
            step = pd.merge_asof(
                step, reached, on="at", by="customer", allow_exact_matches=False, direction="backward"
            ).dropna(subset=["start"])
            step = step[(step["at"] - step["start"]) <= pd.Timedelta(WINDOW, "us")]
            step["start"] = step.groupby("customer")["start"].cummax()
            reached = step
        return reached.customer.nunique()

    def directly_follows():
        follower = log.shift(-1)
        pairs = log[log.customer == follower.customer]
        following = follower.loc[pairs.index]
        frame = pd.DataFrame(
            {
                "source": pairs.name.to_numpy(),
                "target": following.name.to_numpy(),
                "customer": pairs.customer.to_numpy(),
                "wait": (following["at"] - pairs["at"]).to_numpy(),
            }
        )
        found = frame.groupby(["source", "target"], observed=True)
        return len(found.agg(n=("wait", "size"), customers=("customer", "nunique"), mean=("wait", "mean")))

    def paths():
        return log.groupby("customer", sort=False).name.agg(tuple).value_counts().size

    def nps():
        answered = log[log.scale == "nps"]
        value = (answered.score >= 9).astype(int) - (answered.score <= 6).astype(int)
        week = answered["at"].dt.to_period("W")
        return len(value.groupby([week, answered.channel]).agg(["size", "mean", "var"]))

    return locals()[measure]


def polars(measure: str, folder: Path):
    import polars as pl

    log = pl.read_parquet(folder / "signals.parquet").sort("customer", "at", maintain_order=True)
    log = log.with_columns(pl.col("name").cast(pl.Categorical))

    def funnel():
        reached = log.filter(pl.col("name") == FUNNEL[0]).select("customer", "at", start="at").sort("at")
        for name in FUNNEL[1:]:
            step = log.filter(pl.col("name") == name).select("customer", "at").sort("at")
            step = step.join_asof(
                reached, on="at", by="customer", strategy="backward", allow_exact_matches=False
            )
            step = step.filter((pl.col("at") - pl.col("start")) <= pl.duration(microseconds=WINDOW))
            reached = step.with_columns(pl.col("start").cum_max().over("customer"))
        return reached["customer"].n_unique()

    def directly_follows():
        edges = (
            log.lazy()
            .with_columns(
                target=pl.col("name").shift(-1),
                whose=pl.col("customer").shift(-1),
                wait=pl.col("at").shift(-1) - pl.col("at"),
            )
            .filter(pl.col("whose") == pl.col("customer"))
            .group_by("name", "target")
            .agg(pl.len(), customers=pl.col("customer").n_unique(), mean=pl.col("wait").mean())
        )
        return edges.collect().height

    def paths():
        whole = log.lazy().group_by("customer", maintain_order=True).agg(pl.col("name").to_physical())
        return whole.group_by("name").len().collect().height

    def nps():
        answered = log.lazy().filter(pl.col("scale") == "nps")
        value = (pl.col("score") >= 9).cast(pl.Int8) - (pl.col("score") <= 6).cast(pl.Int8)
        by = answered.group_by(pl.col("at").dt.truncate("1w"), "channel")
        return by.agg(pl.len(), mean=value.mean(), var=value.var()).collect().height

    return locals()[measure]


def clickhouse(measure: str, folder: Path):
    from chdb import session

    engine = session.Session()
    engine.query(
        "CREATE TABLE log ENGINE = MergeTree ORDER BY (customer, at, seq) AS"
        " SELECT assumeNotNull(customer) AS customer, assumeNotNull(at) AS at, assumeNotNull(seq) AS seq,"
        " CAST(name AS LowCardinality(String)) AS name, CAST(channel AS LowCardinality(Nullable(String))) AS"
        " channel, score, CAST(scale AS LowCardinality(Nullable(String))) AS scale"
        f" FROM file('{folder / 'signals.parquet'}', Parquet)"
    )
    names = ", ".join(f"name = '{name}'" for name in FUNNEL)
    wanted = ", ".join(f"'{name}'" for name in FUNNEL)
    queries = {
        "funnel": f"""
            SELECT countIf(level = 4) FROM (
                SELECT windowFunnel({WINDOW})(toUInt64(toUnixTimestamp64Micro(at)), {names}) AS level
                FROM log WHERE name IN ({wanted}) GROUP BY customer)""",
        "directly_follows": """
            SELECT count() FROM (
                SELECT name, target, count(), uniqExact(customer), avg(wait) FROM (
                    SELECT customer, name, leadInFrame(name) OVER w AS target,
                        leadInFrame(customer) OVER w AS whose, leadInFrame(at) OVER w - at AS wait
                    FROM log WINDOW w AS (PARTITION BY customer ORDER BY at, seq
                        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING))
                WHERE whose = customer GROUP BY name, target)""",
        "paths": """
            SELECT count() FROM (
                SELECT path, count() FROM (
                    SELECT groupArray(name) AS path FROM (
                        SELECT customer, name FROM log ORDER BY customer, at, seq) GROUP BY customer)
                GROUP BY path)""",
        "nps": """
            SELECT count() FROM (
                SELECT toMonday(at) AS week, channel, count(), avg((score >= 9) - (score <= 6)),
                    varSamp((score >= 9) - (score <= 6))
                FROM log WHERE scale = 'nps' GROUP BY week, channel)""",
    }

    def ask():
        return int(str(engine.query(queries[measure], "CSV")).strip())

    return ask


def main(who: str, measure: str, folder: Path, repeats: int) -> None:
    question = {"pandas": pandas, "polars": polars, "clickhouse": clickhouse}[who](measure, folder)
    timing.report(result=int(question()), **timing.repeated({who: question}, repeats))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))
