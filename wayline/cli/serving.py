import asyncio
import errno
import json
import os
import secrets
import signal
import socket
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from django.conf import settings
from django.utils import timezone

from wayline import front, health
from wayline.accounts.api_auth import BearerKey
from wayline.home.warming import warming
from wayline.kit import schema
from wayline.kit.live.hub import HUB
from wayline.kit.refusals import Refusal
from wayline.kit.sqlite import moving
from wayline.warehouse import connect

LET_GO_SECONDS = 5


class CannotServe(Refusal):
    """Something is in the way of the server."""


class Server(uvicorn.Server):
    """Ends the live streams when asked to stop: open answers are waited for, and these never end."""

    def handle_exit(self, sig, frame) -> None:
        HUB.close()
        super().handle_exit(sig, frame)


def serve(asked) -> int:
    run(asked.host, asked.port)
    return 0


def run(host: str, port: int, *, greeting: str = "") -> None:
    """Serve until stopped. Everything that can be in the way is said before anything starts."""
    if problem := schema.newer():
        raise CannotServe(problem)
    if schema.lacking():
        raise CannotServe("The databases are not up to date. Run: wayline init")
    problem = health.disk()
    if problem:
        raise CannotServe(
            f"{problem} Free some space first; signals are acknowledged only when they are on disk."
        )
    listening = listen(host, port)
    moving.begin()
    connect.ready(now=timezone.now())  # a second server on the same data directory is refused here
    print(greeting or f"Wayline is at {settings.BASE_URL}", flush=True)
    # Uvicorn raises the signal again once it has stopped; leave through here, so that `finally` is reached.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with announced(host, port), warming():
        if settings.INTAKE_PROCESSES:
            from wayline import behind

            asyncio.run(behind.serve(listening))
        else:
            Server(front.config("wayline.asgi:application")).run(sockets=[listening])
    connect.close()


def listen(host: str, port: int) -> socket.socket:
    """The port, taken, so that nobody can take it between the check and the start."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        _bind(listening, host, port)
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise CannotServe(
                f"Port {port} is taken. Stop what uses it, or choose another with --port."
            ) from None
        if error.errno == errno.EACCES:
            raise CannotServe(f"Port {port} needs root. Choose one above 1023 with --port.") from None
        raise CannotServe(f"Cannot listen on {host}: {error.strerror}.") from None
    return listening


def _bind(listening: socket.socket, host: str, port: int) -> None:
    """Wait a little for the port when a server that was killed here has not let go of it yet."""
    patience = time.monotonic() + (LET_GO_SECONDS if announcement().exists() else 0)
    while True:
        try:
            return listening.bind((host, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > patience:
                raise
        time.sleep(0.1)


def _here(host: str) -> str:
    """Where this machine reaches a server listening on the host: at its loopback if it listens everywhere."""
    if host in ("", "0.0.0.0", "::"):
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def announcement() -> Path:
    return settings.DATA_DIR / "server.json"


@contextmanager
def announced(host: str, port: int):
    """Tell commands on this machine where the server is, with a token only this account can read."""
    token, path = secrets.token_urlsafe(32), announcement()
    BearerKey.local_token = token
    found = {"pid": os.getpid(), "url": f"http://{_here(host)}:{port}", "token": token}
    path.unlink(missing_ok=True)
    # Made, never merely opened: one that somebody else had put there would be theirs to read.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(found, file)
    try:
        yield
    finally:
        BearerKey.local_token = None
        path.unlink(missing_ok=True)
