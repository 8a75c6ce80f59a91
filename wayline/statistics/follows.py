"""What directly follows what, and which whole paths are the same: one look at each row.

Rows come by unit, time and arrival, in blocks that never cut a customer in two. Sums are of whole numbers, so
that they are the same however the rows are cut into blocks.
"""

import numpy as np

from .compiled import compiled

SECOND = 1_000_000  # microseconds
NOBODY = -1
# Two hashes of 64 bits and the length tell paths apart.
ODDS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F], np.uint64)


class Tally:
    """Counts of names and of what follows what (code: source × width + target), added up block by block."""

    def __init__(self, width: int):
        self.width = width
        self.customers_seen = 0
        self.count, self.customers, self.first, self.last = np.zeros((4, width), np.int64)
        self.edge_count, self.edge_customers = np.zeros((2, width * width), np.int64)
        # Years of time in microseconds, of many millions of rows, are more than one number can hold.
        self._seconds, self._micros = np.zeros((2, width * width), np.int64)
        self._seen, self._edge_seen = np.full(width, NOBODY), np.full(width * width, NOBODY)

    def add(self, unit: np.ndarray, customer: np.ndarray, at: np.ndarray, name: np.ndarray) -> None:
        """Count a block: all rows of some customers, each unit's together, each customer's units together."""
        names = (self.count, self.customers, self.first, self.last, self._seen)
        edges = (self.edge_count, self.edge_customers, self._seconds, self._micros, self._edge_seen)
        self.customers_seen = _count(unit, customer, at, name, self.width, self.customers_seen, names, edges)

    def mean_seconds(self, code: int) -> float:
        """How long it took on average until the one name followed the other."""
        micros = int(self._seconds[code]) * SECOND + int(self._micros[code])
        return micros / int(self.edge_count[code]) / SECOND


@compiled
def _count(unit, customer, at, name, width, whose, names, edges):
    count, customers, first, last, seen = names
    edge_count, edge_customers, seconds, micros, edge_seen = edges
    for row in range(len(unit)):
        here = name[row]
        whose += row == 0 or customer[row] != customer[row - 1]
        count[here] += 1
        if seen[here] != whose:
            seen[here] = whose
            customers[here] += 1
        if row + 1 == len(unit) or unit[row + 1] != unit[row]:
            last[here] += 1
        if row == 0 or unit[row] != unit[row - 1]:
            first[here] += 1
            continue
        edge = name[row - 1] * np.int64(width) + here
        waited = at[row] - at[row - 1]
        edge_count[edge] += 1
        seconds[edge] += waited // SECOND
        micros[edge] += waited % SECOND
        if edge_seen[edge] != whose:
            edge_seen[edge] = whose
            edge_customers[edge] += 1
    return whose


def marks(width: int) -> np.ndarray:
    """Two numbers for each name, by which sequences of names are hashed; always the same ones."""
    return np.random.default_rng(20261121).integers(1, 2**63, (max(width, 1), 2), dtype=np.uint64)


@compiled
def hashes(name, first, last, marks):
    """Two hashes of the names from each first row to its last."""
    found = np.zeros((2, len(first)), np.uint64)
    for path in range(len(first)):
        one, two = np.uint64(0), np.uint64(0)
        for row in range(first[path], last[path] + 1):
            one = one * ODDS[0] + marks[name[row], 0]
            two = two * ODDS[1] + marks[name[row], 1]
        found[0, path], found[1, path] = one, two
    return found


def alike(hashes: np.ndarray, length: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which variant each path is of, how many paths each variant has, and its first one."""
    order = np.lexsort((length, hashes[1], hashes[0]))
    is_new = np.ones(len(order), bool)
    columns = (hashes[0], hashes[1], length)
    is_new[1:] = np.any([column[order[1:]] != column[order[:-1]] for column in columns], axis=0)
    variant = np.empty(len(order), np.int64)
    variant[order] = np.cumsum(is_new) - 1
    # The order keeps what is equal as it came: the first of each run is the first path.
    return variant, np.bincount(variant), order[is_new]
