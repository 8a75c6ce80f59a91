"""Memory that arrays give back stays with the process for the next ones."""

import ctypes

# As glibc's malloc.h numbers and limits them.
TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3
KEPT = 128 << 20  # bytes; a funnel over ten million signals gives back a third of it
LARGEST = 32 << 20


def keep_freed() -> bool:
    """Ask the system's allocator to keep what is freed; False where it is no glibc, and all stays as it was.

    Memory that was given back to the system is asked for anew page by page, which on a rented machine takes
    longer than writing into it does.
    """
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    return bool(set_option and set_option(MMAP_THRESHOLD, LARGEST) and set_option(TRIM_THRESHOLD, KEPT))
