"""Questions to begin with, by their names."""

EXAMPLES = (
    (
        "Scores by channel",
        """SELECT channel, scale, avg(score) AS mean, count(*) AS n
FROM answers
GROUP BY ALL
ORDER BY n DESC""",
    ),
    (
        "Signals of each week",
        """SELECT date_trunc('week', day) AS week, sum(signals) AS signals
FROM days
GROUP BY ALL
ORDER BY week""",
    ),
    (
        "Customers by a trait",
        """SELECT traits['plan'] AS plan, count(*) AS customers
FROM customers
GROUP BY ALL
ORDER BY customers DESC""",
    ),
    (
        "What columns mean",
        """SELECT table_name, column_name, "COLUMN_COMMENT"
FROM information_schema.columns""",
    ),
)
