"""Work in the background: a lease queue in the relational database.

Job: one piece of work, enqueued in the transaction that wants it done. A worker takes it with a lease; when
the worker dies the lease runs out and another takes it, so every task may run twice and must allow for it.
"""

from .queue import enqueue
from .registry import LONG, task

__all__ = ["LONG", "enqueue", "task"]
