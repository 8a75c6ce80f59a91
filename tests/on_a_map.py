"""A small company on a server of its own, with one map, and the screens of the people who have it open."""

import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from email import message_from_string
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from .browser import ROOT, sign_in, wait_until_ready

SETUP = """
import django; django.setup()
from django.utils import timezone
from wayline.cli import preparing
preparing.prepare()
from wayline.accounts import operations as accounts
from wayline.journeys.models import Phase
from wayline.journeys.testing import bound_to, make_card, make_journey, make_step
now = timezone.now()
maya, omar, noor = (
    accounts.create_user(
        f"{name.lower()}@northwind.test", name=name, password="clouds over Kiel", by=None, now=now
    )
    for name in ("Maya", "Omar", "Noor")
)
workspace = accounts.create_workspace("Northwind", by=maya, now=now)
accounts.add_member(workspace, user=omar, role="contributor", by=maya, now=now)
accounts.add_member(workspace, user=noor, role="viewer", by=maya, now=now)
journey = make_journey(workspace=workspace)
make_card(journey.phases.get().steps.first(), title="The slot is too late")
after = Phase.objects.create(journey=journey, name="After", position=1)
make_step(after, title="I tell my friends", key="tell", condition=bound_to("Friend Told"))
"""


class Server:
    """The product with an almost empty workspace, that can be killed and started again."""

    def __init__(self, home, **settings):
        self.home, self.log = home, home / "server.log"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        settings |= {"WAYLINE_DATA_DIR": str(home), "PYTHONPATH": str(ROOT)}
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
        # The process that listens has a session of its own; alive, it would go on answering.
        pid = self.process.pid
        listening = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for each in [pid, *map(int, listening)]:
            os.kill(each, signal.SIGKILL)
        self.process.wait(30)

    def who(self, name: str) -> dict:
        address = f"http://127.0.0.1:{self.port}/northwind/"
        return {"open": address, "email": f"{name.lower()}@northwind.test", "password": "clouds over Kiel"}


class Pane:
    """One person's browser on the map."""

    def __init__(self, browser, server: Server, name: str):
        self.name = name
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        self.page = context.new_page()
        self.page.set_default_timeout(60_000)
        self.page.errors = []
        self.page.on("pageerror", lambda error: self.page.errors.append(str(error)))
        sign_in(self.page, server.who(name))
        self.map = server.who(name)["open"] + "journeys/1/"
        self.open()

    def open(self) -> None:
        self.page.goto(self.map)
        self.page.locator("#live[data-state=on]").wait_for()

    @property
    def box(self):
        return self.page.locator(".card textarea")

    def cell(self, step: int, lane: str = "pain"):
        return self.page.locator(f"ul.cell[data-lane={lane}][data-n='{step}']")

    def card(self, words: str):
        return self.page.locator(".map .card", has_text=words)

    def sees(self, words: str, step: int) -> None:
        self.cell(step).locator(".card", has_text=words).wait_for()

    def focus(self, words: str) -> None:
        self.card(words).locator("a.open").focus()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def write_new(self, words: str, step: int = 1) -> None:
        cell = self.cell(step).locator("xpath=..")
        cell.hover()
        cell.locator(".add").click()
        self.box.fill(words)

    def rewrite(self, before: str, words: str) -> None:
        self.card(before).dblclick()
        self.box.fill(words)

    def save(self) -> None:
        self.box.press("Enter")

    def lets(self, **people: str) -> None:
        """Say on the access page what others may do with this map."""
        self.page.goto(f"{self.map}access/")
        for name, right in people.items():
            self.page.get_by_label(name).select_option(right)
        self.page.get_by_role("button", name="Only these people").click()
        self.page.get_by_text("Only the people you chose").wait_for()

    def is_told(self, words: str) -> None:
        self.page.locator("#toasts .toast", has_text=words).last.wait_for()

    def has_read(self) -> None:
        """Take what was told away, so that the next with the same words is told apart."""
        self.page.evaluate("document.getElementById('toasts').replaceChildren()")

    def still_writes(self, words: str) -> None:
        self.box.wait_for()
        assert self.box.input_value() == words


class Post(threading.Thread):
    """A mail server that keeps every letter."""

    def __init__(self):
        super().__init__(daemon=True)
        self.letters: list[Message] = []
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.came = threading.Condition()

    @property
    def settings(self) -> dict:
        port = self.listening.getsockname()[1]
        return {"WAYLINE_EMAIL_HOST": "127.0.0.1", "WAYLINE_EMAIL_PORT": str(port), "WAYLINE_EMAIL_TLS": "0"}

    def run(self) -> None:
        while True:
            try:
                caller, _ = self.listening.accept()
            except OSError:  # closed: the test is over
                return
            with suppress(ConnectionError), caller, caller.makefile("rw", newline="\r\n") as line:
                self.talk(line)

    def talk(self, line) -> None:
        said, text = "220 post", None
        while said:
            line.write(f"{said}\n")
            line.flush()
            heard = line.readline().rstrip("\r\n").upper()
            if heard == "DATA":
                line.write("354 go on\n")
                line.flush()
                text = "".join(iter(line.readline, ".\r\n"))
                with self.came:
                    self.letters.append(message_from_string(text))
                    self.came.notify_all()
            said = {"QUIT": "", "": ""}.get(heard, "250 fine")

    def letter_to(self, address: str) -> Message:
        with self.came:
            is_there = self.came.wait_for(lambda: any(each["To"] == address for each in self.letters), 60)
            assert is_there, f"no letter to {address}"
            return next(each for each in self.letters if each["To"] == address)


@contextmanager
def other_site(html: str):
    """The address of a page of another site, with this in its body."""

    class Site(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f"<!doctype html><title>Intranet</title>{html}".encode())

        def log_message(self, *said):
            pass

    # Browsers open connections ahead of need: one that says nothing must not hold up the others.
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as site:
        threading.Thread(target=site.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{site.server_port}/"
        site.shutdown()
