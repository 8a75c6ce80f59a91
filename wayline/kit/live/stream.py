"""An open stream as an answer. It needs an ASGI server, which the product's own is."""

import asyncio
from collections.abc import AsyncIterator

from django.db import connection
from django.http import HttpRequest, StreamingHttpResponse

from wayline.kit.templatetags.kit import palette_place

from .hub import HUB
from .readers import CLOSED, Person, Reader

PING_SECONDS = 15


def respond(request: HttpRequest, topic: str) -> StreamingHttpResponse:
    """Everything on the topic from the id the page was drawn at, or from the last one the browser saw.

    The caller has made sure that this user may read the topic.
    """
    if not connection.in_atomic_block:
        connection.close()  # a stream stays open for hours and asks the database nothing itself
    answer = StreamingHttpResponse(_frames(request, topic), content_type="text/event-stream")
    answer["Cache-Control"] = "no-cache, no-transform"
    # nginx would otherwise collect frames before it passes them on, and a compressing proxy would too.
    answer["X-Accel-Buffering"] = "no"
    return answer


def since(request: HttpRequest) -> int:
    said = request.headers.get("Last-Event-ID") or request.GET.get("since", "")
    return int(said) if said.isdigit() and len(said) < 19 else 0  # longer ones would not fit a bigint


def person_of(request: HttpRequest) -> Person:
    user = request.user
    tab = request.GET.get("tab", "")[:24]
    return Person(tab=tab, name=str(user), initials=user.initials, color=palette_place(user.pk))


async def _frames(request: HttpRequest, topic: str) -> AsyncIterator[bytes]:
    reader = Reader(
        topic=topic,
        user=request.user.pk,
        session=request.session.session_key or "",
        session_hash=request.user.get_session_auth_hash(),
        person=person_of(request),
        last=since(request),
        loop=asyncio.get_running_loop(),
    )
    HUB.join(reader)
    try:
        # A browser that lost the stream comes back after this many milliseconds, with its last id.
        yield b": open\nretry: 1000\n\n"
        while True:
            try:
                sent = await asyncio.wait_for(reader.queue.get(), PING_SECONDS)
            except TimeoutError:
                sent = b": ping\n\n"
            if sent == CLOSED:
                return
            yield sent
    finally:
        HUB.leave(reader)
