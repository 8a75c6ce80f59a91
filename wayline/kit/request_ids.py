"""A number for every request, in its answer, in every log line and on every error page."""

import re
import secrets

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from structlog.contextvars import bound_contextvars

HEADER = "X-Request-ID"
ACCEPTED = re.compile(r"[A-Za-z0-9_-]{8,64}")


def request_ids(get_response):
    """Keep the id a proxy gave, else make one."""
    if iscoroutinefunction(get_response):

        async def middleware(request):
            request.id = _id_of(request)
            with bound_contextvars(request=request.id):
                return _named(await get_response(request), request)

        markcoroutinefunction(middleware)
    else:

        def middleware(request):
            request.id = _id_of(request)
            with bound_contextvars(request=request.id):
                return _named(get_response(request), request)

    return middleware


request_ids.sync_capable = request_ids.async_capable = True


def _id_of(request) -> str:
    given = request.headers.get(HEADER, "")
    return given if ACCEPTED.fullmatch(given) else secrets.token_hex(8)


def _named(response, request):
    response.headers.setdefault(HEADER, request.id)
    return response
