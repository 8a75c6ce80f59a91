"""What tests in a real browser share: which one, waiting for a server, signing in, the rules for a page."""

import time
from functools import cache
from pathlib import Path
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parent.parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-sync", "--disable-component-update"]
QUIET += ["--disable-background-networking"]
# Only what is wrong is told: gathering what is right takes nearly half the time.
TOLD = {"preload": False, "resultTypes": ["violations"]}
RULES = TOLD | {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


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


@cache
def axe() -> str:
    from axe_playwright_python.sync_playwright import Axe

    return Axe().axe_script


def assert_accessible(page, without: tuple[str, ...] = (), only: str = "", within: str = "html") -> None:
    """No rule is broken: none of those of WCAG, or `only` one, in the page or `within` a part of it."""
    before = len(page.errors)
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe())
    rules = TOLD | {"runOnly": {"type": "rule", "values": [only]}} if only else RULES
    found = page.evaluate(
        "([where, rules]) => axe.run(where, rules).then(({ violations }) => violations)", [within, rules]
    )
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
