"""Signals in over HTTP against `wayline serve`: acknowledged per second, how long it took, visible when.

Every answer is waited for before the next batch on its connection. With a rate, the time of a batch counts
from when it was due, whether or not the server kept up.
"""

import base64
import bisect
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from urllib.request import Request, urlopen

import django

django.setup()

from benchmarks import synthetic, timing  # noqa: E402
from benchmarks.server import prepare  # noqa: E402
from wayline.accounts.models import Key  # noqa: E402
from wayline.accounts.testing import make_key  # noqa: E402

CONNECTIONS = 8
DRAIN_SECONDS = 300
CALL = (
    '{"type":"track","event":"%s","userId":"customer-%s","messageId":"@batch@-%d","timestamp":"@now@",'
    '"properties":{"plan":"pro","source":"bench"}}'
)
OF_ONE_CUSTOMER = 20  # signals


@dataclass
class Sent:
    """What one run did: seconds of every request, and how many signals were acknowledged by when."""

    taken: list[float] = field(default_factory=list)
    acknowledged: list[tuple[float, int]] = field(default_factory=list)
    refused: int = 0  # answers of 429 and 503, after which the same bytes were sent again
    lock: threading.Lock = field(default_factory=threading.Lock)


class Line:
    """One connection that is kept, without the cost of a client library."""

    def __init__(self, port: int, authorization: str):
        self._socket = socket.create_connection(("127.0.0.1", port), 60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._head = (
            f"POST /v1/batch HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {authorization}\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        ).encode()

    def post(self, body: bytes) -> int:
        self._socket.sendall(self._head + str(len(body)).encode() + b"\r\n\r\n" + body)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self._received()
        head, _, rest = answer.partition(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        while len(rest) < length:
            rest += self._received()
        return int(head[9:12])

    def _received(self) -> bytes:
        part = self._socket.recv(65_536)
        if not part:
            raise SystemExit("The server closed the connection.")
        return part


def batch(sender: int, number: int, size: int) -> bytes:
    """Calls that nobody has sent before, of customers with about twenty signals each."""
    first = number * size
    # Small batches share a customer with the next ones; of a large one all customers are its own.
    customer = b"%d" % ((sender << 24) + first // OF_ONE_CUSTOMER)
    name = b"%d-%d-%d" % (os.getpid(), sender, number)
    now = datetime.now(UTC).isoformat().encode()
    body = _template(size, first % len(synthetic.NAMES))
    return body.replace(b"@customer@", customer).replace(b"@batch@", name).replace(b"@now@", now)


@cache
def _template(size: int, names_from: int) -> bytes:
    """A batch without what differs from others: making each anew would take a tenth of the machine."""
    names = synthetic.NAMES
    customers = [
        "@customer@" if size <= OF_ONE_CUSTOMER else f"@batch@-{n // OF_ONE_CUSTOMER}" for n in range(size)
    ]
    calls = [CALL % (names[(names_from + n) % len(names)], customers[n], n) for n in range(size)]
    return b'{"batch":[' + ",".join(calls).encode() + b"]}"


def send(port: int, authorization: str, *, size: int, seconds: float, rate: float, run: int) -> Sent:
    """Send for so long over all connections, `rate` signals a second, or as fast as answers come for 0."""
    sent, begun = Sent(), time.perf_counter()
    apart = CONNECTIONS * size / rate if rate else 0.0

    def work(sender: int) -> None:
        line, number = Line(port, authorization), 0
        while (now := time.perf_counter()) < begun + seconds:
            due = begun + (number + sender / CONNECTIONS) * apart if rate else now
            if due > now:
                time.sleep(due - now)
            body = batch(run * CONNECTIONS + sender, number, size)
            while line.post(body) != 200:
                sent.refused += 1
                time.sleep(0.2)
            done = time.perf_counter()
            with sent.lock:
                sent.taken.append(done - due)
                sent.acknowledged.append((done, size))
            number += 1

    threads = [threading.Thread(target=work, args=(sender,)) for sender in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sent


class Watch:
    """How many signals the pages can see, asked for again and again while others send."""

    def __init__(self, port: int, token: str):
        self._asked = Request(
            f"http://127.0.0.1:{port}/api/v1/signals/account", headers={"Authorization": f"Bearer {token}"}
        )
        self.seen: list[tuple[float, int]] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def stored(self) -> int:
        with urlopen(self._asked, timeout=120) as answer:
            return json.loads(answer.read())["stored"]

    def __enter__(self):
        self._before = self.stored()
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.is_set():
            self.seen.append((time.perf_counter(), self.stored() - self._before))
            self._over.wait(0.25)

    def lags(self, sent: Sent) -> list[float]:
        """For every acknowledged batch, the seconds until one of the looks, four a second, found it."""
        total, lags = 0, []
        counts = [count for _, count in self.seen]
        for at, size in sorted(sent.acknowledged):
            total += size
            place = bisect.bisect_left(counts, total)
            if place < len(self.seen):
                lags.append(max(0.0, self.seen[place][0] - at))
        return lags


@contextlib.contextmanager
def serving():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "wayline", "serve", "--port", str(port)], stdout=sys.stderr
    )
    try:
        for _ in range(1_200):
            with contextlib.suppress(OSError), urlopen(f"http://127.0.0.1:{port}/livez", timeout=5):
                break
            time.sleep(0.1)
        yield port, server
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(60)


@dataclass(frozen=True)
class Processes:
    """Some of the server's processes. What they used of the processor counts even on a busy machine."""

    pids: tuple[int, ...]

    def memory(self) -> int:
        """The most they ever held."""
        said = (Path(f"/proc/{pid}/status").read_text().split("VmHWM:")[1] for pid in self.pids)
        return sum(int(each.split()[0]) for each in said) * 1024

    def worked(self) -> float:
        """Seconds of processor time so far."""
        spent = (Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in self.pids)
        return sum(int(each[11]) + int(each[12]) for each in spent) / os.sysconf("SC_CLK_TCK")


def processes(pid: int) -> tuple[Processes, Processes]:
    """Those that listen and the one with the pages."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return Processes(tuple(map(int, children))), Processes((pid,))


def main(size: int, seconds: float, rate: float) -> None:
    workspace = prepare()
    key = make_key(kind=Key.Kind.WRITE, workspace=workspace)
    reader = make_key(role="viewer", workspace=workspace)
    authorization = "Basic " + base64.b64encode(f"{key.secret}:".encode()).decode()
    with serving() as (port, server):
        send(port, authorization, size=size, seconds=2, rate=rate, run=0)
        time.sleep(3)
        front, pages = processes(server.pid)
        worked = front.worked(), pages.worked()
        with Watch(port, reader.secret) as watch:
            begun = time.perf_counter()
            sent = send(port, authorization, size=size, seconds=seconds, rate=rate, run=1)
            sending = time.perf_counter() - begun
            total = sum(count for _, count in sent.acknowledged)
            while watch.seen[-1][1] < total and time.perf_counter() - begun < seconds + DRAIN_SECONDS:
                time.sleep(0.1)
            loading = time.perf_counter() - begun
        costs = [
            (now.worked() - then) / total * 1e6 for now, then in zip((front, pages), worked, strict=True)
        ]
        held = front.memory(), pages.memory()
    lags, taken = sorted(watch.lags(sent)), sorted(sent.taken)
    timing.report(
        wayline=taken,
        signals_per_second=total / sending,
        visible_per_second=watch.seen[-1][1] / loading,
        p50=_share(taken, 0.5),
        p99=_share(taken, 0.99),
        visible_p50=_share(lags, 0.5),
        visible_p95=_share(lags, 0.95),
        turned_away=sent.refused,
        result=total,
        front_microseconds=costs[0],  # of processor time, for each signal
        pages_microseconds=costs[1],
        front_memory=held[0],
        pages_memory=held[1],
    )


def _share(values: list[float], share: float) -> float:
    return values[min(int(len(values) * share), len(values) - 1)] if values else 0.0


if __name__ == "__main__":
    main(int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4]))
