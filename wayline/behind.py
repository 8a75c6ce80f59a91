"""The process with the pages, when others listen: it starts those, again should one die."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import tempfile

import structlog
from django.conf import settings

from wayline import passing
from wayline.asgi import background, pages
from wayline.kit.live.hub import HUB
from wayline.signals import journal

log = structlog.get_logger()

TRIES = 5
PATIENCE = 25.0  # seconds a front may take for the requests it has


class FrontFails(Exception):
    """A listening process ends again and again."""


async def serve(listening: socket.socket) -> None:
    """Answer what the fronts pass on, until told to stop."""
    asked_to_stop = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(each, asked_to_stop.set)
    # A folder only this account can enter: whoever reaches the socket is believed.
    with tempfile.TemporaryDirectory(prefix="wayline-") as folder:
        path = os.path.join(folder, "pages")
        async with background():
            server = await asyncio.start_unix_server(passing.answering(pages), path)
            fronts = asyncio.create_task(_keep_fronts(listening, path))
            stopping = asyncio.create_task(asked_to_stop.wait())
            await asyncio.wait({fronts, stopping}, return_when=asyncio.FIRST_COMPLETED)
            HUB.close()  # a front waits for open answers, and live streams never end by themselves
            fronts.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await fronts
            server.close()


async def _keep_fronts(listening: socket.socket, path: str) -> None:
    """All accept from the same socket: whichever is free takes the next connection."""
    try:
        async with asyncio.TaskGroup() as fronts:
            for _ in range(settings.INTAKE_PROCESSES):
                fronts.create_task(_keep_front(listening, path))
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None


async def _keep_front(listening: socket.socket, path: str) -> None:
    failures = 0
    while failures < TRIES:
        front = await _start(listening, path)
        try:
            has_listened = await _listen_to(front)
            status = await front.wait()
        except asyncio.CancelledError:
            await _end(front)
            raise
        failures = 0 if has_listened else failures + 1
        log.error("the listening process ended; it is started again", status=status)
    raise FrontFails("A process that listens ends again and again; its reason stands in the log above.")


async def _start(listening: socket.socket, path: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "wayline.front",
        str(listening.fileno()),
        path,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        pass_fds=[listening.fileno()],
        start_new_session=True,  # Ctrl+C reaches this process alone, which then ends the other in good order
    )


async def _listen_to(front: asyncio.subprocess.Process) -> bool:
    """Wake the loader whenever the front says a word, until it ends; whether it ever said one."""
    has_listened = False
    while front.stdout is not None and await front.stdout.read(65_536):
        has_listened = True
        journal.arrived.set()
    return has_listened


async def _end(front: asyncio.subprocess.Process) -> None:
    if front.stdin is not None:
        front.stdin.close()
    try:
        await asyncio.wait_for(front.wait(), PATIENCE)
    except TimeoutError:
        front.kill()
        await front.wait()
