import os
import re
import shutil
import signal
import socket
import subprocess
import sys

import pytest

from .browser import BROWSERS, ROOT, wait_until_ready


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


@pytest.fixture(scope="session")
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
