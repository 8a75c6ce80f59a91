"""The process that listens: it answers signals itself and passes every other request on to the pages.

Acknowledging a signal must not wait for whatever else Python is busy with, above all loading.
"""

import contextlib
import gc
import os
import socket
import sys
import threading

import uvicorn

TURN = 0.001  # seconds one thread may hold the interpreter while another, the journal's, waits for it


def config(application) -> uvicorn.Config:
    """How to speak HTTP, the same whether the pages live in this process or in another."""
    from django.conf import settings

    return uvicorn.Config(
        application,
        lifespan="auto",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.SECURE_PROXY_SSL_HEADER),
        forwarded_allow_ips="*" if settings.SECURE_PROXY_SSL_HEADER else None,
        timeout_graceful_shutdown=20,
    )


def main(descriptor: int, path: str) -> None:
    """Listen on the inherited socket until the process with the pages ends."""
    import django

    django.setup()
    from wayline import passing
    from wayline.kit.sqlite import moving
    from wayline.signals import checkpoints, journal
    from wayline.signals.calls import endpoint, paths

    pages = passing.passed_to(path)

    async def application(scope, receive, send):
        if scope["type"] == "http" and paths.is_for_signals(scope):
            await endpoint.application(scope, receive, send)
        elif scope["type"] == "http":
            await pages(scope, receive, send)

    moving.begin()
    journal.listeners += [_tell, checkpoints.Checkpoints().wrote]
    sys.setswitchinterval(TURN)
    gc.freeze()  # what was imported stays for ever: looking through it holds every answer up
    os.set_blocking(sys.stdout.fileno(), False)
    server = _Front(config(application))
    threading.Thread(target=_end_with_parent, args=(server,), daemon=True).start()
    server.run(sockets=[socket.socket(fileno=descriptor)])


class _Front(uvicorn.Server):
    """Says when it listens: one that ends before has a reason that starting again does not mend."""

    async def startup(self, sockets=None) -> None:
        await super().startup(sockets)
        _tell()


def _tell() -> None:
    """Let the loader know of new signals. A full pipe has told it already."""
    with contextlib.suppress(BlockingIOError, BrokenPipeError):
        os.write(sys.stdout.fileno(), b".")


def _end_with_parent(server: uvicorn.Server) -> None:
    sys.stdin.buffer.read()  # ends when the parent does, however it does
    server.should_exit = True


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wayline.settings")
    main(int(sys.argv[1]), sys.argv[2])
