import logging

import pytest
from django.test import RequestFactory

from wayline import health
from wayline.kit import pages


class Kept(logging.Handler):
    """Keeps what one logger says, whatever other tests did to the loggers above it."""

    def __init__(self):
        super().__init__()
        self.text = ""

    def emit(self, record):
        self.text += logging.Formatter().format(record)


@pytest.fixture
def request_log(monkeypatch):
    logger, kept = logging.getLogger("django.request"), Kept()
    monkeypatch.setattr(logger, "disabled", False)
    monkeypatch.setattr(logger, "handlers", [kept])
    monkeypatch.setattr(logger, "level", logging.ERROR)
    logger.manager._clear_cache()
    return kept


@pytest.mark.django_db
def test_what_breaks_names_its_request_on_the_page_and_in_the_log(client, monkeypatch, request_log):
    def breaks():
        raise RuntimeError("a bug of ours")

    monkeypatch.setattr(health, "CHECKS", (breaks,))
    client.raise_request_exception = False

    answer = client.get("/health", headers={"X-Request-ID": "walk-0123456789"})

    assert answer.status_code == 500
    assert "walk-0123456789" in answer.content.decode()
    assert answer["X-Request-ID"] == "walk-0123456789"
    assert "a bug of ours" in request_log.text


def test_a_program_reads_json_when_something_breaks():
    request = RequestFactory().get("/api/v1/journeys/")
    request.id = "walk-0123456789"

    answer = pages.broken(request)

    assert (answer.status_code, answer["Content-Type"]) == (500, "application/json")
    assert b"walk-0123456789" in answer.content
