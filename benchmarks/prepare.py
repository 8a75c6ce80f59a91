"""Write the synthetic log into a warehouse, and into Parquet for the peers."""

import sys
from pathlib import Path

import django
import numpy as np
import pyarrow.parquet as parquet

django.setup()

from benchmarks import engines, synthetic  # noqa: E402

FOR_PEERS = ["customer", "at", "seq", "name", "channel", "score", "scale"]


def main(folder: Path, size: int, engine: str) -> None:
    peers = None
    with engines.opened(engine, folder) as warehouse:
        for rows in synthetic.chunks(size):
            with warehouse.writing() as writer:
                writer.append("signals", rows)
            if engine == "duckdb":
                rows = rows.select(FOR_PEERS)
                peers = peers or parquet.ParquetWriter(folder / "signals.parquet", rows.schema)
                peers.write_table(rows)
    if peers:
        peers.close()
        _for_pm4py(folder)
    (folder / f"{engine}.written").touch()


def _for_pm4py(folder: Path) -> None:
    """Its environment reads no Parquet; it has NumPy."""
    rows = parquet.read_table(folder / "signals.parquet", columns=["customer", "at", "name"])
    names = rows["name"].combine_chunks().dictionary_encode()
    np.savez(
        folder / "log.npz",
        customer=rows["customer"].to_numpy(),
        at=rows["at"].to_numpy(),
        name=names.indices.to_numpy(),
        names=np.array(names.dictionary.to_pylist()),
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
