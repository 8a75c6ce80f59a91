import structlog
from django.http import HttpResponse
from django.test import RequestFactory

from wayline.kit.request_ids import request_ids


def answer(request):
    return HttpResponse(structlog.contextvars.get_contextvars()["request"])


def test_every_answer_carries_its_number_and_so_does_the_log():
    response = request_ids(answer)(RequestFactory().get("/"))

    assert response.headers["X-Request-ID"] == response.content.decode()
    assert structlog.contextvars.get_contextvars() == {}


def test_a_number_from_the_proxy_is_kept():
    request = RequestFactory().get("/", headers={"X-Request-ID": "proxy-0123456789"})

    assert request_ids(answer)(request).headers["X-Request-ID"] == "proxy-0123456789"


def test_a_number_that_could_forge_a_log_line_is_replaced():
    request = RequestFactory().get("/", headers={"X-Request-ID": "x\nlevel=error"})

    assert "level" not in request_ids(answer)(request).headers["X-Request-ID"]
