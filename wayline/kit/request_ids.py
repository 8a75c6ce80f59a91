"""A number for every request, in its answer, in every log line and on every error page."""

import re
import secrets

from asgiref.sync import iscoroutinefunction
from django.utils.decorators import sync_and_async_middleware
from structlog.contextvars import bound_contextvars

HEADER = "X-Request-ID"
# It stands in every log line, so nothing is taken from outside that could break out of one.
ACCEPTED = re.compile(r"[A-Za-z0-9_-]{8,64}")


@sync_and_async_middleware
def request_ids(get_response):
    """Keep the id a proxy gave, else make one."""

    async def later(request):
        request.id = _id_of(request)
        with bound_contextvars(request=request.id):
            return _named(await get_response(request), request)

    def at_once(request):
        request.id = _id_of(request)
        with bound_contextvars(request=request.id):
            return _named(get_response(request), request)

    return later if iscoroutinefunction(get_response) else at_once


def _id_of(request) -> str:
    given = request.headers.get(HEADER, "")
    return given if ACCEPTED.fullmatch(given) else secrets.token_hex(8)


def _named(response, request):
    response.headers.setdefault(HEADER, request.id)
    return response
