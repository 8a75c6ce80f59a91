"""Files that are there after a power cut: contents, their names, and the folders these stand in."""

import os
from pathlib import Path

from django.core.files.storage import FileSystemStorage


def sync(path: Path | str) -> None:
    """What was written into the file, or which names were put into the folder, is on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def keep(path: Path, *, below: Path) -> None:
    """A new file, whole, with its name and those of its folders up to the one that was there before."""
    sync(path)
    for folder in path.parents:
        sync(folder)
        if folder == below:
            return


class Storage(FileSystemStorage):
    """Uploads that are on disk before the row that names them."""

    def _save(self, name, content):
        stored = super()._save(name, content)
        keep(Path(self.path(stored)), below=Path(self.location).parent)
        return stored
