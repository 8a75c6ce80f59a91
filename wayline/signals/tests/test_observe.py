"""The browser script in Chromium, on a page of another origin than the server it sends to."""

import gzip
import json
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec
import pytest

from wayline.kit.tests.browser import chromium
from wayline.signals.calls import script, segment

PAGE = """<!doctype html><title>Pricing</title><body data-wayline-step="choose-plan">
<script src="{server}/v1/observe.js" data-key="KEY" {more}></script>
<button id="pro" data-wayline="Plan Chosen" data-wayline-plan="pro">Pro</button>
<button id="dead">Nothing</button>
<button id="alive" onclick="document.title = 'Changed'">Something</button>
<form id="signup" action="/done"><input name="email"><input name="company"><button>Send</button></form>
<form id="quiet" data-wayline-ignore><input name="secret"></form>
<a id="next" href="/next">Next</a>
"""


class Handler(BaseHTTPRequestHandler):
    """One loopback server: the script, a page for every other path, and a list of what was sent."""

    def do_GET(self):
        if self.path == script.PATH:
            status, headers, body = script.answer({"method": "GET", "headers": []})
        else:
            text = PAGE.format(server=self.server.address, more=self.server.more)
            status, headers, body = 200, [(b"content-type", b"text/html")], text.encode()
        self._answer(status, headers, body)

    def do_POST(self):
        self.server.requests.append(
            (dict(self.headers), self.rfile.read(int(self.headers["content-length"])))
        )
        self._answer(self.server.status, [(b"access-control-allow-origin", b"*")], b"{}")

    def _answer(self, status, headers, body):
        self.send_response(status)
        for name, value in [*headers, (b"content-length", b"%d" % len(body))]:
            self.send_header(name.decode(), value.decode())
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Site:
    """The page, its visitor, and what the server heard."""

    def __init__(self, browser):
        self._browser, self._context, self._server = browser, None, None

    def _serve(self, more: str):
        """A server for each visitor: what a page says as it closes must not reach the next one's."""
        server = self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.address = f"http://127.0.0.1:{server.server_port}"
        server.requests, server.more, server.status = [], more, 200
        threading.Thread(target=server.serve_forever, daemon=True).start()

    @property
    def server(self):
        return self._server

    def open(self, *, consent: str = "", before: str = "", path: str = "/pricing?utm_source=news&token=t"):
        """A new visitor; `localhost` is another origin than the server's own 127.0.0.1."""
        self.close()
        self._serve(f'data-consent="{consent}"' if consent else "")
        self._context = self._browser.new_context()
        if before:
            self._context.add_init_script(before)
        page = self._context.new_page()
        page.goto(f"http://localhost:{self._server.server_port}{path}")
        return page

    def cookies(self) -> list[str]:
        return [each["name"] for each in self._context.cookies()]

    def close(self):
        if self._context is not None:
            self._context.close()
            self._server.shutdown()
            self._server.server_close()

    def heard(self, *events: str, patience: float = 8) -> list[dict]:
        """The calls received, once those of these names are among them."""
        until = time.monotonic() + patience
        while time.monotonic() < until:
            calls = [call for _, body in self._server.requests for call in json.loads(body)["batch"]]
            if set(events) <= {call.get("event", call["type"]) for call in calls}:
                return calls
            time.sleep(0.05)
        raise AssertionError(f"only {[call.get('event', call['type']) for call in calls]}")


def named(calls: list[dict], name: str) -> list[dict]:
    return [call for call in calls if call.get("event", call["type"]) == name]


@pytest.fixture(scope="module")
def site():
    with chromium() as browser:
        site = Site(browser)
        yield site
        site.close()


browser_test = pytest.mark.browser


def test_it_is_small_enough():
    assert len(script.script()[0]) <= 3_000


def test_a_browser_that_has_this_version_gets_no_body():
    status, headers, body = script.answer({"method": "GET", "headers": []})
    mark = dict(headers)[b"etag"]

    again = script.answer({"method": "GET", "headers": [(b"If-None-Match", mark)]})

    assert (status, gzip.decompress(body)[:2]) == (200, b"((")
    assert (again[0], again[2]) == (304, b"")


@browser_test
@pytest.mark.slow
def test_a_visit_becomes_signals_that_are_all_understood(site):
    page = site.open()
    page.click("#pro")
    page.fill("[name=email]", "ines@example.com")
    page.fill("[name=company]", "Fernbrook")
    page.evaluate("setTimeout(() => { throw new Error('Out of stock') })")
    page.wait_for_timeout(300)
    page.click("#next")

    calls = site.heard("page", "Plan Chosen", "Form Abandoned", "Error Seen", "Page Left")

    body = site.server.requests[0][1]
    assert b"ines@example.com" not in b"".join(body for _, body in site.server.requests)
    view = named(calls, "page")[0]
    assert view["context"]["page"]["url"].endswith("/pricing")  # the rest may hold secrets
    assert view["context"]["campaign"] == {"source": "news"}
    assert named(calls, "Plan Chosen")[0]["properties"] == {
        "channel": "web",
        "step": "choose-plan",
        "plan": "pro",
    }
    abandoned = named(calls, "Form Abandoned")[0]["properties"]
    assert (abandoned["form"], abandoned["field"], abandoned["fields"]) == ("form#signup", "company", 2)
    assert "Out of stock" in named(calls, "Error Seen")[0]["properties"]["message"]
    assert named(calls, "Page Left")[0]["properties"]["seconds"] > 0
    assert site.cookies() == []
    batch = msgspec.json.decode(body, type=segment.Batch)
    about = segment.request(batch, kind=None, received_at=datetime.now(UTC), digest="d")
    read = segment.read(batch.batch, about, longest=32_000)
    assert (batch.writeKey, read.refused) == ("KEY", [])


@browser_test
@pytest.mark.slow
def test_anger_and_dead_ends_are_noticed(site):
    page = site.open()
    page.click("#alive")
    for _ in range(3):
        page.click("#dead")
    page.wait_for_timeout(2_200)
    page.evaluate("wayline.flush()")

    calls = site.heard("Rage Click", "Dead Click")

    assert [call["properties"]["element"] for call in named(calls, "Rage Click")] == ["button#dead"]
    assert {call["properties"]["element"] for call in named(calls, "Dead Click")} == {"button#dead"}


@browser_test
@pytest.mark.slow
def test_a_page_that_changes_its_address_is_another_page_view(site):
    page = site.open()
    page.evaluate("history.pushState({}, '', '/checkout'); wayline.identify('ines', {plan: 'pro'})")
    page.click("#signup button")

    calls = site.heard("identify", "Form Submitted")

    assert [call["context"]["page"]["path"] for call in named(calls, "page")][:2] == ["/pricing", "/checkout"]
    assert named(calls, "Form Abandoned") == []
    assert named(calls, "Form Submitted")[0]["userId"] == "ines"


@browser_test
@pytest.mark.slow
@pytest.mark.parametrize(
    "wish",
    [
        "Object.defineProperty(navigator, 'doNotTrack', {value: '1'})",
        "Object.defineProperty(navigator, 'globalPrivacyControl', {value: true})",
    ],
)
def test_who_asks_not_to_be_tracked_is_not(site, wish):
    page = site.open(before=wish)
    page.click("#pro")
    page.evaluate("wayline.consent(true); wayline.track('Secret'); wayline.flush()")
    page.wait_for_timeout(300)

    assert site.server.requests == []
    assert site.cookies() == []


@browser_test
@pytest.mark.slow
def test_where_consent_is_required_nothing_is_sent_or_kept_before_it(site):
    page = site.open(consent="required")
    page.click("#pro")
    page.evaluate("wayline.flush()")
    page.wait_for_timeout(300)
    assert (site.server.requests, site.cookies()) == ([], [])

    page.evaluate("wayline.consent(true); wayline.flush()")
    first = named(site.heard("page"), "page")[0]
    assert site.cookies() == ["wayline_id"]
    page.reload()
    page.evaluate("wayline.flush()")
    assert {call["anonymousId"] for call in site.heard("Page Left")} == {first["anonymousId"]}

    page.evaluate("wayline.consent(false)")
    assert site.cookies() == []


@browser_test
@pytest.mark.slow
def test_what_the_server_could_not_take_is_sent_again(site):
    page = site.open()
    site.server.status = 503
    page.evaluate("wayline.track('Kept'); wayline.flush()")
    site.heard("Kept")
    site.server.status = 200
    page.wait_for_timeout(200)
    page.evaluate("wayline.flush()")
    page.wait_for_timeout(300)

    ids = [call["messageId"] for call in named(site.heard("Kept"), "Kept")]

    assert len(ids) == 2
    assert len(set(ids)) == 1
