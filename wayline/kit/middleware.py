"""Middleware for every page, safe under ASGI and WSGI alike."""

from asgiref.sync import iscoroutinefunction
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.decorators import sync_and_async_middleware

from .refusals import Refusal

AWAY = "The database does not answer just now. Signals are not lost by it. Try again in a moment.\n"
POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "style-src-attr 'unsafe-inline'",  # percent positions of chart marks
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "object-src 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    ]
)


@sync_and_async_middleware
def content_security_policy(get_response):
    """Send the content security policy with every answer."""

    async def later(request):
        return _with_policy(await get_response(request))

    def at_once(request):
        return _with_policy(get_response(request))

    return later if iscoroutinefunction(get_response) else at_once


def _with_policy(response: HttpResponse) -> HttpResponse:
    response.headers.setdefault("Content-Security-Policy", POLICY)
    return response


class refusals:  # noqa: N801 - a middleware is named in settings like a function
    """Answer a refusal with its status and sentence, as a page or JSON; a database that is away with 503."""

    sync_capable = True

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, OperationalError):
            # A page of ours would ask the database again.
            return HttpResponse(AWAY, status=503, headers={"Retry-After": "5"}, content_type="text/plain")
        if not isinstance(exception, Refusal):
            return None
        if request.headers.get("Accept", "").startswith("application/json"):
            return JsonResponse({"detail": str(exception)}, status=exception.status)
        return render(request, "kit/refused.html", {"sentence": str(exception)}, status=exception.status)
