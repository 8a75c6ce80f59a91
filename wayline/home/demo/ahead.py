"""The demo's world is invented in a process of its own, while this one loads what was invented before.

Each group follows from the seed and its number alone, so it is the same whoever invents it. Groups come over
a pipe, encoded; where that process ends early, the rest is invented here.
"""

import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial

import msgspec

from wayline.signals.vocabulary import Signal

from . import world

Group = list[Signal]
AHEAD = 2  # groups that wait, about 100,000 signals each
WORTH_IT = 3  # groups; for fewer, starting a process costs more than it saves
LENGTH = 8  # bytes

_decoder = msgspec.msgpack.Decoder(Group)


def groups(*, customers: int, seed: int, now: datetime) -> Iterator[Group]:
    """The same groups as `world.generate`, invented ahead where there is a second core and enough to do."""
    count = -(-customers // world.GROUP)
    generate = partial(world.generate, customers=customers, seed=seed, now=now)
    if count < WORTH_IT or (os.cpu_count() or 1) < 2:
        yield from generate()
        return
    given = 0
    for group in _invented(customers, seed, int(now.timestamp())):
        given += 1
        yield group
    yield from generate(begin=given)


def _invented(customers: int, seed: int, moment: int) -> Iterator[Group]:
    command = [sys.executable, "-m", __name__, str(customers), str(seed), str(moment)]
    try:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)  # noqa: S603
    except OSError:
        return
    waiting: queue.Queue[bytes] = queue.Queue(AHEAD)
    reader = threading.Thread(target=_read, args=(process.stdout, waiting), daemon=True)
    reader.start()
    try:
        while encoded := waiting.get():
            yield _decoder.decode(encoded)
    finally:
        process.kill()
        process.wait()
        while reader.is_alive():  # it may be waiting for room
            with suppress(queue.Empty):
                waiting.get(timeout=0.1)


def _read(pipe, waiting: "queue.Queue[bytes]") -> None:
    while (length := pipe.read(LENGTH)) and len(length) == LENGTH:
        encoded = pipe.read(int.from_bytes(length))
        if len(encoded) < int.from_bytes(length):
            break
        waiting.put(encoded)
    waiting.put(b"")


def main(customers: int, seed: int, moment: int) -> None:
    """Invent one group after another, and hand each over as soon as it is there."""
    encoder = msgspec.msgpack.Encoder()
    out = sys.stdout.buffer
    for group in world.generate(customers=customers, seed=seed, now=datetime.fromtimestamp(moment, UTC)):
        encoded = encoder.encode(group)
        out.write(len(encoded).to_bytes(LENGTH))
        out.write(encoded)
        out.flush()


if __name__ == "__main__":
    import django

    django.setup()
    main(*(int(each) for each in sys.argv[1:4]))
