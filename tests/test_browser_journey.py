"""One person's way through the product, in a real browser against a real server."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ROOT = Path(__file__).resolve().parent.parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-sync", "--disable-component-update"]
QUIET += ["--disable-background-networking"]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "preload": False}
ORDERS = """order,customer,placed,score,words
A-1,kim,2026-05-01 10:00,5,Came a day early
A-2,lee,2026-05-02 11:30,2,Nobody told me it would be late
,,2026-05-03 09:00,4,
"""


@pytest.fixture(scope="module")
def chromium():
    asked = os.environ.get("WAYLINE_CHROMIUM", "")
    found = asked or next(filter(None, map(shutil.which, BROWSERS)), None)
    if not found:
        pytest.skip("no Chromium found (apt install chromium, or set WAYLINE_CHROMIUM)")
    return found


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The demo company of 600 customers on a server of its own: address, e-mail and password as printed."""
    home = tmp_path_factory.mktemp("demo")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {"WAYLINE_DATA_DIR": str(home), "PYTHONPATH": str(ROOT)}
    environment.pop("WAYLINE_BASE_URL", None)
    command = [sys.executable, "-m", "wayline", "demo", "--customers", "600", "--port", str(port)]
    log = home / "server.log"
    with log.open("w") as out:
        server = subprocess.Popen(command, env=environment, stdout=out, stderr=subprocess.STDOUT, cwd=home)
    try:
        wait_until_ready(server, f"http://127.0.0.1:{port}/health", log)
        told = log.read_text()
        yield {
            name: re.search(rf"^  {label} +(\S+)$", told, re.MULTILINE)[1]
            for name, label in (("open", "Open"), ("email", "Sign in"), ("password", "Password"))
        }
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)


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


@pytest.fixture
def page(chromium, tmp_path, request):
    """A page that fails on script errors, and leaves a picture behind when the test fails."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        page = browser.new_page(viewport={"width": 1366, "height": 900})
        page.set_default_timeout(20_000)
        errors: list[str] = []
        page.errors = errors
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on(
            "console", lambda said: said.type == "error" and errors.append(f"{said.text} {said.location}")
        )
        yield page
        if errors or getattr(request.node, "has_failed", True):
            picture = picture_of(request, tmp_path)
            page.screenshot(path=picture, full_page=True)
            print(f"A picture of the page is in {picture}")
        browser.close()
        assert errors == []


def picture_of(request, tmp_path) -> Path:
    folder = Path(os.environ.get("WAYLINE_TEST_PICTURES", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{request.node.name}.png"


def assert_accessible(page) -> None:
    from axe_playwright_python.sync_playwright import Axe

    before = len(page.errors)
    found = Axe().run(page, options=RULES).response["violations"]
    del page.errors[before:]  # axe copies the style sheets to measure, which our policy refuses: its errors
    told = [
        f"{one['id']}: {one['nodes'][0]['html'][:160]} {one['nodes'][0]['failureSummary']}" for one in found
    ]
    assert told == [], f"{page.url}\n" + "\n".join(told)


def sign_in(page, demo) -> None:
    page.goto(demo["open"])
    page.get_by_label("E-mail").or_(page.get_by_label("Email")).first.fill(demo["email"])
    page.get_by_label("Password", exact=True).first.fill(demo["password"])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(demo["open"])


def test_from_signing_in_to_the_story_of_a_lost_customer(page, demo):
    sign_in(page, demo)
    assert_accessible(page)

    page.goto(demo["open"] + "journeys/")
    assert_accessible(page)
    page.get_by_role("main").get_by_role("link", name="I get value from my new software").first.click()
    page.wait_for_url("**/journeys/*/")
    assert_accessible(page)

    biggest = page.locator("a.num.lost").first
    lost = int(re.sub(r"\D", "", biggest.inner_text().split("customers")[0]))
    assert "I connect my data" in biggest.inner_text()
    biggest.click()
    page.wait_for_url("**/people/**")
    assert page.get_by_role("heading", level=1).inner_text().startswith(f"{lost} customer")
    assert_accessible(page)

    first = page.locator("table.tbl tbody th a").first
    name = first.inner_text()
    first.click()
    page.wait_for_url("**/customers/*/")
    assert name in page.get_by_role("heading", level=1).inner_text()
    assert_accessible(page)


def test_a_file_is_imported_looked_at_and_undone(page, demo, tmp_path):
    file = tmp_path / "orders.csv"
    file.write_text(ORDERS)
    sign_in(page, demo)

    page.goto(demo["open"] + "signals/imports/new/")
    assert_accessible(page)
    page.locator("input[type=file]").first.set_input_files(file)
    page.get_by_role("button", name="Upload and look at it").click()
    page.wait_for_url(re.compile(r"/imports/\d+/"))
    assert "A-1" in page.content() or "kim" in page.content()
    assert_accessible(page)

    page.get_by_role("button", name="Start the import").click()
    undo = page.get_by_role("button", name=re.compile("Undo"))
    patience = time.monotonic() + 60
    while not undo.count() and time.monotonic() < patience:
        page.wait_for_timeout(500)
        page.reload()
    assert "1" in page.get_by_role("main").inner_text()
    assert_accessible(page)
    undo.first.click()


@pytest.mark.parametrize(
    "path",
    ["settings/", "settings/people/", "settings/keys/", "activities/", "metrics/", "customers/", "signals/"],
)
def test_every_area_is_accessible(page, demo, path):
    sign_in(page, demo)

    page.goto(demo["open"] + path)

    assert page.get_by_role("heading", level=1).count() == 1
    assert_accessible(page)
