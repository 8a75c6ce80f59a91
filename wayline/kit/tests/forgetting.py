"""Serves a folder as a disk that forgets: python forgetting.py PLATTER MOUNTED [names], until it is killed.

Contents stay in this process until their file is synced, and names, if asked for, until their directory is.
Some of either reach the platter on their own, in no order, as from a disk's cache. A sync fails when the
file's name was read from standard input before: as with ext4 and XFS, what waited for it is then taken as
written though it was not, and each program that has the file open is told once.
"""

import errno
import itertools
import json
import os
import random
import stat
import sys
import threading
import time
from collections import Counter
from pathlib import Path

ON_ITS_OWN = 0.3  # share of what is written, or named, that the platter has before anybody syncs
BLOCK = 4_096

chance = random.Random()


class Content:
    """What programs see of one file, and what of that the platter has."""

    def __init__(self, path: Path):
        self.path = path
        self.size = path.stat().st_size
        self.changed_at = path.stat().st_mtime_ns
        self.errors = 0
        self._blocks: dict[int, bytearray] = {}  # those that differ from the platter's
        self._waiting: set[int] = set()  # and of these, the ones a sync would write
        self._cut_at: int | None = None

    def read(self, offset: int, length: int) -> bytes:
        end = min(offset + length, self.size)
        if end <= offset:
            return b""
        first = offset // BLOCK
        with self.path.open("rb") as platter:
            seen = b"".join(self._seen(platter, each) for each in range(first, (end - 1) // BLOCK + 1))
        return seen[offset - first * BLOCK : end - first * BLOCK]

    def _seen(self, platter, number: int) -> bytes:
        if number in self._blocks:
            return bytes(self._blocks[number])
        there = os.pread(platter.fileno(), BLOCK, number * BLOCK)
        if self._cut_at is not None:
            there = there[: max(0, self._cut_at - number * BLOCK)]
        return there.ljust(BLOCK, b"\0")

    def write(self, offset: int, data: bytes) -> None:
        self.changed_at = time.time_ns()
        self.size = max(self.size, offset + len(data))
        with self.path.open("r+b") as platter:
            at = offset
            while at < offset + len(data):
                number, inside = divmod(at, BLOCK)
                part = data[at - offset : at - offset + BLOCK - inside]
                block = self._changed(platter, number)
                block[inside : inside + len(part)] = part
                if chance.random() < ON_ITS_OWN:
                    self._write_down(platter, number)
                at += len(part)

    def _changed(self, platter, number: int) -> bytearray:
        if number not in self._blocks:
            self._blocks[number] = bytearray(self._seen(platter, number))
        self._waiting.add(number)
        return self._blocks[number]

    def _write_down(self, platter, number: int) -> None:
        whole = max(0, self.size - number * BLOCK)
        os.pwrite(platter.fileno(), self._blocks[number][:whole], number * BLOCK)

    def truncate(self, length: int) -> None:
        self.changed_at = time.time_ns()
        if length < self.size:
            self._cut_at = length if self._cut_at is None else min(length, self._cut_at)
            number, inside = divmod(length, BLOCK)
            for each in [each for each in self._blocks if each * BLOCK >= length]:
                del self._blocks[each]
                self._waiting.discard(each)
            if inside and number in self._blocks:
                self._blocks[number][inside:] = bytes(BLOCK - inside)
        self.size = length

    def sync(self) -> None:
        with self.path.open("r+b") as platter:
            if self._cut_at is not None:
                platter.truncate(self._cut_at)
            platter.truncate(self.size)
            for number in self._waiting:
                self._write_down(platter, number)
                del self._blocks[number]
        self._cut_at = None
        self._waiting.clear()

    def fail(self) -> None:
        self._waiting.clear()
        self.errors += 1


class Names:
    """Which paths there are, for programs and on the platter. Folders have no content."""

    def __init__(self, platter: Path, forgets: bool):
        self._forgets = forgets
        self._platter, self._kept_in = platter, platter / "names.json"
        kept = json.loads(self._kept_in.read_text()) if self._kept_in.exists() else {"/": None}
        self._kept: dict[str, int | None] = {}
        for path in sorted(kept):  # what lies in a folder whose own name was lost is lost with it
            if path == "/" or os.path.dirname(path) in self._kept:
                self._kept[path] = kept[path]
        numbers = [int(each.name) for each in platter.iterdir() if each.name.isdigit()]
        self._next = itertools.count(max(numbers, default=0) + 1)
        self.seen = {
            path: None if number is None else Content(platter / str(number))
            for path, number in self._kept.items()
        }
        self._waiting: list[dict[str, int | None | str]] = []

    def content(self, path: str) -> Content:
        found = self.seen.get(path)
        if found is None:
            raise OSError(errno.EISDIR if path in self.seen else errno.ENOENT, path)
        return found

    def create(self, path: str, mode: int) -> Content:
        if path not in self.seen:
            content = self._platter / str(next(self._next))
            os.close(os.open(content, os.O_CREAT | os.O_WRONLY, stat.S_IMODE(mode)))
            self.seen[path] = Content(content)
            self._name({path: int(content.name)})
        return self.content(path)

    def link(self, new: str, old: str) -> None:
        self.seen[new] = content = self.content(old)
        self._name({new: int(content.path.name)})

    def make_folder(self, path: str) -> None:
        self.seen[path] = None
        self._name({path: None})

    def remove(self, path: str) -> None:
        del self.seen[path]
        self._name({path: "gone"})

    def rename(self, old: str, new: str) -> None:
        changes: dict[str, int | None | str] = {}
        for path in [each for each in self.seen if each == old or each.startswith(old + "/")]:
            node = self.seen.pop(path)
            target = new + path[len(old) :]
            self.seen[target] = node
            changes[path] = "gone"
            if "/.fuse_hidden" not in target:  # so the library calls what is removed while open
                changes[target] = None if node is None else int(node.path.name)
        self._name(changes)

    def inside(self, folder: str) -> list[str]:
        return [
            os.path.basename(each) for each in self.seen if each != "/" and os.path.dirname(each) == folder
        ]

    def sync(self, folder: str) -> None:
        for changes in list(self._waiting):
            if any(os.path.dirname(path) == folder for path in changes):
                self._keep(changes)
        self._write_down()

    def _name(self, changes: dict[str, int | None | str]) -> None:
        self._waiting.append(changes)
        if not self._forgets or chance.random() < ON_ITS_OWN:
            self._keep(changes)
            self._write_down()

    def _keep(self, changes: dict[str, int | None | str]) -> None:
        self._waiting.remove(changes)
        for path, number in changes.items():
            if number == "gone":
                self._kept.pop(path, None)
            else:
                self._kept[path] = number

    def _write_down(self) -> None:
        fresh = self._kept_in.with_suffix(".fresh")
        fresh.write_text(json.dumps(self._kept))
        fresh.replace(self._kept_in)


def serve(platter: str, mounted: str, forgets: str = "") -> None:
    """Serve the folder as a file system until killed."""
    import mfusepy

    names = Names(Path(platter), forgets == "names")
    to_fail: Counter[str] = Counter()
    handles: dict[int, list] = {}  # of an open file: its content, and how many of its errors were told
    next_handle = itertools.count(1)

    def listen() -> None:
        for line in sys.stdin:
            to_fail[line.strip()] += 1
            print("will fail", line.strip(), file=sys.stderr, flush=True)

    def opened(content: Content) -> int:
        handle = next(next_handle)
        handles[handle] = [content, content.errors]
        return handle

    class Files(mfusepy.Operations):
        use_ns = True

        def access(self, path, amode):
            return 0

        def getattr(self, path, fh=None):
            if path not in names.seen:
                raise OSError(errno.ENOENT, path)
            content = names.seen[path]
            found = os.lstat(platter if content is None else content.path)
            told = {name: getattr(found, name) for name in ("st_mode", "st_nlink", "st_uid", "st_gid")}
            told |= {f"st_{each}time": getattr(found, f"st_{each}time_ns") for each in "acm"}
            if content is not None:
                told |= {"st_size": content.size, "st_mtime": content.changed_at}
            return told

        def readdir(self, path, fh):
            return [".", "..", *names.inside(path)]

        def create(self, path, mode, fi=None):
            return opened(names.create(path, mode))

        def open(self, path, flags):
            return opened(names.content(path))

        def release(self, path, fh):
            handles.pop(fh, None)
            return 0

        def read(self, path, size, offset, fh):
            return handles[fh][0].read(offset, size)

        def write(self, path, data, offset, fh):
            handles[fh][0].write(offset, bytes(data))
            return len(data)

        def truncate(self, path, length, fh=None):
            names.content(path).truncate(length)
            return 0

        def fsync(self, path, datasync, fh):
            content, told = handles[fh]
            name = os.path.basename(path)
            if to_fail[name]:
                to_fail[name] -= 1
                content.fail()
                print("failed", name, file=sys.stderr, flush=True)
            else:
                content.sync()
            if told < content.errors:
                handles[fh][1] = content.errors
                raise OSError(errno.EIO, path)
            return 0

        def fsyncdir(self, path, datasync, fh):
            names.sync(path)
            return 0

        def rename(self, old, new):
            names.rename(old, new)
            return 0

        def link(self, target, source):
            names.link(target, source)
            return 0

        def unlink(self, path):
            names.remove(path)
            return 0

        def mkdir(self, path, mode):
            names.make_folder(path)
            return 0

        def rmdir(self, path):
            if names.inside(path):
                raise OSError(errno.ENOTEMPTY, path)
            names.remove(path)
            return 0

        def chmod(self, path, mode):
            content = names.seen[path]
            return 0 if content is None else os.chmod(content.path, mode)

        def chown(self, path, uid, gid):
            return 0

        def utimens(self, path, times=None):
            return 0

        def statfs(self, path):
            found = os.statvfs(platter)
            return {name: getattr(found, name) for name in dir(found) if name.startswith("f_")}

    threading.Thread(target=listen, daemon=True).start()
    mfusepy.FUSE(Files(), mounted, foreground=True, nothreads=True, allow_other=True)


if __name__ == "__main__":
    serve(*sys.argv[1:])
