"""Signals for a trial of an upgrade: fill a server of an earlier version, then send on while it is upgraded.

    python tools/upgrade_trial.py fill http://127.0.0.1:8400 KEY --customers 1000000
    python tools/upgrade_trial.py steady KEY http://127.0.0.1:8400 http://127.0.0.1:8401 --seconds 300

It speaks HTTP only and needs nothing but Python, so that it drives any version. The same customers are the
same calls every time. `steady` sends each batch until somebody acknowledges it, to the first address that
answers, and says how many signals were acknowledged and how long a sender waited at most.
docs/operating/promise.md says what such a trial showed.
"""

import argparse
import base64
import http.client
import json
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

NAMES = ("Signed Up", "Connected Source", "Built Report", "Invited Colleague", "Asked Support")
PLANS, COUNTRIES = ("free", "pro", "team", "enterprise"), ("de", "pt", "fr", "se", "pl", "it", "nl")
FROM = datetime(2026, 1, 1, tzinfo=UTC)
CUSTOMERS_EACH = 60  # of a batch
PATIENCE = 15.0  # seconds for one answer
DAY = 86_400


class Line:
    """One connection, to the first address that answers, made anew whenever it breaks."""

    def __init__(self, key: str, addresses: list[str]):
        self._authorization = "Basic " + base64.b64encode(f"{key}:".encode()).decode()
        self._addresses = [urlsplit(each).netloc for each in addresses]
        self._connection: http.client.HTTPConnection | None = None

    def post(self, body: bytes) -> int:
        """The answer's status, or 0 where nobody answered."""
        try:
            self._connection = self._connection or self._connected()
            headers = {"Authorization": self._authorization, "Content-Type": "application/json"}
            self._connection.request("POST", "/v1/batch", body, headers)
            answer = self._connection.getresponse()
            answer.read()
            return answer.status
        except (OSError, http.client.HTTPException):
            if self._connection:
                self._connection.close()
            self._connection = None
            return 0

    def _connected(self) -> http.client.HTTPConnection:
        for address in self._addresses:
            connection = http.client.HTTPConnection(address, timeout=PATIENCE)
            try:
                connection.connect()
            except OSError:
                continue
            return connection
        raise ConnectionRefusedError


def calls(customer: int, each: int) -> list[dict]:
    """Who the customer is, and what they did in a hundred days: the same every time."""
    began = FROM + timedelta(seconds=customer * 7_919 % (220 * DAY))
    person = f"c-{customer}"
    traits = {
        "name": f"Customer {customer}",
        "email": f"c{customer}@example.com",
        "plan": PLANS[customer % len(PLANS)],
        "country": COUNTRIES[customer % len(COUNTRIES)],
        "seats": customer % 50 + 1,
    }
    said = [{"type": "identify", "userId": person, "messageId": f"{person}-i", "traits": traits}]
    for number in range(each if customer % 3 else each - 1 + customer % 2 * 2):
        at = began + timedelta(seconds=number * (1 + customer % 19) * DAY + customer % DAY)
        said.append(
            {
                "type": "track",
                "event": NAMES[min(number, customer % len(NAMES))],
                "userId": person,
                "messageId": f"{person}-{number}",
                "timestamp": at.isoformat(),
                "properties": {"value": customer % 97, "plan": traits["plan"]},
            }
        )
    return said


def fill(asked) -> None:
    """Send every customer once, over some connections at a time, as fast as the server takes them."""
    starts = iter(range(0, asked.customers, CUSTOMERS_EACH))
    lock, counted, began = threading.Lock(), Counter[str](), time.monotonic()

    def work() -> None:
        line = Line(asked.key, [asked.address])
        while (start := _next(starts, lock)) is not None:
            end = min(start + CUSTOMERS_EACH, asked.customers)
            batch = [call for one in range(start, end) for call in calls(one, asked.each)]
            body = json.dumps({"batch": batch}).encode()
            while (status := line.post(body)) != 200:
                _give_up_where_hopeless(status)
                time.sleep(0.2)
            with lock:
                counted.update(call["type"] for call in batch)

    _together(work, asked.connections)
    seconds = time.monotonic() - began
    print(json.dumps({"acknowledged": dict(counted), "seconds": round(seconds, 1)}))


def steady(asked) -> None:
    """Send at a rate while servers come and go; nothing is given up before it is acknowledged."""
    lock, sent, began = threading.Lock(), Counter[str](), time.monotonic()
    waits: list[tuple[float, float]] = []
    apart = asked.connections * asked.size / asked.rate

    def work(sender: int) -> None:
        line, number = Line(asked.key, asked.address), 0
        while time.monotonic() < began + asked.seconds:
            time.sleep(max(0.0, began + (number + sender / asked.connections) * apart - time.monotonic()))
            now = datetime.now(UTC)
            name = f"steady-{int(time.time())}-{sender}-{number}"
            batch = [
                {
                    "type": "track",
                    "event": "Went On",
                    "userId": f"s-{number}-{each}",
                    "messageId": f"{name}-{each}",
                    "timestamp": now.isoformat(),
                }
                for each in range(asked.size)
            ]
            body, begun = json.dumps({"batch": batch}).encode(), time.monotonic()
            while (status := line.post(body)) != 200:
                _give_up_where_hopeless(status)
                with lock:
                    sent[f"answers of {status}" if status else "no answer"] += 1
                time.sleep(0.05)
            with lock:
                waits.append((time.monotonic() - begun, begun - began))
                sent["acknowledged"] += asked.size
            number += 1

    _together(work, asked.connections, numbered=True)
    longest = [{"seconds": round(one, 2), "after": round(at, 1)} for one, at in sorted(waits)[-5:]]
    print(json.dumps({**sent, "batches": len(waits), "longest": longest}))


def _next(starts, lock: threading.Lock) -> int | None:
    with lock:
        return next(starts, None)


def _give_up_where_hopeless(status: int) -> None:
    if status in (400, 401, 403, 404):
        raise SystemExit(f"The server answers {status}: check the key and the address.")


def _together(work, count: int, *, numbered: bool = False) -> None:
    threads = [threading.Thread(target=work, args=(each,) if numbered else ()) for each in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("fill")
    one.add_argument("address")
    one.add_argument("key")
    one.add_argument("--customers", type=int, default=1_000_000)
    one.add_argument("--each", type=int, default=5)
    one.add_argument("--connections", type=int, default=2)
    one.set_defaults(run=fill)
    one = commands.add_parser("steady")
    one.add_argument("key")
    one.add_argument("address", nargs="+")
    one.add_argument("--seconds", type=float, default=300)
    one.add_argument("--rate", type=float, default=500)
    one.add_argument("--size", type=int, default=20)
    one.add_argument("--connections", type=int, default=4)
    one.set_defaults(run=steady)
    asked = parser.parse_args()
    asked.run(asked)


if __name__ == "__main__":
    main()
