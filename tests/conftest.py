import fcntl
import os
import re
import shutil
import signal
import socket
import subprocess
import sys

import pytest

from .browser import BROWSERS, QUIET, ROOT, wait_until_ready


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Let fixtures know on their way out whether the test failed: `request.node.has_failed`."""
    outcome = yield
    if call.when == "call":
        item.has_failed = outcome.get_result().failed


@pytest.fixture(scope="session")
def chromium():
    asked = os.environ.get("WAYLINE_CHROMIUM", "")
    found = asked or next(filter(None, map(shutil.which, BROWSERS)), None)
    if not found:
        pytest.skip("no Chromium found (apt install chromium, or set WAYLINE_CHROMIUM)")
    return found


@pytest.fixture
def browser(chromium):
    """A browser without a screen, for the pages of several people."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def company(tmp_path_factory):
    """A data directory with the demo company of 600 customers, made once for all test processes: copy it."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    home = shared / "company"
    with (shared / "company.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not home.exists():
            made = tmp_path_factory.mktemp("company-in-the-making")
            command = [sys.executable, "-m", "wayline", "demo", "--customers", "600", "--no-serve"]
            environment = os.environ | {"WAYLINE_DATA_DIR": str(made), "PYTHONPATH": str(ROOT)}
            subprocess.run(command, env=environment, cwd=made, check=True, timeout=300)
            made.rename(home)
    return home


@pytest.fixture(scope="session")
def demo(tmp_path_factory, company):
    """The demo company on a server of its own: address, e-mail and password as printed."""
    home = tmp_path_factory.mktemp("demo")
    shutil.copytree(company, home, dirs_exist_ok=True)
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
