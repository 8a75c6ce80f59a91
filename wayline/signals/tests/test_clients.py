"""Unmodified public clients of other products send to a server on loopback, and everything arrives once."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from .running import Server

NODE = Path(__file__).parent / "node_client.mjs"
SEGMENT_NODE = "@segment/analytics-node@2.3.0"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("clients"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def segment_node(tmp_path_factory):
    """A folder with Segment's Node client, fetched once by npm into a cache."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("no node and npm (apt install nodejs npm)")
    folder = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "wayline" / "node"
    if not (folder / "node_modules/@segment/analytics-node").exists():
        folder.mkdir(parents=True, exist_ok=True)
        fetched = subprocess.run(
            [
                "npm",
                "install",
                "--prefix",
                folder,
                "--no-audit",
                "--no-fund",
                "--ignore-scripts",
                SEGMENT_NODE,
            ],
            capture_output=True,
            text=True,
            timeout=240,
        )
        if fetched.returncode:
            pytest.skip(f"npm could not fetch {SEGMENT_NODE}: {fetched.stderr.strip()[-200:]}")
    return folder


def seen_by(client: str, found: list[dict]) -> list[dict]:
    return [each for each in found if (each["subject"] or "").startswith(client)]


def test_segments_python_client(server):
    from segment.analytics.client import Client

    failures = []
    client = Client(
        write_key=server.key,
        host=server.address,
        on_error=lambda error, batch: failures.append(error),
        gzip=True,
    )
    client.identify("ines", {"email": "ines@example.com", "plan": "pro"})
    for number in range(250):
        client.track("ines", "Order Completed", {"order_id": f"python-{number}", "total": 9.5})
    client.page("ines", "Shop", "Pricing", {"path": "/pricing"})
    client.screen("ines", "Shop", "Basket", {})
    client.group("ines", "fernbrook", {"name": "Fernbrook"})
    client.alias("visitor-1", "ines")
    client.shutdown()

    assert failures == []
    assert arrived(server, "segment python", stored=252, facts=3)


def test_segments_node_client(server, segment_node):
    done = subprocess.run(
        ["node", str(NODE)],
        env=os.environ | {"HOST": server.address, "KEY": server.key, "PACKAGES": str(segment_node)},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.returncode == 0, done.stderr
    assert arrived(server, "segment node", stored=42, facts=3)


def test_rudderstacks_python_client(server):
    from rudderstack.analytics.client import Client

    failures = []
    client = Client(
        write_key=server.key,
        host=server.address,
        on_error=lambda error, batch: failures.append(error),
        gzip=True,
    )
    client.identify("tom", {"email": "tom@example.com"})
    for number in range(40):
        client.track("tom", "Order Completed", {"order_id": f"rudder-{number}", "revenue": 5})
    client.page("tom", "Shop", "Pricing", {"path": "/pricing"})
    client.group("tom", "fernbrook", {"name": "Fernbrook"})
    client.alias("visitor-2", "tom")
    client.shutdown()

    assert failures == []
    assert arrived(server, "rudderstack", stored=41, facts=3)


def test_posthogs_python_client(server):
    from posthog import Posthog

    failures = []
    client = Posthog(
        server.key, host=server.address, gzip=True, on_error=lambda error, batch: failures.append(error)
    )
    for number in range(40):
        client.capture(
            "Order Completed", distinct_id="ann", properties={"order_id": f"hog-{number}", "revenue": 5}
        )
    client.set(distinct_id="ann", properties={"email": "ann@example.com"})
    client.alias("visitor-3", "ann")
    client.group_identify("company", "fernbrook", {"name": "Fernbrook"})
    client.capture("Looked around")
    client.shutdown()

    assert failures == []
    assert arrived(server, "posthog", stored=41, facts=3)


_totals = {"stored": 0, "facts": 0}


def arrived(server: Server, client: str, *, stored: int, facts: int) -> bool:
    """Whether the running server has just these more, nothing refused, nothing twice, nothing missing."""
    _totals["stored"] += stored
    _totals["facts"] += facts
    account = server.wait_until_loaded(sum(_totals.values()))
    expected = {"duplicates": 0, "refused": 0, "waiting": 0, "missing": 0} | _totals
    assert {name: account.get(name, 0) for name in expected} == expected, client
    return True
