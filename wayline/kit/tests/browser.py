"""A headless browser whose pages and static files come straight from this process."""

import mimetypes
from contextlib import contextmanager
from pathlib import Path

from django.contrib.staticfiles import finders
from playwright.sync_api import Page, Route, sync_playwright

ORIGIN = "http://wayline.test"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def chromium():
    with sync_playwright() as playwright:
        installed = Path("/usr/bin/chromium")
        browser = playwright.chromium.launch(
            executable_path=str(installed) if installed.exists() else None, args=ARGUMENTS
        )
        yield browser
        browser.close()


@contextmanager
def opened(browser, html: str, *, width=1440, height=900, dark=False, scripts=True, **more):
    """A page with this HTML; everything below /static/ is found in the areas' folders."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
        java_script_enabled=scripts,
        **more,
    )
    page = context.new_page()
    page.set_default_timeout(30_000)  # a busy machine
    page.route(f"{ORIGIN}/**", lambda route: _answer(route, html))
    page.goto(f"{ORIGIN}/page/")
    if scripts:
        page.evaluate("document.fonts.ready")
    yield page
    context.close()


def _answer(route: Route, html: str) -> None:
    path = route.request.url.removeprefix(ORIGIN).split("?")[0]
    if not path.startswith("/static/"):
        return route.fulfill(body=html, content_type="text/html")
    found = finders.find(path.removeprefix("/static/"))
    if not found:
        return route.fulfill(status=404, body="")
    kind = mimetypes.guess_type(found)[0] or "application/octet-stream"
    return route.fulfill(body=Path(found).read_bytes(), content_type=kind)


def sideways_scroll(page: Page) -> int:
    """By how many pixels the page is wider than the window."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
