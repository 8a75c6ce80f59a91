"""A synthetic log: customers who sign up, try, stop and answer surveys. The same seed, the same log."""

from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa

from wayline.warehouse import tables

FUNNEL = ("Signed Up", "Connected Source", "Built Report", "Invited Colleague")
NAMES = (*FUNNEL, *(f"Used Feature {number:02}" for number in range(1, 37)))
SURVEY = "NPS Answered"
SIGNALS_EACH = 20
YEAR_START = int(datetime(2025, 1, 1, tzinfo=UTC).timestamp() * 1e6)
YEAR_END = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp() * 1e6)
DAY = 86_400_000_000
CHANNELS = np.array(["web", "email", "phone", "app"])


def size_of(text: str) -> int:
    """10m, 500k or a plain number."""
    factors = {"k": 1_000, "m": 1_000_000}
    return int(float(text[:-1]) * factors[text[-1]]) if text[-1] in factors else int(text)


def chunks(signals: int, *, seed: int = 7, customers_at_once: int = 100_000) -> Iterator[pa.Table]:
    """Rows of the signals table, sorted by customer and time."""
    customers = max(1, signals // SIGNALS_EACH)
    rng = np.random.default_rng(seed)
    for first in range(0, customers, customers_at_once):
        count = min(customers_at_once, customers - first)
        yield _chunk(rng, first, count, seq_from=first * SIGNALS_EACH)


def _chunk(rng: np.random.Generator, first: int, count: int, seq_from: int) -> pa.Table:
    rows = count * SIGNALS_EACH
    customer = np.repeat(np.arange(first + 1, first + count + 1, dtype=np.int64), SIGNALS_EACH)
    joined = rng.integers(YEAR_START, YEAR_END - 60 * DAY, count)
    gaps = rng.exponential(1.8 * DAY, (count, SIGNALS_EACH)).astype(np.int64)
    at = (joined[:, None] + gaps.cumsum(axis=1) - gaps[:, :1]).ravel()
    name = _names(rng, count).ravel()
    is_answer = (rng.random(rows) < 0.03) & (name >= len(FUNNEL))
    score = np.where(is_answer, np.clip(np.round(rng.normal(7.6, 2.3, rows)), 0, 10), np.nan)
    names = pa.array([*NAMES, SURVEY], pa.string())
    code = pa.array(np.where(is_answer, len(NAMES), name).astype(np.int32))
    seq = np.arange(seq_from, seq_from + rows, dtype=np.int64)
    columns = {
        "workspace": np.ones(rows, np.int64),
        "customer": customer,
        "at": pa.array(at.view("datetime64[us]")),
        "seq": seq,
        "profile": customer,
        "received_at": pa.array(at.view("datetime64[us]")),
        "key": _keys(rng, rows),
        "kind": pa.DictionaryArray.from_arrays(
            pa.array(is_answer.astype(np.int8)), pa.array(["behavior", "answer"])
        ).cast(pa.string()),
        "name": pa.DictionaryArray.from_arrays(code, names).cast(pa.string()),
        "channel": pa.DictionaryArray.from_arrays(
            pa.array(rng.integers(0, len(CHANNELS), rows, dtype=np.int8)), pa.array(CHANNELS)
        ).cast(pa.string()),
        "score": pa.array(score, from_pandas=True),
        "scale": pa.DictionaryArray.from_arrays(
            pa.array(np.zeros(rows, np.int8), mask=~is_answer), pa.array(["nps"])
        ).cast(pa.string()),
    }
    schema = tables.SIGNALS.to_pyarrow()
    return pa.table(
        {name: pa.array(values).cast(schema.field(name).type) for name, values in columns.items()}
    )


def _names(rng: np.random.Generator, count: int) -> np.ndarray:
    """Everybody signs up and uses features; some go on along the funnel, in any order: 12 % of signals."""
    popularity = 1 / np.arange(1, len(NAMES) - len(FUNNEL) + 1)
    name = rng.choice(
        np.arange(len(FUNNEL), len(NAMES)), (count, SIGNALS_EACH), p=popularity / popularity.sum()
    ).astype(np.int32)
    name[:, 0] = 0
    name[rng.random((count, SIGNALS_EACH)) < 0.01] = 0
    for step, share in ((1, 0.035), (2, 0.025), (3, 0.015)):
        chosen = rng.random((count, SIGNALS_EACH)) < share
        chosen[:, 0] = False
        name[chosen] = step
    return name


def _keys(rng: np.random.Generator, rows: int) -> pa.Array:
    """128 random bits in hex, written by table lookup: a million keys a second is not enough here."""
    digits = np.frombuffer(b"0123456789abcdef", np.uint8)
    hexes = digits[rng.integers(0, 16, rows * 32, dtype=np.uint8)]
    offsets = np.arange(0, rows * 32 + 1, 32, dtype=np.int32)
    return pa.Array.from_buffers(pa.string(), rows, [None, pa.py_buffer(offsets), pa.py_buffer(hexes)])
