"""Write the synthetic log into a warehouse, and into Parquet for the peers."""

import sys
from pathlib import Path

import django
import pyarrow.parquet as parquet

django.setup()

from benchmarks import synthetic  # noqa: E402
from wayline.warehouse import connect  # noqa: E402

FOR_PEERS = ["customer", "at", "seq", "name", "channel", "score", "scale"]


def main(folder: Path, size: int) -> None:
    warehouse = connect.open(f"duckdb:///{folder / 'signals.duckdb'}")
    file = None
    for rows in synthetic.chunks(size):
        with warehouse.writing() as writer:
            writer.append("signals", rows)
        rows = rows.select(FOR_PEERS)
        file = file or parquet.ParquetWriter(folder / "signals.parquet", rows.schema)
        file.write_table(rows)
    file.close()
    warehouse.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
