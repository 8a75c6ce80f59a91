"""Which keys are certainly new, told from memory; looking through all of them costs more with each."""

import tempfile
from contextlib import suppress
from pathlib import Path

import numpy as np

LONGEST = 1 << 24  # hashes; joining longer runs would hold up loading and need twice their memory


class KnownHashes:
    """The hashes of every key there is, eight bytes each, in sorted runs whose lengths halve.

    Long runs lie in files without a name beside the warehouse's, which the system reads as memory and lets go
    of when memory is short.
    """

    def __init__(self, beside: str = "") -> None:
        self._beside = beside
        self._runs: list[np.ndarray] = []
        self.is_complete = False  # whether what was stored before this process is among them

    def add(self, hashes: np.ndarray) -> None:
        """Remember these. One that is taken away again stays: then the engine is asked for nothing."""
        run = np.sort(hashes)
        while self._runs and len(self._runs[-1]) <= min(2 * len(run), LONGEST):
            # Both are sorted already, which this kind of sorting makes use of.
            run = np.sort(np.concatenate((self._runs.pop(), run)), kind="stable")
        if len(run):
            self._runs.append(self._put_down(run) if len(run) > LONGEST else run)

    def any_of(self, hashes: np.ndarray) -> bool:
        """Whether one of them was ever added."""
        wanted = np.sort(hashes)
        return any(self._meets(run, wanted) for run in self._runs)

    def _put_down(self, run: np.ndarray) -> np.ndarray:
        if self._beside:
            # Where there is no room for it, it stays in memory.
            with suppress(OSError), tempfile.TemporaryFile(dir=Path(self._beside).parent) as file:
                run.tofile(file)
                return np.asarray(np.memmap(file, run.dtype, mode="r", shape=run.shape))
        return run

    @staticmethod
    def _meets(run: np.ndarray, wanted: np.ndarray) -> bool:
        places = np.searchsorted(run, wanted)
        return bool((run.take(places, mode="clip") == wanted).any())
