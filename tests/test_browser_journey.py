"""One person's way through the product, in a real browser against a real server."""

import os
import re
import time
from pathlib import Path

import pytest

from .browser import QUIET, assert_accessible, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ORDERS = """order,customer,placed,score,words
A-1,kim,2026-05-01 10:00,5,Came a day early
A-2,lee,2026-05-02 11:30,2,Nobody told me it would be late
,,2026-05-03 09:00,4,
"""


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
