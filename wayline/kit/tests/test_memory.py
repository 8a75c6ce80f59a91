import subprocess
import sys

import pytest

from wayline.kit import memory

FAULTS = """
import resource
import numpy as np
from wayline.kit import memory
if {keeps}:
    memory.keep_freed()
np.ones(4_000_000), np.ones(1_000_000)  # freed at once
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    arrays = [np.ones(1_000_000) for _ in range(8)]
    del arrays
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def pages_asked_for(*, keeps: bool) -> int:
    program = FAULTS.format(keeps=keeps)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return int(done.stdout)


def test_arrays_are_written_into_what_earlier_ones_gave_back():
    if not memory.keep_freed():
        pytest.skip("this system's allocator has no such options")

    assert pages_asked_for(keeps=True) < pages_asked_for(keeps=False) / 5


def test_where_the_allocator_is_another_nothing_changes(monkeypatch):
    monkeypatch.setattr(memory.ctypes, "CDLL", lambda name: object())

    assert memory.keep_freed() is False
