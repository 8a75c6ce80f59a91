"""No text is lost: the server is killed, the network goes, two write in one cell, a right is lost."""

import os
import signal
import socket
import subprocess
import sys

import pytest

from .browser import QUIET, ROOT, sign_in, wait_until_ready

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SETUP = """
import django; django.setup()
from django.utils import timezone
from wayline.cli import preparing
preparing.prepare()
from wayline.accounts import operations as accounts
from wayline.journeys.testing import make_card, make_journey
now = timezone.now()
people = [
    accounts.create_user(f"{name}@northwind.test", name=name, password="clouds over Kiel", by=None, now=now)
    for name in ("Maya", "Omar")
]
workspace = accounts.create_workspace("Northwind", by=people[0], now=now)
accounts.add_member(workspace, user=people[1], role="contributor", by=people[0], now=now)
journey = make_journey(workspace=workspace)
make_card(journey.phases.get().steps.first(), title="The slot is too late")
"""


class Server:
    """The product with an almost empty workspace, that can be killed and started again."""

    def __init__(self, home):
        self.home, self.log = home, home / "server.log"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        settings = {"WAYLINE_DATA_DIR": str(home), "PYTHONPATH": str(ROOT)}
        self.environment = os.environ | settings | {"DJANGO_SETTINGS_MODULE": "wayline.settings"}
        self.environment.pop("WAYLINE_BASE_URL", None)
        subprocess.run([sys.executable, "-c", SETUP], env=self.environment, check=True, timeout=240)
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "wayline", "serve", "--port", str(self.port)]
        with self.log.open("w") as out:
            self.process = subprocess.Popen(
                command,
                env=self.environment,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=self.home,
                start_new_session=True,
            )
        wait_until_ready(self.process, f"http://127.0.0.1:{self.port}/health", self.log)

    def kill(self) -> None:
        """As when the power goes: every process of it at once, and nothing is tidied up."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(30)

    def who(self, name: str) -> dict:
        address = f"http://127.0.0.1:{self.port}/northwind/"
        return {"open": address, "email": f"{name}@northwind.test", "password": "clouds over Kiel"}


class Pane:
    def __init__(self, browser, server: Server, name: str):
        self.name = name
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        self.page = context.new_page()
        self.page.set_default_timeout(60_000)
        sign_in(self.page, server.who(name))
        self.map = server.who(name)["open"] + "journeys/1/"
        self.open()

    def open(self) -> None:
        self.page.goto(self.map)
        self.page.locator("#live[data-state=on]").wait_for()

    @property
    def box(self):
        return self.page.locator(".card textarea")

    def card(self, words: str):
        return self.page.locator(".map .card", has_text=words)

    def write_new(self, words: str) -> None:
        cell = self.page.locator("ul.cell[data-lane=pain][data-n='1']").locator("xpath=..")
        cell.hover()
        cell.locator(".add").click()
        self.box.fill(words)

    def rewrite(self, before: str, words: str) -> None:
        self.card(before).dblclick()
        self.box.fill(words)

    def save(self) -> None:
        self.box.press("Enter")

    def lets(self, other: "Pane", right: str) -> None:
        """Say on the access page what the other may do with this map."""
        self.page.goto(f"{self.map}access/")
        self.page.get_by_label(other.name).select_option(right)
        self.page.get_by_role("button", name="Only these people").click()
        self.page.get_by_text("Only the people you chose").wait_for()

    def is_told(self, words: str) -> None:
        self.page.locator("#toasts .toast", has_text=words).last.wait_for()

    def still_writes(self, words: str) -> None:
        self.box.wait_for()
        assert self.box.input_value() == words


@pytest.fixture
def browser(chromium):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def server(tmp_path):
    server = Server(tmp_path)
    yield server
    if server.process.poll() is None:
        server.kill()


def test_nothing_that_was_written_is_lost(browser, server):
    maya, omar = Pane(browser, server, "Maya"), Pane(browser, server, "Omar")

    two_write_in_one_cell(maya, omar)
    the_network_goes_and_comes(omar)
    the_server_is_killed_in_the_middle(server, maya, omar)
    the_right_is_lost_while_editing(maya, omar)


def two_write_in_one_cell(maya, omar):
    maya.rewrite("The slot is too late", "Hers")
    omar.rewrite("The slot is too late", "His")
    maya.save()
    maya.card("Hers").wait_for()
    omar.save()
    omar.is_told("Somebody changed this card")
    omar.still_writes("His")
    omar.save()  # again, knowing what she wrote
    maya.card("His").wait_for()


def the_network_goes_and_comes(omar):
    omar.page.context.set_offline(True)
    omar.write_new("Written on the train")
    omar.save()
    omar.is_told("could not be reached")
    omar.still_writes("Written on the train")
    omar.page.context.set_offline(False)
    omar.save()
    omar.card("Written on the train").wait_for()


def the_server_is_killed_in_the_middle(server, maya, omar):
    maya.write_new("Saved just before")
    maya.save()
    maya.card("Saved just before").locator("a.open").wait_for()
    omar.write_new("Written while it died")
    server.kill()
    omar.save()
    omar.is_told("could not be reached")
    omar.still_writes("Written while it died")
    server.start()
    omar.save()
    omar.card("Written while it died").locator("a.open").wait_for()
    maya.open()
    for words in ("His", "Written on the train", "Saved just before", "Written while it died"):
        assert maya.card(words).count() == 1


def the_right_is_lost_while_editing(maya, omar):
    """First the right to change the map, then the right to see it; the words stay and can be copied."""
    omar.rewrite("Written on the train", "Nobody else has this thought")
    maya.lets(omar, "May see")
    omar.save()
    omar.is_told("You may no longer change this map")
    omar.still_writes("Nobody else has this thought")
    maya.lets(omar, "Not at all")
    omar.page.locator("#live[data-state=over]").wait_for()  # also when his stream was just coming back
    omar.is_told("What you were writing is still there")
    omar.page.locator("h1").click()  # leaves the editor without sending, and without losing it
    omar.save()
    omar.is_told("you may no longer see it")
    omar.still_writes("Nobody else has this thought")
    omar.box.press("Control+A")
    omar.box.press("Control+C")
    assert omar.page.evaluate("navigator.clipboard.readText()") == "Nobody else has this thought"
