"""A disk that forgets what was not synced when its power is cut.

What lies in one folder is what the platter holds; another is where the disk is mounted. Writes stay in the
memory of the process that serves it until their file is synced, but for some that reach the platter on their
own, in no order, as from a disk's cache. Killing that process is the power cut. Names (creating, renaming,
removing) are kept at once: only contents are forgotten.
"""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

ON_ITS_OWN = 0.3  # share of the writes that the platter has before anybody syncs
PATIENCE = 10  # seconds


class NotMounted(Exception):
    """This machine does not let a process serve a file system."""


class Disk:
    """One that is mounted at a folder; what it remembers lies in another."""

    def __init__(self, platter: Path, mounted: Path):
        self.platter, self.mounted = platter, mounted
        self.process: subprocess.Popen | None = None
        platter.mkdir()
        mounted.mkdir()
        self.power_up()

    def power_up(self) -> None:
        command = [sys.executable, __file__, str(self.platter), str(self.mounted)]
        log = self.platter.with_suffix(".log")
        with log.open("w") as said:
            self.process = subprocess.Popen(command, stderr=said)
        patience = time.monotonic() + PATIENCE
        while not os.path.ismount(self.mounted):
            if self.process.poll() is not None or time.monotonic() > patience:
                self.process.kill()
                raise NotMounted(log.read_text().strip().rpartition("\n")[2])
            time.sleep(0.01)

    def sync(self) -> None:
        for path in self.mounted.rglob("*"):
            if path.is_file():
                with path.open("rb") as file:
                    os.fsync(file.fileno())

    def cut(self) -> None:
        """From this moment nothing more reaches the platter, and what was not synced is gone."""
        self.process.kill()
        self.process.wait(PATIENCE)

    def unmount(self) -> None:
        subprocess.run(["umount", "--lazy", str(self.mounted)], check=True)


class Unsynced:
    """What was written into one file since it was synced last, in its order."""

    def __init__(self, size: int):
        self.size = size
        self.changes: list[tuple[int, bytes | None]] = []  # None: cut off here

    def seen(self, there: bytes, offset: int, length: int) -> bytes:
        """A part of the file as programs see it; `there` is what the platter holds of it."""
        part = bytearray(there.ljust(length, b"\0"))
        for at, data in self.changes:
            if data is None:
                keep = min(max(at - offset, 0), length)
                part[keep:] = bytes(length - keep)
                continue
            begin, end = max(at, offset), min(at + len(data), offset + length)
            if begin < end:
                part[begin - offset : end - offset] = data[begin - at : end - at]
        return bytes(part[: max(0, min(length, self.size - offset))])


def serve(platter: str, mounted: str) -> None:
    """Serve the folder as a file system until killed."""
    import mfusepy

    chance = random.Random()
    unsynced: dict[str, Unsynced] = {}

    def real(path: str) -> str:
        return platter + path

    def changed(path: str) -> Unsynced:
        return unsynced.setdefault(path, Unsynced(os.stat(real(path)).st_size))

    def write_down(path: str, at: int, data: bytes | None) -> None:
        with open(real(path), "r+b") as file:
            if data is None:
                file.truncate(at)
            else:
                os.pwrite(file.fileno(), data, at)

    class Files(mfusepy.Operations):
        """Every call names its file by the path it has now."""

        use_ns = True

        def access(self, path, amode):
            return 0

        def getattr(self, path, fh=None):
            found = os.lstat(real(path))
            told = {name: getattr(found, name) for name in dir(found) if name.startswith("st_")}
            wanted = ("st_mode", "st_nlink", "st_size", "st_uid", "st_gid")
            told = {name: told[name] for name in wanted}
            told |= {f"st_{each}time": getattr(found, f"st_{each}time_ns") for each in "acm"}
            if path in unsynced:
                told["st_size"] = unsynced[path].size
            return told

        def readdir(self, path, fh):
            return [".", "..", *os.listdir(real(path))]

        def create(self, path, mode, fi=None):
            os.close(os.open(real(path), os.O_CREAT | os.O_WRONLY | os.O_TRUNC, mode))
            unsynced.pop(path, None)
            return 0

        def open(self, path, flags):
            os.stat(real(path))
            return 0

        def read(self, path, size, offset, fh):
            with open(real(path), "rb") as file:
                there = os.pread(file.fileno(), size, offset)
            return unsynced[path].seen(there, offset, size) if path in unsynced else there

        def write(self, path, data, offset, fh):
            file = changed(path)
            file.changes.append((offset, bytes(data)))
            file.size = max(file.size, offset + len(data))
            if chance.random() < ON_ITS_OWN:
                write_down(path, offset, bytes(data))
            return len(data)

        def truncate(self, path, length, fh=None):
            file = changed(path)
            file.changes.append((length, None))
            file.size = length
            return 0

        def fsync(self, path, datasync, fh):
            for change in unsynced.pop(path, Unsynced(0)).changes:
                write_down(path, *change)
            return 0

        def rename(self, old, new):
            os.rename(real(old), real(new))
            unsynced.pop(new, None)
            if old in unsynced:
                unsynced[new] = unsynced.pop(old)
            return 0

        def unlink(self, path):
            os.unlink(real(path))
            unsynced.pop(path, None)
            return 0

        def mkdir(self, path, mode):
            return os.mkdir(real(path), mode)

        def rmdir(self, path):
            return os.rmdir(real(path))

        def chmod(self, path, mode):
            return os.chmod(real(path), mode)

        def chown(self, path, uid, gid):
            return os.chown(real(path), uid, gid)

        def utimens(self, path, times=None):
            return 0

        def statfs(self, path):
            found = os.statvfs(platter)
            return {name: getattr(found, name) for name in dir(found) if name.startswith("f_")}

    mfusepy.FUSE(Files(), mounted, foreground=True, nothreads=True, allow_other=True)


if __name__ == "__main__":
    serve(*sys.argv[1:])
