"""Commands speak the HTTP API: to the running server when there is one, else within this process."""

import json
import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from urllib import error, parse, request

from wayline.kit.refusals import Refusal

from . import preparing, serving


class ServerRefused(Refusal):
    """What the API answered instead of an answer."""


@dataclass(frozen=True)
class Server:
    pid: int
    url: str
    token: str


def running() -> Server | None:
    """The server on this data directory. A file left by one that was killed does not count."""
    try:
        found = Server(**json.loads(serving.announcement().read_text()))
        os.kill(found.pid, 0)
        # Its answer counts: the number may be another program's by now.
        with request.urlopen(f"{found.url}/livez", timeout=5):
            return found
    except PermissionError as refused:
        raise ServerRefused(
            "A server of another account runs on this data directory. Act as that account."
        ) from refused
    except (OSError, ValueError, TypeError):
        return None


def ask(
    method: str,
    path: str,
    *,
    workspace: str | None,
    query: dict | None = None,
    body: dict | None = None,
    patience: float = 600,
):
    """Call an endpoint below /api/v1 and answer its JSON; `patience` is in seconds."""
    address = f"/api/v1{path}"
    if query:
        address += "?" + parse.urlencode(
            {name: value for name, value in query.items() if value is not None}, doseq=True
        )
    server = running()
    slug = preparing.workspace_named(workspace).slug
    if server:
        status, content = _over_http(server, method, address, slug, body, patience)
    else:
        status, content = _in_process(method, address, slug, body)
    answer = _read(content)
    if status >= 400:
        raise ServerRefused(_sentence(status, answer))
    return answer


def _over_http(
    server: Server, method: str, address: str, slug: str, body: dict | None, patience: float
) -> tuple[int, bytes]:
    asked = request.Request(server.url + address, method=method, headers=_headers(server.token, slug))
    asked.data = json.dumps(body).encode() if body is not None else None
    try:
        with request.urlopen(asked, timeout=patience) as answer:
            return answer.status, answer.read()
    except error.HTTPError as refused:
        return refused.code, refused.read()


def _read(content: bytes):
    """What was answered; nothing where it is no JSON."""
    try:
        return json.loads(content) if content else None
    except ValueError:
        return None


def fetch(path: str, *, workspace: str | None, to: Path, body: dict | None = None) -> None:
    """Save what an endpoint answers that is no JSON."""
    server, slug = running(), preparing.workspace_named(workspace).slug
    if server is None:
        status, content = _in_process("POST" if body else "GET", f"/api/v1{path}", slug, body)
        if status >= 400:
            raise ServerRefused(_sentence(status, _read(content)))
        to.write_bytes(content)
        return
    asked = request.Request(f"{server.url}/api/v1{path}", headers=_headers(server.token, slug))
    asked.data = json.dumps(body).encode() if body else None
    try:
        with request.urlopen(asked, timeout=600) as answer, to.open("wb") as file:
            shutil.copyfileobj(answer, file, 1 << 20)
    except error.HTTPError as refused:
        raise ServerRefused(_sentence(refused.code, _read(refused.read()))) from None


def _in_process(method: str, address: str, slug: str, body: dict | None) -> tuple[int, bytes]:
    # The shortest way through the whole stack, middleware and all, that needs no port.
    from django.test import Client

    from wayline.accounts.api_auth import BearerKey

    BearerKey.local_token = BearerKey.local_token or secrets.token_urlsafe(32)
    client = Client(headers=_headers(BearerKey.local_token, slug), SERVER_NAME="localhost")
    answer = client.generic(method, address, json.dumps(body) if body is not None else "", "application/json")
    return answer.status_code, answer.getvalue()


def _headers(token: str, slug: str) -> dict[str, str]:
    return {
        "Authorization": f"Bearer {token}",
        "Wayline-Workspace": slug,
        "Content-Type": "application/json",
        "Accept": "application/json",
    }


def _sentence(status: int, answer) -> str:
    detail = answer.get("detail") if isinstance(answer, dict) else None
    if isinstance(detail, list):
        return " ".join(f"{each['where']}: {each['problem']}." for each in detail)
    return str(detail or f"The server answered {status}.")
