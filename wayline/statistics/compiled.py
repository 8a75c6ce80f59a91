"""Loops over rows as fast as the machine's own code.

A loop says what is computed more plainly than a chain of array operations; Numba makes it quick. The machine
code is kept beside the source, or where NUMBA_CACHE_DIR says, so that only the first use waits for it.
"""

from collections.abc import Callable
from typing import TypeVar, cast

import numba

Loop = TypeVar("Loop", bound=Callable)


def compiled(loop: Loop) -> Loop:
    """The loop as machine code that leaves the interpreter free for other threads."""
    try:
        made = numba.njit(cache=True, nogil=True)(loop)
    except RuntimeError:  # nowhere to keep it, as in a container that cannot be written to
        made = numba.njit(nogil=True)(loop)
    return cast(Loop, made)
