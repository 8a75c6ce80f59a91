"""ASGI over a Unix socket: one process hears requests, another answers. A connection carries one request."""

import asyncio
import struct
from collections.abc import Awaitable, Callable

import msgspec
import structlog

log = structlog.get_logger()

PASSED = (
    "type",
    "asgi",
    "http_version",
    "method",
    "scheme",
    "path",
    "raw_path",
    "query_string",
    "root_path",
    "headers",
    "client",
    "server",
)
LENGTH = struct.Struct("!I")
_encoder, _decoder = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder()
Receive = Callable[[], Awaitable[dict]]
Send = Callable[[dict], Awaitable[None]]


def passed_to(path: str) -> Callable[[dict, Receive, Send], Awaitable[None]]:
    """An ASGI application whose answers come from whoever listens at the path."""

    async def application(scope: dict, receive: Receive, send: Send) -> None:
        try:
            reader, writer = await asyncio.open_unix_connection(path)
        except OSError:
            await _unavailable(send)
            return
        sending = asyncio.create_task(_send_up(scope, receive, writer))
        try:
            await _send_down(reader, send)
        except ConnectionResetError:
            if not sending.done():  # who asked is gone, as when a map is closed: nobody waits for the rest
                raise
        finally:
            sending.cancel()
            writer.close()

    return application


async def _send_up(scope: dict, receive: Receive, writer: asyncio.StreamWriter) -> None:
    try:
        await _write(writer, {name: scope[name] for name in PASSED if name in scope})
        message = {"type": ""}
        while message["type"] != "http.disconnect":
            message = await receive()
            await _write(writer, message)
    except OSError:
        pass  # the other side has answered already and needs no more of the body


async def _send_down(reader: asyncio.StreamReader, send: Send) -> None:
    has_begun = False
    while True:
        message = await _read(reader)
        if message is None:
            if has_begun:
                raise ConnectionResetError("The answer ended before it was complete.")
            await _unavailable(send)
            return
        has_begun = True
        await send(message)
        if message["type"] == "http.response.body" and not message.get("more_body"):
            return


def answering(application: Callable[[dict, Receive, Send], Awaitable[None]]):
    """What to give to asyncio.start_unix_server, so that the application answers what is passed."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            scope = await _read(reader)
            if scope is not None:
                await application(scope, lambda: _received(reader), lambda message: _write(writer, message))
        except ConnectionError:
            pass  # the visitor has left
        except Exception:
            log.exception("a page could not be answered")
        finally:
            writer.close()

    return answer


async def _received(reader: asyncio.StreamReader) -> dict:
    return await _read(reader) or {"type": "http.disconnect"}


async def _read(reader: asyncio.StreamReader) -> dict | None:
    try:
        (length,) = LENGTH.unpack(await reader.readexactly(LENGTH.size))
        return _decoder.decode(await reader.readexactly(length))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


async def _write(writer: asyncio.StreamWriter, message: dict) -> None:
    packed = _encoder.encode(message)
    writer.write(LENGTH.pack(len(packed)) + packed)
    await writer.drain()


async def _unavailable(send: Send) -> None:
    body = b"The pages are starting or stopping. Signals are taken meanwhile. Try again in a moment.\n"
    headers = [
        (b"content-type", b"text/plain"),
        (b"content-length", b"%d" % len(body)),
        (b"retry-after", b"2"),
    ]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": body})
