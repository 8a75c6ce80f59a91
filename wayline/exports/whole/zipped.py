"""A folder as one file. What is packed already is not packed again."""

import zipfile
from pathlib import Path

PACKED = {".parquet", ".webp", ".zip", ".gz"}


def write(folder: Path, target: Path) -> None:
    """Put every file of the folder into a zip of this name."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as packed:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                how = zipfile.ZIP_STORED if path.suffix in PACKED else zipfile.ZIP_DEFLATED
                packed.write(path, path.relative_to(folder).as_posix(), compress_type=how)
