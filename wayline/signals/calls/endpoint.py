"""The Segment-compatible way in: /v1/identify, track, page, screen, group, alias and batch.

A small ASGI application of its own, so that an acknowledgement waits for the journal's disk and nothing else.
"""

import asyncio
import base64
import binascii
import time
import zlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from hashlib import blake2b

import msgspec
from asgiref.sync import sync_to_async
from django.db import Error as DatabaseFailing
from django.db import close_old_connections

from wayline.accounts.models import Key, Role
from wayline.signals import journal

from . import paths, posthog, script, segment

# What Segment's HTTP API takes at most, and its clients keep to.
BATCH_BYTES = 500_000
CALL_BYTES = 32_000
WIRE_BYTES = 4_000_000  # nothing longer is even read
KEY_SECONDS = 5.0
PATIENCE = 10.0  # seconds
KEYS_KEPT = 10_000
CALLS = frozenset({"identify", "track", "page", "screen", "group", "alias"})
PATHS = {
    **{name: name for name in CALLS},
    "batch": "batch",
    "import": "batch",
    "b": "batch",
    "i": "identify",
    "t": "track",
    "p": "page",
    "s": "screen",
    "g": "group",
    "a": "alias",
}
# Write keys are public by nature and no cookie is read here, so pages of every origin may send.
CORS = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", b"POST, OPTIONS"),
    (b"access-control-allow-headers", b"authorization, content-type, content-encoding"),
    (b"access-control-max-age", b"86400"),
]


class Answer(Exception):
    """Ends a request early, with a status and a sentence that says what to do."""

    def __init__(self, status: int, sentence: str, retry_after: int | None = None):
        super().__init__(sentence)
        self.status, self.sentence, self.retry_after = status, sentence, retry_after


NO_DATABASE = Answer(
    503, "The database does not answer. The batch was not stored; send it again later.", retry_after=5
)


class KeyCache:
    """Keys looked up lately. A revoked key stops working within KEY_SECONDS."""

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._found: OrderedDict[str, tuple[float, tuple[int, str] | None]] = OrderedDict()

    async def source_of(self, secret: str) -> tuple[int, str] | None:
        """The workspace and the source this key writes as, or None when it may not write."""
        digest = Key.digest_of(secret)
        kept = self._found.get(digest)
        if kept and kept[0] > self._clock():
            return kept[1]
        found = await sync_to_async(_look_up)(digest)
        # A wrong key is remembered too: sent again and again, it does not reach the database each time.
        self._found[digest] = (self._clock() + KEY_SECONDS, found)
        self._found.move_to_end(digest)
        if len(self._found) > KEYS_KEPT:
            self._found.popitem(last=False)
        return found

    def clear(self) -> None:
        """Forget every key, so that the next request looks it up."""
        self._found.clear()


def _look_up(digest: str) -> tuple[int, str] | None:
    close_old_connections()
    key = Key.objects.usable().filter(digest=digest).first()
    if key is None:
        return None
    if key.kind == Key.Kind.WRITE:
        return key.workspace_id, f"key:{key.pk}"
    if Role(key.role).allows(Role("contributor")):
        return key.workspace_id, f"api:{key.pk}"
    return None


keys = KeyCache()


async def application(scope: dict, receive: Callable[[], Awaitable[dict]], send: Callable) -> None:
    """Answer one request; 200 is sent only after the batch is on disk."""
    if scope["type"] != "http":
        return
    if scope["path"] == script.PATH and scope["method"] in {"GET", "HEAD"}:
        await _send(send, *script.answer(scope))
        return
    try:
        status, answer, extra = 200, await _answer(scope, receive), []
    except (Answer, DatabaseFailing) as error:
        no = error if isinstance(error, Answer) else NO_DATABASE
        status, answer = no.status, {"success": False, "error": no.sentence}
        extra = [(b"retry-after", str(no.retry_after).encode())] if no.retry_after else []
        if no.status == 401:
            extra.append((b"www-authenticate", b'Basic realm="Wayline write key"'))
    extra += [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
    await _send(send, status, extra, msgspec.json.encode(answer))


async def _send(send: Callable, status: int, extra: list[tuple[bytes, bytes]], body: bytes) -> None:
    headers = [
        (b"content-length", str(len(body)).encode()),
        (b"x-content-type-options", b"nosniff"),
        *CORS,
        *extra,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _answer(scope: dict, receive) -> dict:
    if scope["method"] == "OPTIONS":
        return {"success": True}
    asked = _asked(scope["path"])
    if scope["method"] != "POST":
        raise Answer(405, "Send this as a POST.")
    headers = {name.lower(): value for name, value in scope["headers"]}
    body = _unpacked(await _read(receive, headers), headers)
    received_at = datetime.now(UTC)
    # The key may stand in the body, which is therefore read before anybody is known: hence the limits above.
    batch, items, decode = _opened(asked, body)
    workspace_id, source = await _allowed(headers, batch.writeKey)
    # With the address: the same body says another thing to /v1/page than to /v1/track.
    digest = blake2b(body, digest_size=16, key=f"{source}/{asked}".encode()[:64]).hexdigest()
    about = segment.request(
        batch, kind=asked if asked in CALLS else None, received_at=received_at, digest=digest
    )
    read = segment.read(items, about, longest=CALL_BYTES, decode=decode)
    receipt = await _written(workspace_id, source, read, received_at, digest)
    if asked in CALLS and not read.signals and read.refused:
        raise Answer(400, read.refused[0].reason)
    return _acknowledged(digest, read, receipt)


def _asked(path: str) -> str:
    """What the path asks for: one of the calls, a batch of them, or PostHog's events."""
    if path in paths.POSTHOG:
        return "posthog"
    name = path.removeprefix(paths.SEGMENT).strip("/")
    if name not in PATHS:
        raise Answer(
            404, f"There is no /v1/{name[:40]}; send to /v1/batch or /v1/{{{','.join(sorted(CALLS))}}}."
        )
    return PATHS[name]


def _opened(asked: str, body: bytes) -> tuple[segment.Batch | segment.Envelope, list, Callable]:
    """The request's envelope, its calls still unread, and how to read one."""
    if asked == "posthog":
        batch = posthog.opened(_parse(body, posthog.Request), body)
        return batch, batch.batch, posthog.call_of
    if asked == "batch":
        batch = _parse(body, segment.Batch)
        return batch, batch.batch, segment.decode
    if len(body) > CALL_BYTES:
        raise Answer(
            400, f"The call has {len(body):,} bytes; a call may have {CALL_BYTES:,}. Send less in it."
        )
    return _parse(body, segment.Envelope), [msgspec.Raw(body)], segment.decode


def _acknowledged(digest: str, read: segment.Read, receipt: journal.Receipt) -> dict:
    answer = {
        "success": True,
        "status": 1,  # PostHog's word for it
        "batch": digest,
        "accepted": len(read.signals),
        "repeated": receipt.is_repeat,
        "refused": [_told(each) for each in read.refused if not each.was_kept],
    }
    ignored = [_told(each) for each in read.refused if each.was_kept]
    return answer | {"ignored": ignored} if ignored else answer


def _told(refused: journal.Refused) -> dict:
    return {"index": refused.index, "reason": refused.reason}


async def _written(
    workspace_id: int, source: str, read, received_at: datetime, digest: str
) -> journal.Receipt:
    if not read.signals and not read.refused:
        return journal.Receipt(0, is_repeat=False)
    try:
        async with asyncio.timeout(PATIENCE):
            return await journal.append_soon(
                workspace_id,
                source,
                read.signals,
                received_at=received_at,
                refused=read.refused,
                places=read.places if read.has_gaps else None,
                digest=digest,
            )
    except TimeoutError as late:
        # Should it still be written, the same bytes sent again are known, and count once.
        sentence = "The journal takes too long. Send the batch again; it counts once."
        raise Answer(503, sentence, retry_after=5) from late
    except journal.JournalFull as full:
        raise Answer(429, str(full), retry_after=1) from full
    except journal.JournalUnavailable as unavailable:
        raise Answer(503, str(unavailable), retry_after=5) from unavailable
    except journal.SignalUnreadable as unreadable:
        raise Answer(400, str(unreadable)) from unreadable


async def _read(receive, headers: dict[bytes, bytes]) -> bytes:
    length = headers.get(b"content-length", b"0")
    if length.isdigit() and int(length) > WIRE_BYTES:
        raise Answer(413, f"The request is longer than {WIRE_BYTES:,} bytes; send at most {BATCH_BYTES:,}.")
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Answer(400, "The request ended before its body did; send it again.")
        part = message.get("body", b"")
        size += len(part)
        if size > WIRE_BYTES:
            raise Answer(
                413, f"The request is longer than {WIRE_BYTES:,} bytes; send at most {BATCH_BYTES:,}."
            )
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)


def _unpacked(body: bytes, headers: dict[bytes, bytes]) -> bytes:
    coding = headers.get(b"content-encoding", b"").strip().lower()
    if coding in {b"gzip", b"x-gzip"} or (not coding and body[:2] == b"\x1f\x8b"):
        unpack = zlib.decompressobj(wbits=31)  # gzip and nothing else
        try:
            # Never unpack more than may be sent: a small bomb stays small.
            body = unpack.decompress(body, BATCH_BYTES + 1)
        except zlib.error as error:
            raise Answer(
                400, "The body says it is gzip and cannot be unpacked; compress it again."
            ) from error
        if not unpack.eof and len(body) <= BATCH_BYTES:
            raise Answer(400, "The gzip body is cut off; send it again.")
    elif coding not in {b"", b"identity"}:
        raise Answer(400, f"The encoding {coding.decode('latin-1')[:40]!r} is not known; use gzip or none.")
    if len(body) > BATCH_BYTES:
        raise Answer(
            400, f"The batch has more than {BATCH_BYTES:,} bytes; split it into batches of fewer calls."
        )
    return body


def _parse(body: bytes, kind: type):
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise Answer(400, f"The body is not what was expected: {error}.") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Answer(400, f"The body is not JSON: {error}.") from error


async def _allowed(headers: dict[bytes, bytes], written: str | None) -> tuple[int, str]:
    secret = _secret(headers.get(b"authorization", b"")) or written
    if not secret:
        raise Answer(
            401, "Send a write key, as the user name of basic authentication or as writeKey in the body."
        )
    found = await keys.source_of(secret)
    if found is None:
        raise Answer(401, "This key may not write signals; make a write key in the workspace's settings.")
    return found


def _secret(header: bytes) -> str | None:
    scheme, _, value = header.strip().partition(b" ")
    if scheme.lower() == b"bearer":
        return value.decode("latin-1").strip() or None
    if scheme.lower() != b"basic":
        return None
    try:
        name, _, _ = base64.b64decode(value.strip(), validate=True).partition(b":")
    except (binascii.Error, ValueError):
        return None
    return name.decode("utf-8", "replace") or None
