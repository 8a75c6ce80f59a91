"""Requests passed from the process that listens to the one with the pages."""

import asyncio

import pytest

from wayline import passing

SCOPE = {
    "type": "http",
    "method": "POST",
    "path": "/maps/",
    "headers": [(b"host", b"a")],
    "client": ("192.0.2.1", 5),
    "state": object(),  # what cannot be written down stays here
}


def passed(application, tmp_path, *, messages=(), gone=False) -> list[dict]:
    """What the visitor hears when the application answers through the socket."""
    path, heard, given = str(tmp_path / "pages"), [], list(messages)

    async def receive():
        if given:
            return given.pop(0)
        if gone:
            return {"type": "http.disconnect"}
        await asyncio.Event().wait()

    async def send(message):
        heard.append(message)

    async def run():
        server = await asyncio.start_unix_server(passing.answering(application), path)
        await asyncio.wait_for(passing.passed_to(path)(SCOPE, receive, send), 5)
        server.close()

    asyncio.run(run())
    return heard


def test_the_body_arrives_in_its_parts_and_so_does_the_answer(tmp_path):
    async def echo(scope, receive, send):
        parts, more = [scope["path"].encode(), scope["client"][0].encode()], True
        while more:
            message = await receive()
            parts.append(message["body"])
            more = message.get("more_body")
        await send({"type": "http.response.start", "status": 201, "headers": [(b"x", b"y")]})
        for part in parts:
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    big = b"x" * 300_000
    messages = [
        {"type": "http.request", "body": big, "more_body": True},
        {"type": "http.request", "body": b"end"},
    ]

    start, *parts = passed(echo, tmp_path, messages=messages)

    assert (start["status"], [tuple(each) for each in start["headers"]]) == (201, [(b"x", b"y")])
    assert b"".join(part["body"] for part in parts) == b"/maps/192.0.2.1" + big + b"end"


def test_the_application_hears_that_the_visitor_has_left(tmp_path):
    left = []

    async def waits(scope, receive, send):
        left.append((await receive())["type"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    passed(waits, tmp_path, gone=True)

    assert left == ["http.disconnect"]


def test_an_application_that_fails_is_a_503_and_no_silence(tmp_path):
    async def fails(scope, receive, send):
        raise RuntimeError("a bug of ours")

    start, _ = passed(fails, tmp_path)

    assert (start["status"], dict(start["headers"])[b"retry-after"]) == (503, b"2")


def test_an_answer_cut_off_in_the_middle_is_no_whole_answer(tmp_path):
    async def stops(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})

    with pytest.raises(ConnectionResetError):
        passed(stops, tmp_path)


def test_without_pages_a_visitor_is_asked_to_come_back(tmp_path):
    heard = []

    async def send(message):
        heard.append(message)

    asyncio.run(passing.passed_to(str(tmp_path / "nobody"))(SCOPE, None, send))

    assert heard[0]["status"] == 503
