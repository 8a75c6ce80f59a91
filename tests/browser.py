"""What tests in a real browser share: which one, waiting for a server, signing in, the rules for a page."""

import time
from pathlib import Path
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parent.parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-sync", "--disable-component-update"]
QUIET += ["--disable-background-networking"]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "preload": False}


def wait_until_ready(server, address: str, log: Path) -> None:
    patience = time.monotonic() + 240
    while time.monotonic() < patience:
        assert server.poll() is None, log.read_text()
        try:
            with urlopen(address, timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.3)
    raise AssertionError(f"The server was not ready in time:\n{log.read_text()}")


def assert_accessible(page, without: tuple[str, ...] = (), only: str = "") -> None:
    from axe_playwright_python.sync_playwright import Axe

    before = len(page.errors)
    rules = {"runOnly": {"type": "rule", "values": [only]}, "preload": False} if only else RULES
    found = Axe().run(page, options=rules).response["violations"]
    del page.errors[before:]  # axe copies the style sheets to measure, which our policy refuses: its errors
    told = [
        f"{one['id']}: {one['nodes'][0]['html'][:160]} {one['nodes'][0]['failureSummary']}"
        for one in found
        if one["id"] not in without
    ]
    assert told == [], f"{page.url}\n" + "\n".join(told)


def sign_in(page, demo) -> None:
    page.goto(demo["open"])
    page.get_by_label("E-mail").or_(page.get_by_label("Email")).first.fill(demo["email"])
    page.get_by_label("Password", exact=True).first.fill(demo["password"])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(demo["open"])
